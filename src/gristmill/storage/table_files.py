"""The files of a Delta table: which there are, their rows in the declared columns, and that they stay few and small.

A change puts new files in the place of the few that it touches. The library's own deletions and merges do the same, and
take longer to find the rows and to write the rest of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import polars as pl
from deltalake import CommitProperties, DeltaTable, Field, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

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
# Each change leaves the files before it; every so many commits those go that no version of the last hours needs.
_CLEARED_EVERY, _KEPT_HOURS = 50, 6
# Rows of a file that a change writes, as they are in memory: a text takes a third to half of it in the file.
_PART_BYTES = 4 << 20
# The column that tells each row's file, where it is asked for.
FILE = "_file"


def scanned(table: Table, opened: DeltaTable) -> pl.LazyFrame:
    """Return a lazy frame over a table as it was opened, in the declared columns."""
    if not is_on_disk(opened):
        absent = _absent(table, {field.name for field in opened.schema().fields})
        return pl.scan_delta(opened).with_columns(absent).select(table.schema.names())
    # As files of this commit: reading them as a table loads a library that nothing else needs, and a lazy frame over a
    # handle would read what a later commit through it adds.
    files = paths_of(opened)
    if not files:
        return table.schema.to_frame().lazy()
    return parquet(table, files)


def parquet(table: Table, files: list[str], place: str | None = None) -> pl.LazyFrame:
    """The rows of files in the declared columns; those that an older version did not have are empty.

    Args:
        table: of the files.
        files: their paths.
        place: the name of another column, that tells each row's file.
    """
    rows = pl.scan_parquet(
        files, glob=False, schema=table.schema, missing_columns="insert", extra_columns="ignore",
        cast_options=_AS_DECLARED, include_file_paths=place,
    )  # fmt: skip
    return rows.select([*table.schema.names(), *([] if place is None else [place])])


def paths_of(opened: DeltaTable) -> list[str]:
    """The table's files, in a fixed order: their paths, or their URLs where they are not on a disk."""
    places = sorted(opened.file_uris())
    if not is_on_disk(opened):
        return places
    folder = _folder(opened)
    return [str(folder / place.rpartition("/")[2]) for place in places]


def _folder(opened: DeltaTable) -> Path:
    """Where all its files are, since it has no partitions; it is told as in a URL."""
    return Path(unquote(urlsplit(opened.table_uri).path))


def is_on_disk(opened: DeltaTable) -> bool:
    """Whether its files are on a disk of this machine."""
    return opened.table_uri.startswith("file:")


def is_as_declared(table: Table, opened: DeltaTable) -> bool:
    """Whether its files are on a disk and have the declared columns, so that `exchange` can be used."""
    return is_on_disk(opened) and _fields(opened.schema()) == _fields(Schema.from_arrow(table.schema))


def _fields(columns: Schema) -> dict[str, Field]:
    """By their names, since a column that came later stands at the end of an older table."""
    return {field.name: field for field in columns.fields}


def without(rows: pl.DataFrame, key: str, values: pl.Series) -> pl.DataFrame:
    """The rows whose `key` is none of `values`; where it is nothing it is like no value."""
    return rows.filter(~pl.col(key).is_in(values.implode()).fill_null(value=False))


def holding(table: Table, opened: DeltaTable, key: str, values: pl.Series) -> list[str]:
    """The files with rows whose `key` is among `values`, in their order."""
    files = paths_of(opened)
    if not files or values.is_empty():
        return []
    rows = parquet(table, files, FILE).filter(pl.col(key).is_in(values.implode()))
    found = rows.select(pl.col(FILE).unique()).collect()
    return sorted(found[FILE])


def exchange(
    opened: DeltaTable,
    old: Collection[str],
    rows: Iterable[pl.DataFrame],
    written_to: Callable[[str, pl.DataFrame], None] = lambda *_: None,
) -> None:
    """Put rows in the place of files, in one commit, through a handle that stands on it afterwards.

    Args:
        opened: the table, on a disk.
        old: its files that go.
        rows: what comes instead.
        written_to: told each new file and its rows, before the commit.

    Raises:
        CommitFailedError: another commit came before; nothing was changed.
    """
    folder, written = _folder(opened), list[Path]()
    try:
        adding = []
        for part in _parts(rows):
            written.append(folder / f"{uuid4()}.parquet")
            part.write_parquet(written[-1], compression="snappy")
            adding.append(_adding(written[-1], part.height))
            written_to(str(written[-1]), part)
        removing = [_removing(Path(place)) for place in old]
        # Or the library would add what was made from rows that changed since.
        once = CommitProperties(max_commit_retries=0)
        opened.create_write_transaction([*adding, *removing], "append", opened.schema(), commit_properties=once)
    except (pl.exceptions.PolarsError, DeltaError, OSError):
        _take_back(opened, written)
        raise
    opened.update_incremental()
    if opened.version() % _CLEARED_EVERY == 0:
        clear(opened)


def _parts(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows, in parts that make good files."""
    waiting = pl.DataFrame()
    for frame in frames:
        if waiting.estimated_size() + frame.estimated_size() > _PART_BYTES:
            yield from _pieces(waiting)
            waiting = frame
        elif frame.height:
            waiting = pl.concat([waiting, frame]) if waiting.height else frame
    yield from _pieces(waiting)


def _pieces(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    if rows.height:
        # Up to half as much again, or what grows by a row would come out as two files, one of them with that row.
        pieces = max(1, round(rows.estimated_size() / _PART_BYTES))
        yield from rows.iter_slices(-(-rows.height // pieces))


def _adding(file: Path, rows: int) -> AddAction:
    seen = file.stat()
    return AddAction(file.name, seen.st_size, {}, seen.st_mtime_ns // 1_000_000, True, json.dumps({"numRecords": rows}))


def _removing(file: Path) -> RemoveAction:
    return RemoveAction(file.name, True, time.time_ns() // 1_000_000, file.stat().st_size, {})


def _take_back(opened: DeltaTable, written: Iterable[Path]) -> None:
    """Delete files that did not become the table's: an error may also come after the commit."""
    with suppress(DeltaError, OSError):
        held = set(paths_of(DeltaTable(opened.table_uri)))
        for file in written:
            if str(file) not in held:
                file.unlink(missing_ok=True)


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
    """Delete what no version of the last `hours` needs, also files that a killed change left; return the names."""
    return opened.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False, full=True)


def _absent(table: Table, stored: Collection[str]) -> list[pl.Expr]:
    """Return the declared columns that older rows do not have, with nothing in them."""
    return [pl.lit(None, kind).alias(name) for name, kind in table.schema.items() if name not in stored]
