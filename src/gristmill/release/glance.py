"""Which release is in force, looked up without the library that the database is written with.

Loading that library takes as long as reading a handful of documents. A run needs nothing else of the database before
its new index is built; a database that is not SQLite's own file is asked through the registry.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from gristmill.release.manifest import Release

_SQLITE = "sqlite:///"
_BUSY_SECONDS = 30
# As the registry says it: the newest move names the release.
_IN_FORCE = """
    SELECT manifest FROM releases
    WHERE release = (SELECT release FROM release_moves ORDER BY move DESC LIMIT 1)
"""


def release_in_force(url: str) -> Release | None:
    """Return the release in force by the database at a URL; None before the first.

    Raises:
        LookupError: it cannot be told so; ask the registry.
    """
    if not url.startswith(_SQLITE):
        raise LookupError(url)
    file = Path(url.removeprefix(_SQLITE))
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA query_only=ON")
            row = connection.execute(_IN_FORCE).fetchone()
            return None if row is None else Release.from_json(json.loads(row[0]))
    except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
        raise LookupError(url) from error
