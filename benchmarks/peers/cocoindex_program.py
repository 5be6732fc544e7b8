"""cocoindex: one memoised component for each file; a small target of our own writes to Chroma, since it has none."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Collection, Sequence
from functools import cache
from typing import Any, NamedTuple

import cocoindex as coco
from cocoindex.connectorkits.fingerprint import fingerprint_object
from pages import Task, compare, page_text, pages, tell

TASK = Task.from_arguments()
os.environ.setdefault("COCOINDEX_DB", str(TASK.state / "cocoindex.db"))
os.environ["COCOINDEX_DISABLE_USAGE_TRACKING"] = "1"
_CHARACTERS_PER_TOKEN = 4


class Chunk(NamedTuple):
    """What a chunk is stored as."""

    document: str
    text: str
    vector: list[float]


class Action(NamedTuple):
    """A chunk to write, or to delete where there is none."""

    key: str
    chunk: Chunk | None


@cache
def collection() -> Any:
    """Return the collection; Chroma is loaded when something has to be written, and not before."""
    import chromadb

    client = chromadb.PersistentClient(str(TASK.state / "chroma"), chromadb.Settings(anonymized_telemetry=False))
    return client.get_or_create_collection("pages", metadata={"hnsw:space": "cosine"})


class ChunksInChroma(coco.TargetHandler[Chunk, bytes]):
    """Brings single chunks into the collection, or out of it."""

    tracks_value_fingerprint = True

    def __init__(self) -> None:
        self._sink = coco.TargetActionSink[Action].from_fn(self._apply)

    def reconcile(
        self,
        key: coco.StableKey,
        desired_state: Chunk | coco.NonExistenceType,
        prev_possible_records: Collection[bytes],
        prev_may_be_missing: bool,
        /,
    ) -> coco.TargetReconcileOutput[Action, bytes] | None:
        """Return what has to be done for one chunk; None where nothing has."""
        name = str(key)
        if coco.is_non_existence(desired_state):
            if not prev_possible_records and not prev_may_be_missing:
                return None
            return coco.TargetReconcileOutput(Action(name, None), self._sink, coco.NON_EXISTENCE)
        known = fingerprint_object(desired_state)
        if not prev_may_be_missing and all(record == known for record in prev_possible_records):
            return None
        return coco.TargetReconcileOutput(Action(name, desired_state), self._sink, known)

    def _apply(self, _: object, actions: Sequence[Action]) -> None:
        written = [(action.key, action.chunk) for action in actions if action.chunk is not None]
        gone = [action.key for action in actions if action.chunk is None]
        if written:
            collection().upsert(
                ids=[key for key, _ in written],
                embeddings=[chunk.vector for _, chunk in written],
                documents=[chunk.text for _, chunk in written],
                metadatas=[{"document": chunk.document} for _, chunk in written],
            )
        if gone:
            collection().delete(ids=gone)


def main() -> None:
    """Ingest or audit."""
    from cocoindex.ops.text import RecursiveSplitter

    splitter, size = RecursiveSplitter(), TASK.tokens * _CHARACTERS_PER_TOKEN
    if TASK.mode == "audit":
        held = collection().get(include=["documents", "metadatas"])
        stored = [(meta["document"], text) for meta, text in zip(held["metadatas"], held["documents"], strict=True)]
        wanted = [
            (n, c.text)
            for n, text in pages(TASK.folder)
            for c in splitter.split(text, chunk_size=size, chunk_overlap=0)
        ]
        compare(stored, wanted)
        return
    ingest(splitter, size)


def ingest(splitter: object, size: int) -> None:
    """Bring the collection up to date."""
    from cocoindex.connectors import localfs
    from cocoindex.ops.sentence_transformers import SentenceTransformerEmbedder
    from cocoindex.resources.file import FileLike, PatternFilePathMatcher

    embedder = SentenceTransformerEmbedder(TASK.encoder)
    chunks = coco.register_root_target_states_provider("chunks_in_chroma", ChunksInChroma())
    encoded = 0

    @coco.lifespan
    async def lifespan(builder: coco.EnvironmentBuilder) -> AsyncIterator[None]:
        builder.settings.db_path = TASK.state / "cocoindex.db"
        yield

    @coco.fn(memo=True)
    async def page(file: FileLike, characters: int) -> None:
        nonlocal encoded
        text = page_text(await file.read_text())
        name = file.file_path.path.name
        for number, chunk in enumerate(splitter.split(text, chunk_size=characters, chunk_overlap=0)):  # type: ignore[attr-defined]
            encoded += 1
            vector = await embedder.embed(chunk.text)
            held = Chunk(name, chunk.text, vector.tolist())
            coco.declare_target_state(chunks.target_state(f"{name}#{number}", held))

    @coco.fn
    async def everything() -> None:
        files = localfs.walk_dir(TASK.folder, path_matcher=PatternFilePathMatcher(included_patterns=["*.html"]))
        await coco.mount_each(page, files.items(), size)

    coco.App(coco.AppConfig(name="pages"), everything).update_blocking()
    tell(embedded=encoded)


if __name__ == "__main__":
    main()
