"""The lake: the few ways to read and change a Delta table.

Rows are added, changed and removed by key in single atomic commits, so a process killed at any moment leaves a table as
it was before or after a commit. A column that a newer version declares is added at the next write; older rows have
nothing in it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from gristmill.errors import StorageError
from gristmill.storage.tables import Table

# Many small commits make many small files, and every read opens all of them. What has its size is not written again:
# compacting a large table whole would need its size in memory.
_COMPACT_ABOVE_FILES = 24
_FILE_BYTES = 16 * 1024 * 1024
# A table is opened by reading its log from the last checkpoint on; over the libraries' own 100 commits that is slow.
_NEW_TABLE = {"delta.checkpointInterval": "10"}
# What tells a commit from any other, also from one of the same number in a table that was put in its place.
_Commit = tuple[str, int, int, int]


class Lake:
    """The Delta tables below one folder or object-store URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._read: dict[str, tuple[_Commit, DeltaTable]] = {}

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
        opened = self._current(table)
        if opened is None:
            return table.schema.to_frame().lazy()
        absent = _absent(table, {field.name for field in opened.schema().fields})
        return pl.scan_delta(opened).with_columns(absent).select(table.schema.names())

    def batches(
        self, table: Table, columns: Sequence[str], rows: int, where: pl.Expr | None = None
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows of a table, so many at a time and the rest at last, with one file of it in memory at a time.

        Raises:
            StorageError: the table exists and cannot be read.
        """
        opened = self._current(table)
        held = table.schema.to_frame().select(columns)
        for place in sorted(opened.file_uris()) if opened is not None else ():
            try:
                frame = pl.scan_parquet(place)
                frame = frame.with_columns(_absent(table, frame.collect_schema().names()))
                frame = frame if where is None else frame.filter(where)
                read = frame.select(columns).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                said = f"Table '{table.name}' cannot be read: {error}."
                raise StorageError(said, "Run 'gristmill doctor'.") from error
            held = read if held.is_empty() else pl.concat([held, read])
            while held.height >= rows:
                yield held.head(rows)
                held = held.slice(rows)
        if held.height:
            yield held

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
            _compact(opened)
        self._keep(table, opened)
        return rows.height

    def append(self, table: Table, rows: pl.DataFrame) -> int:
        """Add rows whose keys are known to be new: much cheaper than a merge. Returns how many were given."""
        if rows.is_empty():
            return 0
        rows = rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items())
        with _changing(table):
            options = _NEW_TABLE if self._current(table) is None else None
            write_deltalake(self.place(table), rows, mode="append", schema_mode="merge", configuration=options)
            if (opened := self._current(table)) is not None:
                _compact(opened)
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
        opened = self._current(table)
        return -1 if opened is None else opened.version()

    def vacuum(self, table: Table, hours: int = 168) -> int:
        """Delete the files that no version of the last `hours` needs; return how many went."""
        opened = self._open(table)
        if opened is None:
            return 0
        with _changing(table):
            return len(opened.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False))

    def _delete_where(self, table: Table, key: str, values: pl.Series) -> None:
        opened = self._open(table)
        if opened is None or values.is_empty():
            return
        rows = values.unique().alias(key).to_frame()
        with _changing(table):
            merge = opened.merge(rows, f"t.{key} = s.{key}", source_alias="s", target_alias="t")
            merge.when_matched_delete().execute()
        self._keep(table, opened)

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

    def _current(self, table: Table) -> DeltaTable | None:
        """The table at its latest commit, for reading: opened once a commit, since opening costs more than a look."""
        commit = None if "://" in self.url else _latest_commit(Path(self.place(table), "_delta_log"))
        if commit is None:
            return self._open(table)
        known = self._read.get(table.name)
        if known is None or known[0] != commit:
            opened = self._open(table)
            if opened is None:
                return None
            known = self._read[table.name] = commit, opened
        return known[1]

    def _keep(self, table: Table, changed: DeltaTable) -> None:
        """Read from what was just changed, unless another process has changed it since; nobody else holds it."""
        commit = None if "://" in self.url else _latest_commit(Path(self.place(table), "_delta_log"))
        if commit is not None and commit[0] == f"{changed.version():020d}.json":
            self._read[table.name] = commit, changed


def _latest_commit(log: Path) -> _Commit | None:
    """The name of a log's last commit with what tells its file apart; None where there is none, or it just went."""
    try:
        name = max((entry.name for entry in os.scandir(log) if entry.name.endswith(".json")), default=None)
        if name is None:
            return None
        seen = os.stat(log / name)
    except OSError:
        return None
    return name, seen.st_ino, seen.st_mtime_ns, seen.st_size


def _compact(opened: DeltaTable) -> None:
    if len(opened.file_uris()) <= _COMPACT_ABOVE_FILES:
        return
    sizes = pl.DataFrame(opened.get_add_actions(flatten=True)).get_column("size_bytes")
    if (sizes < _FILE_BYTES // 2).sum() > _COMPACT_ABOVE_FILES:
        by = CommitProperties(custom_metadata={"by": "gristmill"})
        opened.optimize.compact(target_size=_FILE_BYTES, max_concurrent_tasks=1, commit_properties=by)
        opened.vacuum(retention_hours=24, dry_run=False, enforce_retention_duration=False)


def _absent(table: Table, stored: Collection[str]) -> list[pl.Expr]:
    """Return the declared columns that older rows do not have, with nothing in them."""
    return [pl.lit(None, kind).alias(name) for name, kind in table.schema.items() if name not in stored]


@contextmanager
def _changing(table: Table) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        remedy = "What was committed before holds; free space or correct the rights, and run again."
        raise StorageError(f"Table '{table.name}' cannot be changed: {error}.", remedy) from error
