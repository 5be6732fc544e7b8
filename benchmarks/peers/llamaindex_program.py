"""LlamaIndex: an IngestionPipeline with a document store, upserting and deleting, into Chroma."""

from __future__ import annotations

from pages import Task, collection, compare, pages, tell


def main() -> None:
    """Ingest or audit."""
    task = Task.from_arguments()
    from llama_index.core import Document
    from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.storage.docstore import SimpleDocumentStore
    from llama_index.vector_stores.chroma import ChromaVectorStore
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{task.encoder}/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def ids(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    splitter = SentenceSplitter(chunk_size=task.tokens, chunk_overlap=0, tokenizer=ids)
    documents = [Document(text=text, id_=name, metadata={"document": name}) for name, text in pages(task.folder)]
    for document in documents:
        document.excluded_embed_metadata_keys = ["document"]
        document.excluded_llm_metadata_keys = ["document"]
    store = collection(task.state)
    if task.mode == "audit":
        held = store.get(include=["metadatas", "documents"])
        wanted = [(node.metadata["document"], node.get_content()) for node in splitter(documents)]
        compare(zip((m["document"] for m in held["metadatas"]), held["documents"], strict=True), wanted)
        return
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    embedding = HuggingFaceEmbedding(model_name=task.encoder, device="cpu", embed_batch_size=32)
    encoded = 0
    inner = embedding._embed

    def counted(texts: list[str], *rest: object, **more: object) -> object:
        nonlocal encoded
        encoded += len(texts)
        return inner(texts, *rest, **more)

    object.__setattr__(embedding, "_embed", counted)
    pipeline = IngestionPipeline(
        transformations=[splitter, embedding],
        vector_store=ChromaVectorStore(chroma_collection=store),
        docstore=SimpleDocumentStore(),
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
    )
    persisted = task.state / "pipeline"
    if persisted.exists():
        pipeline.load(str(persisted))
    pipeline.run(documents=documents)
    pipeline.persist(str(persisted))
    tell(embedded=encoded)


if __name__ == "__main__":
    main()
