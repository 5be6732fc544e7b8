"""What a search index must hold, read from the lake: one row per chunk of an accepted document.

Rows are ordered by audience, so that what one asker may see lies in a few contiguous runs, then by document and place.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, EMBEDDINGS, TIME, schema

_CODE_VERSION = 4
_AUDIENCE_SEPARATOR = ","

ROWS = schema(
    {
        "chunk": pl.String,
        "document": pl.String,
        "title": pl.String,
        "headings": pl.List(pl.String),
        "context": pl.String,
        "text": pl.String,
        "gap": pl.String,
        "start": pl.Int64,
        "end": pl.Int64,
        "parent_start": pl.Int64,
        "parent_end": pl.Int64,
        "page": pl.Int64,
        "audience": pl.List(pl.String),
        "audience_key": pl.String,
        "language": pl.String,
        "modified": TIME,
        "superseded": pl.Boolean,  # a newer version of its document is in the corpus
        "embedding_key": pl.String,
    }
)
# The parts of a row that are not already part of its chunk's key.
_IDENTITY = ("chunk", "embedding_key", "audience_key", "language", "modified", "superseded")


def index_rows(lake: Lake) -> pl.DataFrame:
    """Return the rows of the index that the lake asks for now."""
    documents = accepted(lake).with_columns(pl.col("superseded_by").is_not_null().alias("superseded"))
    documents = documents.select("document", "title", "audience", "language", "modified", "superseded")
    key = pl.col("audience").list.sort().list.join(_AUDIENCE_SEPARATOR).alias("audience_key")
    rows = lake.read(CHUNKS).join(documents.with_columns(key), on="document")
    return rows.sort("audience_key", "document", "ordinal").select(ROWS.names())


def content_hash(rows: pl.DataFrame, encoders: Sequence[str]) -> str:
    """Return the hash of all that decides what an index answers. Equal hash, equal index."""
    lines = ("\t".join(map(str, row)) for row in rows.select(_IDENTITY).iter_rows())
    return fingerprint("index", _CODE_VERSION, list(encoders), lines_hash(lines))


def audience_groups(key: str) -> set[str]:
    """Return the groups that an audience key joins."""
    return set(filter(None, key.split(_AUDIENCE_SEPARATOR)))


def embeddings_for(lake: Lake, rows: pl.DataFrame, encoder: str) -> pl.Series:
    """Return the binary vectors of `rows` by `encoder`, in their order; null where one is missing."""
    mine = lake.read(EMBEDDINGS, ["embedding_key", "vector"], pl.col("encoder") == encoder)
    joined = rows.select("embedding_key").join(mine, on="embedding_key", how="left", maintain_order="left")
    return joined["vector"]
