"""What a search index must hold, read from the lake: one row per chunk of an accepted document.

Rows are ordered by audience, so that what one asker may see lies in a few contiguous runs, then by document and place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, DOCUMENTS, EMBEDDINGS, EMBEDDINGS_BESIDE, TIME, Table, schema

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
        "dated": pl.Boolean,  # the document states that time; versions of before that was told have no such column
        "superseded": pl.Boolean,  # a newer version of its document is in the corpus
        "embedding_key": pl.String,
    }
)
_SECOND, _FRACTION = "%Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%d %H:%M:%S.%6f+00:00"
_MODIFIED = pl.col("modified")
# The parts of a row that are not already part of its chunk's key, as Python writes them.
_AS_TEXT = (
    *(pl.col(name).fill_null("None") for name in ("chunk", "embedding_key", "audience_key", "language")),
    pl.when(_MODIFIED.dt.microsecond() == 0)
    .then(_MODIFIED.dt.strftime(_SECOND))
    .otherwise(_MODIFIED.dt.strftime(_FRACTION))
    .fill_null("None"),
    pl.when("superseded").then(pl.lit("True")).when(~pl.col("superseded")).then(pl.lit("False"))
    .otherwise(pl.lit("None")),
)  # fmt: skip
_HASHED_ROWS = 65_536
_ORDER = ("audience_key", "document", "ordinal")
_KEY_COLUMNS = ("chunk", "document", "ordinal", "embedding_key")


def with_context(context: str, text: str) -> str:
    """Return what is embedded and searched for a chunk."""
    return f"{context}\n{text}" if context else text


def index_rows(lake: Lake, keys: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the rows of the index that the lake asks for now, with their texts; only those of `keys`, if given."""
    rows = lake.read(CHUNKS).join(_documents(lake), on="document")
    if keys is not None:
        rows = rows.join(keys, on="chunk", how="semi")
    return rows.sort(_ORDER).select(ROWS.names())


def index_keys(lake: Lake) -> pl.DataFrame:
    """Return the rows of the index in their order without texts: what a large index can hold in memory."""

    def make() -> pl.DataFrame:
        documents = _documents(lake).drop("title", "audience")
        return lake.read(CHUNKS, list(_KEY_COLUMNS)).join(documents, on="document").sort(_ORDER)

    return lake.once("index_keys", [CHUNKS, DOCUMENTS], make)


def row_blocks(lake: Lake, keys: pl.DataFrame, scratch: Path, size: int) -> list[Path]:
    """Write the rows of `keys`, with their texts and in their order, as files of `size` rows each; return the files.

    Texts lie in the lake in another order. They are dealt out to the files they belong to, and each file is sorted
    alone, so that memory does not grow with the corpus.
    """
    scratch.mkdir()
    places = keys.select("chunk", pl.int_range(pl.len()).alias("_row"))
    documents = _documents(lake)
    for number, batch in enumerate(lake.batches(CHUNKS, CHUNKS.schema.names(), size)):
        dealt = batch.join(places, on="chunk").join(documents, on="document")
        for (block,), part in dealt.group_by(pl.col("_row") // size):
            part.select("_row", *ROWS.names()).write_ipc(scratch / f"{block:06d}-{number:06d}.part")
    blocks = []
    for block in range(-(-keys.height // size)):
        parts = sorted(scratch.glob(f"{block:06d}-*.part"))
        rows = pl.concat([pl.read_ipc(part) for part in parts]).sort("_row").drop("_row")
        blocks.append(scratch / f"{block:06d}.arrow")
        rows.write_ipc(blocks[-1], compression="uncompressed")
        for dealt_to in parts:
            dealt_to.unlink()
    return blocks


def _documents(lake: Lake) -> pl.DataFrame:
    """Return the accepted documents with what each of their chunks takes from them."""
    documents = accepted(lake).with_columns(pl.col("superseded_by").is_not_null().alias("superseded"))
    documents = documents.with_columns(pl.col("dated").fill_null(value=True))
    documents = documents.select("document", "title", "audience", "language", "modified", "dated", "superseded")
    key = pl.col("audience").list.sort().list.join(_AUDIENCE_SEPARATOR).alias("audience_key")
    return documents.with_columns(key)


def content_hash(rows: pl.DataFrame, encoders: Sequence[str]) -> str:
    """Return the hash of all that decides what an index answers. Equal hash, equal index."""
    lines = rows.select(pl.concat_str(*_AS_TEXT, separator="\t"))
    joined = ("\n".join(part.to_series()) for part in lines.iter_slices(_HASHED_ROWS))
    return fingerprint("index", _CODE_VERSION, list(encoders), lines_hash(joined))


def wanted_content(lake: Lake, encoders: Sequence[str]) -> str:
    """Return the hash of the index that the lake asks for now."""

    def make() -> pl.DataFrame:
        return pl.DataFrame({"content": [content_hash(index_keys(lake), encoders)]})

    return str(lake.once(f"content {fingerprint(list(encoders))}", [CHUNKS, DOCUMENTS], make).item())


def audience_groups(key: str) -> set[str]:
    """Return the groups that an audience key joins."""
    return set(filter(None, key.split(_AUDIENCE_SEPARATOR)))


def table_with(lake: Lake, encoder: str) -> Table:
    """Return the table that holds the vectors of an encoder."""
    beside = lake.scan(EMBEDDINGS_BESIDE).filter(pl.col("encoder") == encoder).head(1).collect()
    return EMBEDDINGS_BESIDE if beside.height else EMBEDDINGS


def embeddings_for(lake: Lake, rows: pl.DataFrame, encoder: str) -> pl.Series:
    """Return the binary vectors of `rows` by `encoder`, in their order; null where one is missing."""
    wanted = rows.select("embedding_key").lazy()
    mine = lake.scan(table_with(lake, encoder)).filter(pl.col("encoder") == encoder).select("embedding_key", "vector")
    found = mine.join(wanted, on="embedding_key", how="semi").collect(engine="streaming")
    return rows.select("embedding_key").join(found, on="embedding_key", how="left", maintain_order="left")["vector"]
