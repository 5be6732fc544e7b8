"""What is taken from the files of a table: once from each, because a file of a table never changes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

import polars as pl

from gristmill.fingerprint import file_hash, fingerprint
from gristmill.storage.lake import Lake
from gristmill.storage.tables import Table

_BLOCK = 1_024
Take = Callable[[pl.DataFrame], pl.DataFrame]


def taken(lake: Lake, table: Table, take: Take, by: Collection[Path], kept: Path | None) -> pl.DataFrame:
    """Return what `take` makes of the rows of a table, block by block, in any order of the files.

    Args:
        lake: the tables.
        table: to read.
        take: makes rows of rows, each from its own alone.
        by: the source files that decide what it takes: where they change, all is taken anew.
        kept: a folder of its own that keeps what was taken from each file of a large table; None keeps nothing.

    Raises:
        StorageError: the table cannot be read.
    """
    files = None if kept is None else lake.files(table)
    if kept is None or not files:
        return _take(lake, table, take)
    version = [pl.__version__, *map(file_hash, by)]
    places = {file: kept / f"{fingerprint(version, file, state)}.arrow" for file, state in files.items()}
    new = {file: _take(lake, table, take, file) for file, place in places.items() if not place.is_file()}
    old = [place for file, place in places.items() if file not in new]
    try:
        parts = [pl.scan_ipc(old, glob=False).collect()] if old else []
    except (OSError, pl.exceptions.PolarsError):  # what was kept is damaged
        shutil.rmtree(kept, ignore_errors=True)
        return _take(lake, table, take)
    with suppress(OSError):  # a disk that takes no more is no reason not to look
        _keep({places[file]: part for file, part in new.items()}, kept, {place.name for place in places.values()})
    return pl.concat([*parts, *new.values()])


def _take(lake: Lake, table: Table, take: Take, file: str | None = None) -> pl.DataFrame:
    of = None if file is None else [file]
    blocks = [take(block) for block in lake.batches(table, table.schema.names(), _BLOCK, of=of)]
    return pl.concat(blocks) if blocks else take(table.schema.to_frame())


def _keep(new: Mapping[Path, pl.DataFrame], kept: Path, needed: Collection[str]) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    for place, part in new.items():
        unfinished = place.with_suffix(f".{os.getpid()}")
        part.write_ipc(unfinished)
        unfinished.replace(place)
    for other in set(os.listdir(kept)).difference(needed):
        (kept / other).unlink()
