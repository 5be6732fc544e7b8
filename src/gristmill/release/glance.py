"""Releases, looked up without the library that the database is written with.

Loading that library takes as long as reading a handful of documents. A database that is not SQLite's own file is asked
through the registry.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from gristmill.release.decisions import How
from gristmill.release.manifest import Release

_SQLITE = "sqlite:///"
_BUSY_SECONDS = 30
# As the registry says it: the newest move names the release.
_IN_FORCE = """
    SELECT manifest FROM releases
    WHERE release = (SELECT release FROM release_moves ORDER BY move DESC LIMIT 1)
"""
_MOVES = "SELECT release, how FROM release_moves ORDER BY move"
_RECENT = """
    SELECT manifest FROM releases JOIN (
        SELECT release, max(move) AS newest FROM release_moves GROUP BY release ORDER BY newest DESC LIMIT ?
    ) USING (release)
    ORDER BY newest DESC
"""
_TUNED = """
    SELECT manifest FROM releases WHERE json_extract(manifest, '$.encoder.memory') IS NOT NULL
    ORDER BY at DESC LIMIT 1
"""


def release_in_force(url: str) -> Release | None:
    """Return the release in force by the database at a URL; None before the first.

    Raises:
        LookupError: it cannot be told so; ask the registry.
    """
    return next(iter(_releases(url, _IN_FORCE)), None)


def moves(url: str) -> list[tuple[str, How]]:
    """Return which release came into force and how, oldest first.

    Raises:
        LookupError: it cannot be told so; ask the registry.
    """
    try:
        return [(release, How(how)) for release, how in _rows(url, _MOVES)]
    except ValueError as error:
        raise LookupError(url) from error


def needed(url: str, last: int) -> list[Release]:
    """Return what `Registry.needed` does.

    Raises:
        LookupError: it cannot be told so; ask the registry.
    """
    return [*_releases(url, _RECENT, last + 1), *_releases(url, _TUNED)]


def _releases(url: str, query: str, *values: int) -> list[Release]:
    try:
        return [Release.from_json(json.loads(manifest)) for (manifest,) in _rows(url, query, *values)]
    except (ValueError, TypeError, KeyError) as error:
        raise LookupError(url) from error


def _rows(url: str, query: str, *values: int) -> list[Any]:
    if not url.startswith(_SQLITE):
        raise LookupError(url)
    file = Path(url.removeprefix(_SQLITE))
    if not file.is_file():
        return []
    try:
        with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA query_only=ON")
            return connection.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise LookupError(url) from error
