"""The lake: the few ways to read and change a Delta table.

Rows are added, changed and removed by key in single atomic commits, so a process killed at any moment leaves a table as
it was before or after a commit. A column that a newer version declares is added at the next write; older rows have
nothing in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from threading import RLock

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from gristmill.errors import StorageError
from gristmill.storage import table_files
from gristmill.storage.kept_columns import KeptColumns
from gristmill.storage.tables import WIDE, Table

# Tables up to this size are read whole once a commit, since looking into a table's files costs more than its rows do.
_HELD_BYTES = 1 << 20
# Of the room for what is read again, what one file was just written with may take so much.
_SHARE = 0.5
# What is made of tables is held up to so many rows.
_HELD_ROWS = 50_000
# Found by trying: these end the library of tables, or lead it to another folder.
_NO_FOLDER = re.compile(r"[\[\]^|\\\x00-\x1f]|%[0-9A-Fa-f]{2}")
# How often a change is made before it is given up that others were always quicker with.
_TRIES = 20
# What tells a commit from any other, also from one of the same number in a table that was put in its place.
_Commit = tuple[int, int, int, int]


@dataclass
class _Known:
    """A table at a commit, and all its rows where they are few and were asked for."""

    commit: _Commit
    opened: DeltaTable
    rows: pl.DataFrame | None = None

    @cached_property
    def size(self) -> int:
        """The bytes of its files."""
        return table_files.size_of(self.opened)


class Lake:
    """The Delta tables below one folder or object-store URL.

    Args:
        url: of the folder.
        kept_bytes: so much of what is read of the files of tables stays in memory.

    Raises:
        StorageError: the library of tables cannot work in a folder of that name.
    """

    def __init__(self, url: str, kept_bytes: int = 0) -> None:
        self.url = url.rstrip("/")
        self._kept = KeptColumns(kept_bytes)
        if "://" not in self.url and (odd := _NO_FOLDER.search(str(Path(self.url).absolute()))):
            raise StorageError(
                f"Tables cannot lie in '{self.url}': its path has '{odd.group()}' in it.",
                "Name another folder as 'home' or 'lake' in gristmill.toml, or in GRISTMILL_HOME.",
            )
        self._known: dict[str, _Known] = {}
        self._gathered: dict[str, pl.DataFrame] = {}
        self._made: dict[str, tuple[list[_Commit], pl.DataFrame]] = {}
        # A handle moves on with each change made through it: what was read before would be written after.
        self._one_at_a_time = RLock()

    def read(self, table: Table, columns: Sequence[str] | None = None, where: pl.Expr | None = None) -> pl.DataFrame:
        """Return rows of a table; a table that was never written is empty.

        Raises:
            StorageError: the table exists and cannot be read.
        """
        if where is None and (held := self._held(table)) is not None:
            return held if columns is None else held[list(columns)]
        with _reading(table):
            frame = self._of_kept(table, columns, where) if columns is not None else self.scan(table)
            frame = frame if where is None else frame.filter(where)
            frame = frame if columns is None else frame.select(columns)
            return frame.collect()

    def _of_kept(self, table: Table, columns: Sequence[str], where: pl.Expr | None) -> pl.LazyFrame:
        """Columns of a table that are read again and again, from memory as far as they are there."""
        opened = self._current(table)
        wanted = {*columns, *([] if where is None else where.meta.root_names())}
        if opened is None or wanted & WIDE or not self._has_room(table) or self._held(table) is not None:
            return self.scan(table)
        return self._kept.read(table, table_files.paths_of(opened), sorted(wanted)).lazy()

    def keep(self, table: Table, columns: Sequence[str]) -> None:
        """Read columns of a table ahead, if all of it has room in memory."""
        if (opened := self._current(table)) is not None and self._has_room(table):
            with _reading(table):
                self._kept.read(table, table_files.paths_of(opened), columns)

    def _has_room(self, table: Table) -> bool:
        known = self._known.get(table.name)  # there is none where tables are not on a disk of this machine
        return known is not None and known.size <= self._kept.most

    def scan(self, table: Table) -> pl.LazyFrame:
        """Return a lazy frame over the table's current version, in the declared columns.

        Raises:
            StorageError: the table exists and cannot be opened; what its files lack is told where it is collected.
        """
        held = self._held(table)
        if held is not None:
            return held.lazy()
        opened = self._current(table)
        return table.schema.to_frame().lazy() if opened is None else table_files.scanned(table, opened)

    def read_at(self, table: Table, version: int, columns: Sequence[str]) -> pl.DataFrame | None:
        """Return rows as they were at an earlier commit; None where there was none, or it is not kept any more."""
        if version < 0:
            return None
        try:
            opened = DeltaTable(self._address(table), version=version)
            if not WIDE & set(columns) and self._has_room(table):
                return self._kept.read(table, table_files.paths_of(opened), columns)
            return table_files.scanned(table, opened).select(columns).collect()
        except (pl.exceptions.PolarsError, DeltaError, OSError, ValueError):
            return None

    def batches(
        self,
        table: Table,
        columns: Sequence[str],
        rows: int,
        where: pl.Expr | None = None,
        *,
        of: Collection[str] | None = None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows of a table, so many at a time and the rest at last, with few files of it in memory at a time.

        Args:
            table: to read.
            columns: to return.
            rows: in a batch.
            where: which rows.
            of: which of the files that `files` returns; all when not given.

        Raises:
            StorageError: the table exists and cannot be read.
        """
        if of is None and (all_rows := self._held(table)) is not None:
            wanted = all_rows if where is None else all_rows.filter(where)
            yield from wanted.select(columns).iter_slices(rows)
            return
        opened = self._current(table)
        held = table.schema.to_frame().select(columns)
        for places in table_files.shelves(opened, of) if opened is not None else ():
            with _reading(table):
                read = self._of_files(table, places, columns, where)
            held = read if held.is_empty() else pl.concat([held, read])
            while held.height >= rows:
                yield held.head(rows)
                held = held.slice(rows)
        if held.height:
            yield held

    def _of_files(self, table: Table, places: list[str], columns: Sequence[str], where: pl.Expr | None) -> pl.DataFrame:
        wanted = {*columns, *([] if where is None else where.meta.root_names())}
        if any(self._kept.holds(table, place, wanted) for place in places):
            rows = self._kept.read(table, places, sorted(wanted)).lazy()
        else:
            rows = table_files.parquet(table, places)
        return (rows if where is None else rows.filter(where)).select(columns).collect()

    def upsert(self, table: Table, rows: pl.DataFrame) -> int:
        """Insert rows, replacing those with the same key, in one commit. Returns how many were given."""
        if rows.is_empty():
            return 0
        rows = rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items())
        with self._one_at_a_time:
            if (waiting := self._gathered.get(table.name)) is not None:
                self._gathered[table.name] = pl.concat([table_files.without(waiting, table.key, rows[table.key]), rows])
            elif not self._changed(table, lambda opened: self._upserted(table, opened, rows)):
                self.append(table, rows)
        return rows.height

    def _upserted(self, table: Table, opened: DeltaTable, rows: pl.DataFrame) -> None:
        if not self._exchanged(table, opened, table.key, rows[table.key], rows):
            merge = opened.merge(
                rows, f"t.{table.key} = s.{table.key}", source_alias="s", target_alias="t", merge_schema=True
            )
            merge.when_matched_update_all().when_not_matched_insert_all().execute()
            table_files.compact(opened)
            self._keep(table, opened)

    def append(self, table: Table, rows: pl.DataFrame) -> int:
        """Add rows whose keys are known to be new: much cheaper than a merge. Returns how many were given."""
        if rows.is_empty():
            return 0
        rows = rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items())
        with self._one_at_a_time, _changing(table):
            opened = self._current(table)
            options = table_files.NEW_TABLE if opened is None else None
            write_deltalake(
                opened or self._address(table), rows, mode="append", schema_mode="merge", configuration=options
            )
            if opened is not None:
                known = self._known.get(table.name)
                table_files.compact(opened)
                held = None if known is None else known.rows
                self._keep(table, opened, None if held is None else pl.concat([held, rows]))
        return rows.height

    def delete(self, table: Table, keys: pl.Series) -> int:
        """Delete rows by key in one commit. Returns how many keys were given."""
        self._delete_where(table, table.key, keys)
        return keys.len()

    @contextmanager
    def gathering(self, table: Table) -> Iterator[Callable[[], None]]:
        """Within the block, what is upserted to a small table is read from here at once, and written in one commit.

        Yields what writes it before the end of the block. At the end it is written too, whatever ended the block.
        """
        self._gathered[table.name] = table.schema.to_frame()

        def write() -> None:
            rows = self._gathered.pop(table.name)
            try:
                self.upsert(table, rows)
            finally:
                self._gathered[table.name] = table.schema.to_frame()

        try:
            yield write
        finally:
            self.upsert(table, self._gathered.pop(table.name))

    def once(self, name: str, tables: Sequence[Table], make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return what `make` makes of tables; made once while none of them changes, if it is not large."""
        commits = [known.commit for table in tables if self._current(table) and (known := self._known.get(table.name))]
        made, rows = self._made.get(name, ([], None))
        if rows is None or made != commits or len(commits) < len(tables):
            rows = make()
            self._made.pop(name, None)
            if rows.height <= _HELD_ROWS:
                self._made[name] = commits, rows
        return rows

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

    def files(self, table: Table) -> dict[str, tuple[int, int, int]] | None:
        """Return the paths of a table's files, each with its size, time of change and inode; it never changes.

        None where they cannot be told, and where the table is so small that it is read whole.
        """
        opened = self._current(table)
        if opened is None or not table_files.is_on_disk(opened) or self._held(table) is not None:
            return None
        with _reading(table):
            stats = {place: os.stat(place) for place in table_files.paths_of(opened)}
        return {place: (seen.st_size, seen.st_mtime_ns, seen.st_ino) for place, seen in stats.items()}

    def vacuum(self, table: Table, hours: int = 168) -> int:
        """Delete the files that no version of the last `hours` needs; return how many went."""
        opened = self._open(table)
        if opened is None:
            return 0
        with _changing(table):
            return len(table_files.vacuum(opened, hours))

    def _delete_where(self, table: Table, key: str, values: pl.Series) -> None:
        with self._one_at_a_time:
            if not values.is_empty():
                self._changed(table, lambda opened: self._deleted(table, opened, key, values))

    def _deleted(self, table: Table, opened: DeltaTable, key: str, values: pl.Series) -> None:
        if not self._exchanged(table, opened, key, values):
            rows = values.unique().alias(key).to_frame()
            merge = opened.merge(rows, f"t.{key} = s.{key}", source_alias="s", target_alias="t")
            merge.when_matched_delete().execute()
            self._keep(table, opened)

    def _changed(self, table: Table, change: Callable[[DeltaTable], None]) -> bool:
        """Change a table; where another writer's commit comes before, once more, to what that left. False: none is."""
        with _changing(table):
            for tries_left in reversed(range(_TRIES)):
                opened = self._current(table)
                if opened is None:
                    break
                try:
                    change(opened)
                    return True
                except CommitFailedError:
                    self._known.pop(table.name, None)
                    if not tries_left:
                        raise
        return False

    def _exchanged(
        self, table: Table, opened: DeltaTable, key: str, values: pl.Series, rows: pl.DataFrame | None = None
    ) -> bool:
        """Take rows out of the files that hold them, and put others in, in one commit.

        Returns False, and does nothing, where the table is not on a disk or has other columns than the declared ones.
        """
        if not table_files.is_as_declared(table, opened):
            return False
        new = [] if rows is None else [rows]
        held = self._stored(table)
        if held is not None:
            # Rows and handle are of one commit: asked for one after the other, they might not be.
            opened = self._known[table.name].opened
            left = pl.concat([table_files.without(held, key, values), *new])
            if left.height != held.height or not left.equals(held):
                table_files.exchange(opened, table_files.paths_of(opened), [left])
                self._keep(table, opened, left)
            return True
        touched = table_files.holding(table, opened, key, values)
        if touched or new:
            rest = (table_files.without(table_files.parquet(table, [file]).collect(), key, values) for file in touched)
            # What was just written is looked at next.
            table_files.exchange(
                opened, touched, chain(rest, new), lambda file, part: self._kept.keep(table, file, part, _SHARE)
            )
            table_files.compact(opened)
            self._keep(table, opened)
        return True

    def place(self, table: Table) -> str:
        """Return the folder or URL of a table."""
        return f"{self.url}/{table.name}"

    def _address(self, table: Table) -> str:
        """The place as the library of tables takes it: in a path it would read some characters as those of a URL."""
        return self.place(table) if "://" in self.url else Path(self.place(table)).absolute().as_uri()

    def _open(self, table: Table) -> DeltaTable | None:
        if "://" not in self.url and not Path(self.place(table), "_delta_log").is_dir():
            return None
        try:
            return DeltaTable(self._address(table))
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise StorageError(f"Table '{table.name}' cannot be opened: {error}.", "Run 'gristmill doctor'.") from error

    def _held(self, table: Table) -> pl.DataFrame | None:
        """All rows of a small table at its latest commit, read once; None where there are many, or none at all."""
        with self._one_at_a_time:
            rows = self._stored(table)
            if (waiting := self._gathered.get(table.name)) is None or waiting.is_empty():
                return rows
            if rows is None and (opened := self._current(table)) is not None:
                with _reading(table):
                    rows = table_files.scanned(table, opened).collect()
            return (
                waiting
                if rows is None
                else pl.concat([table_files.without(rows, table.key, waiting[table.key]), waiting])
            )

    def _stored(self, table: Table) -> pl.DataFrame | None:
        if self._current(table) is None or (known := self._known.get(table.name)) is None:
            return None
        if known.rows is None and known.size <= _HELD_BYTES:
            with _reading(table):
                known.rows = table_files.scanned(table, known.opened).collect()
        return known.rows

    def _current(self, table: Table) -> DeltaTable | None:
        """The table at its latest commit: opened once a commit, since opening costs more than a look."""
        if "://" in self.url:
            return self._open(table)
        known, log = self._known.get(table.name), Path(self.place(table), "_delta_log")
        commit = _latest_commit(log, None if known is None else known.commit)
        if known is None or known.commit != commit or commit is None:
            opened = self._open(table)
            if opened is None or commit is None:
                return opened
            known = self._known[table.name] = _Known(commit, opened)
            self._kept.forget_others(table, table_files.paths_of(opened))
        return known.opened

    def _keep(self, table: Table, changed: DeltaTable, rows: pl.DataFrame | None = None) -> None:
        """Go on from what was just changed, and from its rows, if they are known, few, and nobody came between."""
        if "://" in self.url or (known := self._known.pop(table.name, None)) is None:
            return
        commit = _commit(Path(self.place(table), "_delta_log"), changed.version())
        if commit is None:
            return
        if rows is not None and changed.version() != known.commit[0] + 1:
            rows = None
        grown = rows is not None and known.rows is not None and rows.height > known.rows.height
        if grown and table_files.size_of(changed) > _HELD_BYTES:
            rows = None
        self._known[table.name] = _Known(commit, changed, rows)
        self._kept.forget_others(table, table_files.paths_of(changed))


def _latest_commit(log: Path, known: _Commit | None = None) -> _Commit | None:
    """A log's last commit, looked for from a known one on; None where there is none, or it just went."""
    if known is not None and _commit(log, known[0]) == known:
        while (following := _commit(log, known[0] + 1)) is not None:
            known = following
        return known
    try:
        names = (entry.name for entry in os.scandir(log) if entry.name.endswith(".json"))
        numbers = (int(stem) for name in names if (stem := name.removesuffix(".json")).isdecimal())
        number = max(numbers, default=None)
    except OSError:
        return None
    return None if number is None else _commit(log, number)


def _commit(log: Path, number: int) -> _Commit | None:
    try:
        seen = os.stat(log / f"{number:020d}.json")
    except OSError:
        return None
    return number, seen.st_ino, seen.st_mtime_ns, seen.st_size


@contextmanager
def _reading(table: Table) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, DeltaError, OSError) as error:
        raise StorageError(f"Table '{table.name}' cannot be read: {error}.", "Run 'gristmill doctor'.") from error


@contextmanager
def _changing(table: Table) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, DeltaError, OSError) as error:
        remedy = "What was committed before holds; free space or correct the rights, and run again."
        raise StorageError(f"Table '{table.name}' cannot be changed: {error}.", remedy) from error
