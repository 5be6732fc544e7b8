"""Haystack: splitter, embedder and writer in a pipeline, overwriting duplicates, into Chroma."""

from __future__ import annotations

from pages import Task, collection, compare, pages, tell

_WORDS_PER_TOKEN = 0.72


def main() -> None:
    """Ingest or audit."""
    task = Task.from_arguments()
    from haystack import Document, Pipeline
    from haystack.components.preprocessors import DocumentSplitter

    words = int(task.tokens * _WORDS_PER_TOKEN)
    splitter = DocumentSplitter(split_by="word", split_length=words, split_overlap=0)
    documents = [Document(id=name, content=text, meta={"document": name}) for name, text in pages(task.folder)]
    if task.mode == "audit":
        held = collection(task.state).get(include=["metadatas", "documents"])
        splitter.warm_up() if hasattr(splitter, "warm_up") else None
        wanted = [(d.meta["document"], d.content) for d in splitter.run(documents=documents)["documents"]]
        compare(zip((m["document"] for m in held["metadatas"]), held["documents"], strict=True), wanted)
        return
    from haystack.components.embedders import SentenceTransformersDocumentEmbedder
    from haystack.components.writers import DocumentWriter
    from haystack.document_stores.types import DuplicatePolicy
    from haystack_integrations.document_stores.chroma import ChromaDocumentStore

    store = ChromaDocumentStore(collection_name="chunks", persist_path=str(task.state / "chroma"))
    pipeline = Pipeline()
    pipeline.add_component("split", splitter)
    pipeline.add_component("embed", SentenceTransformersDocumentEmbedder(model=task.encoder, progress_bar=False))
    pipeline.add_component("write", DocumentWriter(document_store=store, policy=DuplicatePolicy.OVERWRITE))
    pipeline.connect("split", "embed")
    pipeline.connect("embed", "write")
    done = pipeline.run({"split": {"documents": documents}})
    tell(embedded=done["write"]["documents_written"])


if __name__ == "__main__":
    main()
