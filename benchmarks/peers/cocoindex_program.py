"""cocoindex: one memoised component for each file; rows go into SQLite, since it has no connector for Chroma."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pages import Task, compare, page_text, pages, tell

TASK = Task.from_arguments()
os.environ.setdefault("COCOINDEX_DB", str(TASK.state / "cocoindex.db"))
_CHARACTERS_PER_TOKEN = 4
DATABASE = TASK.state / "vectors.sqlite"


@dataclass
class Row:
    """A chunk with its vector."""

    id: str
    document: str
    text: str
    vector: bytes


def main() -> None:
    """Ingest or audit."""
    from cocoindex.ops.text import RecursiveSplitter

    splitter, size = RecursiveSplitter(), TASK.tokens * _CHARACTERS_PER_TOKEN
    if TASK.mode == "audit":
        with sqlite3.connect(DATABASE) as held:
            stored = held.execute("select document, text from chunks").fetchall()
        wanted = [
            (n, c.text)
            for n, text in pages(TASK.folder)
            for c in splitter.split(text, chunk_size=size, chunk_overlap=0)
        ]
        compare(stored, wanted)
        return
    ingest(splitter, size)


def ingest(splitter: object, size: int) -> None:
    """Bring the table up to date."""
    import cocoindex as coco
    from cocoindex.connectors import localfs, sqlite
    from cocoindex.ops.sentence_transformers import SentenceTransformerEmbedder
    from cocoindex.resources.file import FileLike, PatternFilePathMatcher

    connection = coco.ContextKey[sqlite.ManagedConnection]("connection")
    embedder = SentenceTransformerEmbedder(TASK.encoder)
    encoded = 0

    @coco.lifespan
    async def lifespan(builder: coco.EnvironmentBuilder) -> AsyncIterator[None]:
        builder.settings.db_path = TASK.state / "cocoindex.db"
        with sqlite.managed_connection(DATABASE) as opened:
            builder.provide(connection, opened)
            yield

    @coco.fn(memo=True)
    async def page(file: FileLike, characters: int, table: sqlite.TableTarget[Row]) -> None:
        nonlocal encoded
        text = page_text(await file.read_text())
        name = file.file_path.path.name
        for number, chunk in enumerate(splitter.split(text, chunk_size=characters, chunk_overlap=0)):  # type: ignore[attr-defined]
            encoded += 1
            vector = await embedder.embed(chunk.text)
            table.declare_row(row=Row(f"{name}#{number}", name, chunk.text, vector.tobytes()))

    @coco.fn
    async def everything() -> None:
        table = await sqlite.mount_table_target(
            connection, table_name="chunks", table_schema=await sqlite.TableSchema.from_class(Row, primary_key=["id"])
        )
        files = localfs.walk_dir(TASK.folder, path_matcher=PatternFilePathMatcher(included_patterns=["*.html"]))
        await coco.mount_each(page, files.items(), size, table)

    coco.App(coco.AppConfig(name="pages"), everything).update_blocking()
    tell(embedded=encoded)


if __name__ == "__main__":
    main()
