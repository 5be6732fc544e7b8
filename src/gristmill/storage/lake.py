"""The lake: every Delta table of Gristmill, its schema and its key, and the few ways to change one.

Rows are added, changed and removed by key in single atomic commits, so a process killed at any moment leaves a table as
it was before or after a commit. A column that a newer version declares is added at the next write; older rows have
nothing in it. What the rows mean is decided by the stages, not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError
from polars._typing import PolarsDataType

from gristmill.errors import StorageError

TIME = pl.Datetime("us", "UTC")
PAGES = pl.List(pl.Struct({"page": pl.Int64, "start": pl.Int64}))
HIDDEN = pl.List(
    pl.Struct({"kind": pl.String, "text": pl.String, "leaked": pl.Boolean, "times": pl.Int64, "shown": pl.Int64})
)
FINDINGS = pl.List(pl.Struct({"rule": pl.String, "severity": pl.String, "reason": pl.String, "recovery": pl.String}))
MASKED = pl.List(pl.Struct({"kind": pl.String, "count": pl.Int64}))

# Many small commits make many small files, and every read opens all of them.
_COMPACT_ABOVE_FILES = 24


def schema(columns: Mapping[str, PolarsDataType]) -> pl.Schema:
    """Return a schema; it exists because a plain dict of types and classes of types has no common type."""
    return pl.Schema(columns)


@dataclass(frozen=True)
class Table:
    """A table's name, schema and key."""

    name: str
    key: str
    schema: pl.Schema


SOURCE_FILES = Table(
    "source_files",
    "document",
    schema(
        {
            "document": pl.String,
            "source": pl.String,
            "path": pl.String,
            "version": pl.String,  # SHA-256 of the bytes; null where the file could not be read
            "bytes": pl.Int64,
            "modified": TIME,  # the file's own time when this version was first seen
            "media_type": pl.String,
            "audience": pl.List(pl.String),
            "problem": pl.String,  # why it will not be read: too large, unreadable, unknown format
        }
    ),
)
PARSED = Table(
    "parsed_documents",
    "parse_key",
    schema(
        {
            "parse_key": pl.String,  # fingerprint of version, media type and parser
            "outcome": pl.String,  # an Outcome of corpus/parse.py
            "reason": pl.String,
            "attempts": pl.Int64,
            "text": pl.String,
            "title": pl.String,
            "language": pl.String,
            "modified": TIME,  # the document's own statement of its time
            "pages": PAGES,
            "hidden": HIDDEN,  # what a reader of the file does not see
            "seconds": pl.Float64,
        }
    ),
)
EXAMINED = Table(
    "examined_texts",
    "examined_key",
    schema(
        {
            "examined_key": pl.String,  # fingerprint of parse_key and policy
            "text": pl.String,  # clean and masked: what is chunked if a document with it is accepted
            "text_hash": pl.String,
            "pages": PAGES,
            "title": pl.String,
            "heading": pl.String,
            "head": pl.String,  # the first lines, which say which version this is
            "characters": pl.Int64,
            "words": pl.Int64,
            "content_hash": pl.String,
            "signature": pl.Binary,
            "findings": FINDINGS,
            "masked": MASKED,
        }
    ),
)
SIMILAR = Table(
    "similar_texts",
    "pair",
    schema(
        {
            "pair": pl.String,
            "left": pl.String,  # a content with itself says that it was compared with all others
            "right": pl.String,
            "jaccard": pl.Float64,
            "containment": pl.Float64,
            "left_adds": pl.Int64,
            "right_adds": pl.Int64,
        }
    ),
)
DOCUMENTS = Table(
    "documents",
    "document",
    schema(
        {
            "document": pl.String,
            "source": pl.String,
            "version": pl.String,
            "status": pl.String,  # a Status of corpus/ledger.py
            "reason": pl.String,
            "attempts": pl.Int64,
            "audience": pl.List(pl.String),
            "media_type": pl.String,
            "title": pl.String,
            "language": pl.String,
            "bytes": pl.Int64,
            "characters": pl.Int64,
            "text_hash": pl.String,
            "findings": FINDINGS,
            "family": pl.String,  # the document that stands for a family of duplicates
            "duplicate_of": pl.String,
            "superseded_by": pl.String,
            "modified": TIME,
            "first_seen": TIME,
            "changed": TIME,
        }
    ),
)
TEXTS = Table(
    "accepted_texts",
    "text_hash",
    schema({"text_hash": pl.String, "text": pl.String, "pages": PAGES}),
)
CHUNKS = Table(
    "chunks",
    "chunk",
    schema(
        {
            "chunk": pl.String,
            "document": pl.String,
            "chunk_set": pl.String,  # fingerprint of document, its text, its title and the chunker
            "ordinal": pl.Int64,
            "start": pl.Int64,
            "end": pl.Int64,
            "text": pl.String,
            "gap": pl.String,  # what stands between this chunk and the next one: usually a blank line
            "headings": pl.List(pl.String),
            "page": pl.Int64,
            "tokens": pl.Int64,
            "context": pl.String,
            "embedding_key": pl.String,  # fingerprint of context and text; the encoder is the embedding's business
        }
    ),
)
EMBEDDINGS = Table(
    "embeddings",
    "embedding",
    schema(
        {
            "embedding": pl.String,  # fingerprint of embedding_key and encoder
            "embedding_key": pl.String,
            "encoder": pl.String,
            "vector": pl.Binary,  # float32, little endian, unit length
        }
    ),
)
OVERRULES = Table(
    "overrules",
    "overrule",
    schema(
        {
            "overrule": pl.String,
            "document": pl.String,
            "version": pl.String,
            "decision": pl.String,  # a Decision of corpus/overruling.py
            "reason": pl.String,
            "who": pl.String,
            "at": TIME,
        }
    ),
)
STAGE_GATES = Table(
    "stage_gates",
    "stage",
    schema(
        {
            "stage": pl.String,
            "passed": pl.Boolean,
            "reason": pl.String,
            "subject": pl.String,  # what was decided on; a decision on something else does not count
            "at": TIME,
        }
    ),
)
TABLES = (SOURCE_FILES, PARSED, EXAMINED, SIMILAR, DOCUMENTS, TEXTS, CHUNKS, EMBEDDINGS, OVERRULES, STAGE_GATES)


