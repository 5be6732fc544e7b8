"""Remembers what each document tells of its version, which takes longer to read than all else that relates documents.

The file is a cache: without it, damaged, or written by other code, everything is read again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from gristmill.corpus.duplicates import (
    Precision,
    Reading,
    Version,
    VersionedDocument,
    read_document,
)
from gristmill.errors import StorageError
from gristmill.fingerprint import file_hash, fingerprint, text_hash
from gristmill.storage.artifacts import write_durably


class Readings:
    """Reads documents, each once while its name, title and first lines stay.

    Args:
        path: the file to remember them in; None: they are not remembered.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known = {} if path is None else _stored(path)
        self._seen: dict[str, Reading] = {}

    def read(self, document: VersionedDocument) -> Reading:
        """Return what a document tells."""
        key = text_hash("\0".join((document.path, document.title, document.head)))
        reading = self._known.get(key) or read_document(document)
        self._seen[key] = reading
        return reading

    def save(self) -> None:
        """Keep what was read, and forget the rest."""
        if self._path is None or self._seen.keys() == self._known.keys():
            return
        with suppress(StorageError, OSError):  # what is not remembered is read again
            readings = {key: _fields(reading) for key, reading in self._seen.items()}
            write_durably(self._path, json.dumps({"code": _code(), "readings": readings}))


def _code() -> str:
    """Return the hash of what reads: other code may read something else."""
    folder = Path(__file__).parent / "duplicates"
    return fingerprint(*(file_hash(folder / name) for name in ("superseded.py", "versions.py")))


def _stored(path: Path) -> dict[str, Reading]:
    try:
        stored = json.loads(path.read_text())
        if stored["code"] != _code():
            return {}
        return {key: _reading(fields) for key, fields in stored["readings"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _fields(reading: Reading) -> list[Any]:
    version = reading.version
    when = None if version.date is None else version.date.isoformat()
    return [
        [when, int(version.precision), version.number, version.draft, version.evidence],
        reading.numbers, reading.introduced, reading.families, reading.replaces, reading.amends, reading.is_copy,
    ]  # fmt: skip


def _reading(fields: list[Any]) -> Reading:
    (when, precision, number, draft, evidence), numbers, introduced, families, *says = fields
    stated = None if when is None else date.fromisoformat(when)
    version = Version(stated, Precision(precision), tuple(number), draft, evidence)
    replaces, amends, is_copy = says
    return Reading(
        version, tuple(numbers), tuple(introduced), tuple(map(tuple, families)), replaces, amends, is_copy
    )  # fmt: skip
