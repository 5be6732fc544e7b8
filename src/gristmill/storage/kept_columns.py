"""Columns of the files of tables, kept in memory: a file never changes, so what was read from it need not be again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import polars as pl

from gristmill.storage.table_files import parquet
from gristmill.storage.tables import Table

_FILE = "_file"


class KeptColumns:
    """Columns of files, up to so many bytes in all; what was there first stays until its file goes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._size = 0
        self._kept: defaultdict[str, dict[str, dict[str, pl.Series]]] = defaultdict(dict)

    def read(self, table: Table, files: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
        """Return columns of all rows of files, in their order: from memory what is there, the rest from the files."""
        kept = self._kept[table.name]
        lacking = defaultdict[tuple[str, ...], list[str]](list)
        for file in files:
            held = kept.get(file, {})
            if missing := tuple(column for column in columns if column not in held):
                lacking[missing].append(file)
        read = dict[str, pl.DataFrame]()
        for missing, some in lacking.items():
            read |= _by_file(table, some, missing)
        frames = [pl.DataFrame([*kept.get(file, {}).values(), *read.get(file, pl.DataFrame())]) for file in files]
        for file, rows in read.items():
            self.keep(table, file, rows)
        return pl.concat([frame.select(columns) for frame in frames]) if frames else table.schema.to_frame(eager=True)

    def keep(self, table: Table, file: str, rows: pl.DataFrame, share: float = 1.0) -> None:
        """Keep columns of a file, if they take no more than this share of the room that is left."""
        size = int(rows.estimated_size())
        if size <= (self.most - self._size) * share:
            self._kept[table.name].setdefault(file, {}).update((column.name, column) for column in rows)
            self._size += size

    def holds(self, table: Table, file: str, columns: Collection[str]) -> bool:
        """Whether columns of a file are here."""
        return set(columns) <= self._kept[table.name].get(file, {}).keys()

    def forget_others(self, table: Table, files: Iterable[str]) -> None:
        """Let go of the files that are not the table's any more."""
        kept = self._kept[table.name]
        for file in set(kept).difference(files):
            self._size -= sum(int(column.estimated_size()) for column in kept.pop(file, {}).values())


def _by_file(table: Table, files: list[str], columns: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Read columns of files in one go, and return each file's."""
    rows = parquet(table, files, _FILE).select(_FILE, *columns).collect()
    ends = rows.select(pl.col(_FILE).rle()).unnest(_FILE)
    found = {file: rows.drop(_FILE).clear() for file in files}
    start = 0
    for length, file in ends.iter_rows():
        found[file] = rows.slice(start, length).drop(_FILE)
        start += length
    return found
