"""Takes a home that began with SQLite into PostgreSQL, once, before anything else uses the new database."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from gristmill.backups import dump, load
from gristmill.settings import Settings
from gristmill.workspace import Workspace


def begun_with_sqlite(settings: Settings) -> bool:
    """Say whether a home has rows in SQLite that PostgreSQL does not have."""
    return _old(settings).exists()


def move(settings: Settings, say: Callable[[str], None]) -> None:
    """Copy people, keys, receipts and all else from `gristmill.db`, which is kept under another name.

    Args:
        settings: those that name PostgreSQL.
        say: is told what is done.

    Raises:
        StorageError: PostgreSQL holds rows already.
    """
    old = _old(settings)
    folder = Path(tempfile.mkdtemp(dir=settings.home_path / "team"))
    try:
        before = Workspace(settings.model_copy(update={"database": f"sqlite:///{old}"}))
        dump(before, folder / "rows")
        before.database.close()
        after = Workspace(settings)
        rows = load(after, folder / "rows")
        after.database.close()
    finally:
        shutil.rmtree(folder)
    old.rename(old.with_name("gristmill.db.moved"))
    say(f"Moved {rows:,} rows from {old.name} into PostgreSQL; it is kept as {old.name}.moved.")


def _old(settings: Settings) -> Path:
    return settings.home_path / "gristmill.db"
