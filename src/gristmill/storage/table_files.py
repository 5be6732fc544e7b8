"""The files of a Delta table: which there are, their rows in the declared columns, and that they stay few and small."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
from deltalake import CommitProperties, DeltaTable

from gristmill.storage.tables import Table

# Many small commits make many small files, and every read opens all of them. What has its size is not written again:
# compacting a large table whole would need its size in memory. A change writes each file anew that it touches, so each
# is a small part of its table.
_COMPACT_ABOVE_FILES = 24
_PARTS = 16
_LEAST_FILE_BYTES, _MOST_FILE_BYTES = 1 << 20, 16 << 20
# A table is opened by reading its log from the last checkpoint on; over the libraries' own 100 commits that is slow.
# So is a commit to a log of 30 days, which is theirs too, where some hundred changes are made in a day.
# Rows that are taken out of many files come out in one of any size, unless it is said: to write that one again takes
# three to six times as long.
_PROPERTIES = {"delta.logRetentionDuration": "interval 1 days", "delta.targetFileSize": str(2 << 20)}
NEW_TABLE = {"delta.checkpointInterval": "10"} | _PROPERTIES
# Files of an older version may say less of a part, or say it in smaller units.
_AS_DECLARED = pl.ScanCastOptions(
    integer_cast="upcast", float_cast="upcast", datetime_cast=["nanosecond-downcast", "convert-timezone"],
    missing_struct_fields="insert", extra_struct_fields="ignore",
)  # fmt: skip
# Each change leaves the file before it; every so many commits those go that no version of the last hours needs.
CLEARED_EVERY, _KEPT_HOURS = 50, 6


def scanned(table: Table, opened: DeltaTable) -> pl.LazyFrame:
    """Return a lazy frame over a table as it was opened, in the declared columns."""
    if not opened.table_uri.startswith("file:"):
        absent = _absent(table, {field.name for field in opened.schema().fields})
        return pl.scan_delta(opened).with_columns(absent).select(table.schema.names())
    # As files of this commit: reading them as a table loads a library that nothing else needs, and a lazy frame over a
    # handle would read what a later commit through it adds.
    files = paths_of(opened)
    if not files:
        return table.schema.to_frame().lazy()
    return parquet(table, files)


def parquet(table: Table, files: list[str]) -> pl.LazyFrame:
    """The rows of files in the declared columns; those that an older version did not have are empty."""
    rows = pl.scan_parquet(
        files, glob=False, schema=table.schema, missing_columns="insert", extra_columns="ignore",
        cast_options=_AS_DECLARED,
    )  # fmt: skip
    return rows.select(table.schema.names())


def paths_of(opened: DeltaTable) -> list[str]:
    """The table's files, in a fixed order: their paths, or their URLs where they are not on a disk."""
    places = sorted(opened.file_uris())
    if not opened.table_uri.startswith("file:"):
        return places
    # A file's path is told with its folder as in a URL; tables without partitions have all files in one folder.
    folder = Path(unquote(urlsplit(opened.table_uri).path))
    return [str(folder / place.rpartition("/")[2]) for place in places]


def shelves(opened: DeltaTable, some: Collection[str] | None) -> Iterator[list[str]]:
    """The table's files in their order, as many at a time as have the size of a large one: read together is quicker."""
    stored = pl.DataFrame(opened.get_add_actions(flatten=True)).select("path", "size_bytes")
    sizes = {path.rpartition("/")[2]: size for path, size in stored.iter_rows()}
    shelf: list[str] = []
    room = _MOST_FILE_BYTES
    for place in (place for place in paths_of(opened) if some is None or place in some):
        size = sizes.get(place.rpartition("/")[2], _MOST_FILE_BYTES)
        if shelf and size > room:
            yield shelf
            shelf, room = [], _MOST_FILE_BYTES
        shelf.append(place)
        room -= size
    if shelf:
        yield shelf


def size_of(opened: DeltaTable) -> int:
    """The bytes of the table's files."""
    return int(pl.DataFrame(opened.get_add_actions(flatten=True)).get_column("size_bytes").sum())


def compact(opened: DeltaTable) -> None:
    """Make one file of many where there are too many small ones."""
    if len(opened.file_uris()) <= _COMPACT_ABOVE_FILES:
        return
    sizes = pl.DataFrame(opened.get_add_actions(flatten=True)).get_column("size_bytes")
    target = min(_MOST_FILE_BYTES, max(_LEAST_FILE_BYTES, int(sizes.sum()) // _PARTS))
    if (sizes < target // 2).sum() > _COMPACT_ABOVE_FILES:
        by = CommitProperties(custom_metadata={"by": "gristmill"})
        opened.optimize.compact(target_size=target, max_concurrent_tasks=1, commit_properties=by)
        clear(opened)


def clear(opened: DeltaTable) -> None:
    """Let go of what no version of the last hours needs; a table of an older version gets its properties too."""
    if not _PROPERTIES.items() <= opened.metadata().configuration.items():
        opened.alter.set_table_properties(_PROPERTIES)
    vacuum(opened, _KEPT_HOURS)


def vacuum(opened: DeltaTable, hours: int) -> list[str]:
    """Delete the files that no version of the last `hours` needs; return their names."""
    return opened.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)


def _absent(table: Table, stored: Collection[str]) -> list[pl.Expr]:
    """Return the declared columns that older rows do not have, with nothing in them."""
    return [pl.lit(None, kind).alias(name) for name, kind in table.schema.items() if name not in stored]