class Lake:
    """The Delta tables below one folder or object-store URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def read(self, table: Table, columns: Sequence[str] | None = None, where: pl.Expr | None = None) -> pl.DataFrame:
        """Return rows of a table; a table that was never written is empty.

        Raises:
            StorageError: the table exists and cannot be read.
        """
        frame = self.scan(table)
        frame = frame if where is None else frame.filter(where)
        frame = frame if columns is None else frame.select(columns)
        try:
            return frame.collect()
        except (pl.exceptions.PolarsError, DeltaError, OSError) as error:
            raise StorageError(f"Table '{table.name}' cannot be read: {error}.", "Run 'gristmill doctor'.") from error

    def scan(self, table: Table) -> pl.LazyFrame:
        """Return a lazy frame over the table's current version, in the declared columns."""
        opened = self._open(table)
        if opened is None:
            return table.schema.to_frame().lazy()
        stored = {field.name for field in opened.schema().fields}
        absent = [pl.lit(None, kind).alias(name) for name, kind in table.schema.items() if name not in stored]
        return pl.scan_delta(opened).with_columns(absent).select(table.schema.names())

    def upsert(self, table: Table, rows: pl.DataFrame) -> int:
        """Insert rows, replacing those with the same key, in one commit. Returns how many were given."""
        if rows.is_empty():
            return 0
        rows = rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items())
        opened = self._open(table)
        if opened is None:
            return self.append(table, rows)
        with _changing(table):
            merge = opened.merge(
                rows, f"t.{table.key} = s.{table.key}", source_alias="s", target_alias="t", merge_schema=True
            )
            merge.when_matched_update_all().when_not_matched_insert_all().execute()
            self._compact(table)
        return rows.height

    def append(self, table: Table, rows: pl.DataFrame) -> int:
        """Add rows whose keys are known to be new: much cheaper than a merge. Returns how many were given."""
        if rows.is_empty():
            return 0
        rows = rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items())
        with _changing(table):
            write_deltalake(self.place(table), rows, mode="append", schema_mode="merge")
            self._compact(table)
        return rows.height

    def delete(self, table: Table, keys: pl.Series) -> int:
        """Delete rows by key in one commit. Returns how many keys were given."""
        self._delete_where(table, table.key, keys)
        return keys.len()

    def replace(self, table: Table, key: str, values: pl.Series, rows: pl.DataFrame) -> None:
        """Delete all rows whose column `key` is among `values`, then add `rows`.

        Two commits: killed between them, the next run finds the rows missing and adds them.
        """
        self._delete_where(table, key, values)
        self.append(table, rows)

    def version(self, table: Table) -> int:
        """Return the number of the table's latest commit; -1 before the first."""
        opened = self._open(table)
        return -1 if opened is None else opened.version()

    def _delete_where(self, table: Table, key: str, values: pl.Series) -> None:
        opened = self._open(table)
        if opened is None or values.is_empty():
            return
        rows = values.unique().alias(key).to_frame()
        with _changing(table):
            merge = opened.merge(rows, f"t.{key} = s.{key}", source_alias="s", target_alias="t")
            merge.when_matched_delete().execute()

    def place(self, table: Table) -> str:
        """Return the folder or URL of a table."""
        return f"{self.url}/{table.name}"

    def _open(self, table: Table) -> DeltaTable | None:
        if "://" not in self.url and not Path(self.place(table), "_delta_log").is_dir():
            return None
        try:
            return DeltaTable(self.place(table))
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise StorageError(f"Table '{table.name}' cannot be opened: {error}.", "Run 'gristmill doctor'.") from error

    def _compact(self, table: Table) -> None:
        opened = self._open(table)
        if opened is not None and len(opened.file_uris()) > _COMPACT_ABOVE_FILES:
            opened.optimize.compact(commit_properties=CommitProperties(custom_metadata={"by": "gristmill"}))
            opened.vacuum(retention_hours=24, dry_run=False, enforce_retention_duration=False)


@contextmanager
def _changing(table: Table) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        remedy = "What was committed before holds; free space or correct the rights, and run again."
        raise StorageError(f"Table '{table.name}' cannot be changed: {error}.", remedy) from error
