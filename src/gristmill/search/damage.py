"""Noticing that a file of a version is not what was built: by its size at once, by its hash when it was touched.

A file that was cut short kills the process that has it mapped (SIGBUS), so sizes are looked at before anything is
mapped, and before each search. Looking costs microseconds; hashing is done once for each state of a file, and
remembered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gristmill.errors import SearchIndexError, StorageError
from gristmill.search.version import FILES, MANIFEST, hashes_of, is_fixed, read_manifest
from gristmill.storage.artifacts import write_durably

Stamp = tuple[int, int, int]  # size, time of last change, inode
_GONE: Stamp = (-1, 0, 0)


@dataclass(frozen=True)
class Damage:
    """A file that is not what was built."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file} {self.what}"


def stamp(path: Path) -> Stamp:
    """Return what changes when a file is written."""
    try:
        found = path.stat()
    except OSError:
        return _GONE
    return found.st_size, found.st_mtime_ns, found.st_ino


def damaged_sizes(folder: Path) -> list[Damage]:
    """Return the files of a version that are missing or have another size than the one that was built."""
    try:
        sizes = read_manifest(folder).sizes
    except SearchIndexError:
        return [Damage(MANIFEST, "cannot be read")]
    found = {name: stamp(folder / name)[0] for name in sizes}
    return [Damage(name, _what(found[name], size)) for name, size in sizes.items() if _differs(name, found[name], size)]


def damaged_files(folder: Path, memory: Path | None = None) -> list[Damage]:
    """Return the files of a version that differ from what was built, by size, then by hash.

    Args:
        folder: of the version.
        memory: a file that remembers which states of which files were hashed already; without one, all are. It
            forgets versions that are gone.
    """
    damage = damaged_sizes(folder)
    if any(found.file == MANIFEST for found in damage):
        return damage
    known = _remembered(memory, folder)
    files = read_manifest(folder).files
    found = {name: stamp(folder / name) for name in files.keys() - {each.file for each in damage}}
    unsure = [name for name in files if name in found and known.get(name) != found[name]]
    hashes = hashes_of({name: folder / name for name in unsure})
    changed = [name for name in unsure if hashes[name] != files[name]]
    damage += [Damage(name, "has another content") for name in changed]
    seen = known | {name: found[name] for name in unsure if name not in changed}
    if memory is not None and seen != known and not damage:
        remember_hashed(folder, seen, memory)
    return damage


def stamps(folder: Path) -> dict[str, Stamp]:
    """Return the states of the files of a version that opening leaves as they are; none without a manifest."""
    try:
        return {name: stamp(folder / name) for name in read_manifest(folder).files}
    except SearchIndexError:
        return {}


def remember_hashed(folder: Path, seen: Mapping[str, Stamp], memory: Path) -> None:
    """Note in `memory` that the files of a version were hashed in these states, and were what was built."""
    with suppress(StorageError):  # a disk that takes no more is no reason not to serve
        versions = {name: known for name, known in _memory(memory).items() if (folder.parent / name).is_dir()}
        write_durably(memory, json.dumps(versions | {folder.name: seen}))


class Watch:
    """Tells at each look whether a file of an open version was changed since the look before."""

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / name for name in (MANIFEST, FILES)]
        self._sizes = {}
        with suppress(SearchIndexError):
            manifest = read_manifest(folder)
            self._paths += [folder / name for name in manifest.files]
            self._sizes = {folder / n: size for n, size in manifest.sizes.items() if not is_fixed(n)}
        self._stamps = [stamp(path) for path in self._paths]

    def is_unchanged(self) -> bool:
        """Say whether every file is as it was when the watch began; Chroma changes the times of its own."""
        if [stamp(path) for path in self._paths] != self._stamps:
            return False
        return not any(_differs(path.as_posix(), stamp(path)[0], size) for path, size in self._sizes.items())


def _remembered(memory: Path | None, folder: Path) -> dict[str, Stamp]:
    try:
        stored = {} if memory is None else _memory(memory).get(folder.name, {})
        return {name: (size, time, inode) for name, (size, time, inode) in stored.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _memory(file: Path) -> dict[str, Any]:
    try:
        stored = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _differs(name: str, found: int, size: int) -> bool:
    # Chroma's SQLite file may grow when it is opened; it never shrinks.
    return found < size if name.endswith((".sqlite3", "-wal")) else found != size


def _what(found: int, size: int) -> str:
    return "is missing" if found < 0 else f"has {found:,} bytes instead of {size:,}"
