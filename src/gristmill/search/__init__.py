"""From accepted documents to ranked passages: chunks, embeddings, index versions, retrieval."""
