"""Columns of the files of tables, kept in memory: a file never changes, so what was read from it need not be again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import polars as pl

from gristmill.storage.table_files import FILE, parquet
from gristmill.storage.tables import Table


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
        read = dict[str, dict[str, pl.Series]]()
        for missing, some in lacking.items():
            read |= _by_file(table, some, missing)
        frames = []
        for file in files:
            parts = kept.get(file, {}) | read.get(file, {})
            frames.append(pl.DataFrame([parts[column] for column in columns]))
        for file, parts in read.items():
            self.keep(table, file, parts.values())
        return pl.concat(frames) if frames else table.schema.to_frame(eager=True).select(columns)

    def keep(self, table: Table, file: str, columns: Iterable[pl.Series], share: float = 1.0) -> None:
        """Keep columns of a file, if they take no more than this share of the room that is left."""
        kept = self._kept[table.name].setdefault(file, {})
        new = [column for column in columns if column.name not in kept]
        size = sum(map(_size, new))
        if size <= (self.most - self._size) * share:
            kept.update((column.name, column) for column in new)
            self._size += size

    def holds(self, table: Table, file: str, columns: Collection[str]) -> bool:
        """Whether columns of a file are here."""
        return set(columns) <= self._kept[table.name].get(file, {}).keys()

    def forget_others(self, table: Table, files: Iterable[str]) -> None:
        """Let go of the files that are not the table's any more."""
        kept = self._kept[table.name]
        for file in set(kept).difference(files):
            self._size -= sum(map(_size, tuple(kept.pop(file, {}).values())))


def _size(column: pl.Series) -> int:
    return int(column.estimated_size())


def _by_file(table: Table, files: list[str], columns: Sequence[str]) -> dict[str, dict[str, pl.Series]]:
    """Read columns of files in one go, and return each file's by their names."""
    rows = parquet(table, files, FILE).select(FILE, *columns).collect()
    lengths = rows.select(pl.col(FILE).rle()).unnest(FILE)
    found = {file: rows.clear() for file in files}
    start = 0
    for length, file in lengths.iter_rows():
        found[file] = rows.slice(start, length)
        start += length
    return {file: {column: part[column] for column in columns} for file, part in found.items()}
