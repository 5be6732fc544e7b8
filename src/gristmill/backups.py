"""Backup and restore: one file with everything that nothing else can bring back, and the index, so that it answers.

The operational database is written as lines of JSON, not as its engine's own files: a backup of SQLite can be restored
into PostgreSQL, and the other way round. A backup holds secrets (keys of pseudonyms, hashes of API keys): guard it.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Table, insert, select, text
from sqlalchemy.orm import Session

from gristmill import __version__
from gristmill.errors import StorageError
from gristmill.fingerprint import file_hash
from gristmill.storage.artifacts import write_durably
from gristmill.storage.records import Base
from gristmill.workspace import Workspace

# Made again from the rest, or of this machine alone.
_DERIVED = {"cache", "warehouse", "dagster", "backup", "restoring", "lock", "alerts.lock", "team"}
_DATABASE = "gristmill.db"
_MANIFEST = "manifest.json"
_BATCH = 1_000


@dataclass(frozen=True)
class BackedUp:
    """What a backup holds."""

    file: str
    files: int
    rows: int
    bytes: int


def backup(workspace: Workspace, target: Path, *, index: bool = True) -> BackedUp:
    """Write a backup. The caller holds the home's lock; people may go on asking.

    Args:
        workspace: the installation.
        target: the file to write; it must not exist.
        index: with the search index; without it `gristmill ingest` has to make it anew.

    Raises:
        StorageError: the file exists, or the lake is not in a folder.
    """
    if target.exists():
        raise StorageError(f"{target} exists.", "Name another file.")
    lake = _lake_folder(workspace)
    staging = workspace.home / "backup"
    shutil.rmtree(staging, ignore_errors=True)
    # The anchor first: events that are written meanwhile are beyond it, and none is missed.
    kept = [path for path in _kept(workspace.home, index=index) if not path.is_relative_to(lake)]
    for path in kept:
        _copy(path, staging / "home" / path.relative_to(workspace.home))
    _copy(lake, staging / "lake")
    rows = dump(workspace, staging / "database")
    hashes = {str(p.relative_to(staging)): file_hash(p) for p in sorted(staging.rglob("*")) if p.is_file()}
    told = {"version": __version__, "made": datetime.now(UTC).isoformat(), "rows": rows, "files": hashes}
    write_durably(staging / _MANIFEST, json.dumps(told, indent=2))
    unfinished = target.with_name(f"{target.name}.part")
    with tarfile.open(unfinished, "w:gz", compresslevel=3) as archive:
        archive.add(staging, arcname="gristmill")
    unfinished.chmod(0o600)
    unfinished.replace(target)
    shutil.rmtree(staging)
    return BackedUp(str(target), len(hashes), rows, target.stat().st_size)


def restore(workspace: Workspace, source: Path) -> BackedUp:
    """Bring a backup back into an empty home and an empty database.

    Raises:
        StorageError: the home or the database is not empty, or the backup is damaged or of a newer version.
    """
    home, lake = workspace.home, _lake_folder(workspace)
    home.mkdir(parents=True, exist_ok=True)
    there = [path.name for path in home.iterdir() if path.name not in _DERIVED]
    if there or (lake.exists() and any(lake.iterdir())):
        raise StorageError(f"{home} is not empty: {', '.join(there[:3])}.", "Set GRISTMILL_HOME to an empty folder.")
    staging = home / "restoring"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        files = _unpacked(source, staging)
        root = staging / "gristmill"
        rows = load(workspace, root / "database")
    except StorageError:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    for path in sorted((root / "home").iterdir()):
        path.replace(home / path.name)
    lake.parent.mkdir(parents=True, exist_ok=True)
    if lake.exists():
        lake.rmdir()
    shutil.move(root / "lake", lake)
    shutil.rmtree(staging)
    return BackedUp(str(source), len(files), rows, source.stat().st_size)


def dump(workspace: Workspace, folder: Path) -> int:
    """Write each table of the operational database as lines of JSON, all as of one moment; return the rows."""
    folder.mkdir(parents=True)
    count = 0
    with workspace.database.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        for table in Base.metadata.sorted_tables:
            with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as stream:
                for row in session.execute(select(table)).mappings():
                    stream.write(json.dumps(dict(row), default=_written, ensure_ascii=False) + "\n")
                    count += 1
    return count


def load(workspace: Workspace, folder: Path) -> int:
    """Read the tables back in one transaction; return the rows.

    Raises:
        StorageError: the database holds rows already.
    """
    count = 0
    with workspace.database.session() as session:
        for table in Base.metadata.sorted_tables:
            if session.execute(select(table).limit(1)).first() is not None:
                raise StorageError(f"The database is not empty: '{table.name}' has rows.", "Name an empty database.")
            for batch in _batches(folder / f"{table.name}.jsonl", table):
                session.execute(insert(table), batch)
                count += len(batch)
            _count_on(session, table)
    return count


def _count_on(session: Session, table: Table) -> None:
    """Let the next number be beyond those restored; SQLite does it by itself."""
    column = table.autoincrement_column
    if column is None or column.autoincrement is False or session.get_bind().dialect.name != "postgresql":
        return
    sequence = session.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name})
    if sequence is not None:
        highest = session.scalar(select(column).order_by(column.desc()).limit(1))
        if highest is not None:
            session.execute(text("SELECT setval(:s, :n)"), {"s": sequence, "n": highest})


def _batches(file: Path, table: Table) -> Iterator[list[dict[str, Any]]]:
    # A table that is younger than the backup is empty.
    if not file.exists():
        return
    times = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    batch: list[dict[str, Any]] = []
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            batch.append({name: _time(value) if name in times else value for name, value in row.items()})
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _time(value: str | None) -> datetime | None:
    if value is None:
        return None
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _written(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()


def _kept(home: Path, *, index: bool) -> Iterator[Path]:
    left_out = _DERIVED | (set() if index else {"index"})
    for path in sorted(home.iterdir()):
        if path.name not in left_out and not path.name.startswith(_DATABASE):
            yield path


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, to)
    elif path.exists():
        shutil.copy2(path, to)


def _unpacked(source: Path, staging: Path) -> dict[str, str]:
    """Unpack a backup and return its files with their hashes, each as it was written."""
    root = staging / "gristmill"
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(staging, filter="data")
        files: dict[str, str] = json.loads((root / _MANIFEST).read_text())["files"]
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError) as error:
        raise StorageError(f"{source} is not a whole backup: {error}.", "Take another one.") from error
    wrong = [name for name, sha in files.items() if not (root / name).is_file() or file_hash(root / name) != sha]
    if wrong:
        raise StorageError(f"{source} is damaged: {', '.join(wrong[:3])}.", "Take another backup.")
    return files


def _lake_folder(workspace: Workspace) -> Path:
    if "://" in workspace.lake.url:
        remedy = "Back it up with the tools of its object store, and use a folder for the lake to do it from here."
        raise StorageError(f"The lake is at {workspace.lake.url}.", remedy)
    return Path(workspace.lake.url)
