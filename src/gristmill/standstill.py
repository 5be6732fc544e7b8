"""Standstill: nothing that an ingest looks at has moved since one that ended well, so there is nothing to do.

Compared are names, sizes, times and inodes: of the sources, of the home, of files that settings name, and of the
program itself. Nothing is opened and no library of tables is loaded, so that the answer comes in the time that Python
takes to start. It only ever says that nothing moved; whenever it cannot be sure, the stages look for themselves.

As in git, a file is not trusted that was written within two seconds before a run began to read it. What the clock alone
changes, a document that grows too old, waits an hour at most; while a failed document waits for another try there is no
standstill.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydantic

from gristmill.errors import StorageError
from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.settings import Settings
from gristmill.storage.artifacts import write_durably

_FILE = "standstill.json"
_TRUST_AFTER_SECONDS = 2.0
_HOLDS_SECONDS = 3_600.0
# Written by whoever looks, also when nothing comes of it.
_RESTLESS = frozenset({"lock", _FILE, "__pycache__"})
# What each stage still has when there is nothing left to do; everything else that it reports is what it did.
_LASTING = ("files", "accepted", "quarantined", "failed", "chunks", "version", "questions", "tune", "gate", "holdout")
_DONE_ONCE = frozenset({"parsed_documents"})  # what failed then is told by the ledger


class _UncertainError(Exception):
    """What lies there cannot be compared by looking at it."""


@dataclass(frozen=True)
class Standstill:
    """What the last run left, of which nothing has moved."""

    since: datetime  # when that run ended
    stages: tuple[dict[str, Any], ...]  # stage, its lasting numbers, no changes


class Sighting:
    """What a run is about to look at, seen before it begins."""

    def __init__(self, settings: Settings, places: Sequence[str]) -> None:
        self._settings = settings
        self._places = tuple(places)
        self._trusted = time.time() - _TRUST_AFTER_SECONDS
        self._seen = _sources(self._places)

    def remember(self, reports: Iterable[tuple[str, Mapping[str, float]]]) -> None:
        """Keep that there is nothing left to do, if nothing moved meanwhile.

        Args:
            reports: name and numbers of each stage, as it told them at the end of the run.
        """
        if self._seen is None or self._seen != _sources(self._places) or self._seen[1] > self._trusted:
            return
        look = _look(self._settings, self._seen[0])
        if look is not None:
            stages = [{"stage": name, "numbers": _lasting(name, numbers), "changes": []} for name, numbers in reports]
            known = {
                "look": look, "sources": self._seen[0], "places": self._places, "stages": stages, "since": time.time(),
            }  # fmt: skip
            with suppress(StorageError):  # the run has ended well all the same
                write_durably(_file(self._settings), json.dumps(known))


def standstill(settings: Settings) -> Standstill | None:
    """Return what the last complete run left, if nothing moved since; None where something did or may have."""
    try:
        known = json.loads(_file(settings).read_text())
        since, places = float(known["since"]), list(known["places"])
        look, sources, stages = known["look"], known["sources"], tuple(known["stages"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not 0 <= time.time() - since < _HOLDS_SECONDS:  # a clock that was put back proves nothing either
        return None
    seen = _sources(places)
    if seen is None or seen[0] != sources or look is None or _look(settings, seen[0]) != look:
        return None
    return Standstill(datetime.fromtimestamp(since, UTC), stages)


def _file(settings: Settings) -> Path:
    return settings.home_path / "cache" / _FILE


def _lasting(stage: str, numbers: Mapping[str, float]) -> dict[str, float]:
    kept = {} if stage in _DONE_ONCE else {name: numbers[name] for name in _LASTING if name in numbers}
    made = numbers.get("embedded", 0) + numbers.get("reused", 0)
    return kept | ({"reused": made} if made else {})


def _sources(places: Sequence[str]) -> tuple[str, float] | None:
    """Return a hash over all sources' files and the newest time among them; None where they cannot be compared."""
    newest = 0.0

    def lines() -> Iterator[str]:
        nonlocal newest
        for place in places:
            if "://" in place:
                raise _UncertainError
            for line, modified in _tree(Path(place), hidden=False):
                newest = max(newest, modified)
                yield line

    try:
        return lines_hash(lines()), newest
    except (_UncertainError, OSError):
        return None


def _look(settings: Settings, sources: str) -> str | None:
    """Return a hash over everything beside the sources that decides what a run would do; None where it is elsewhere."""
    remote = settings.database is not None and not settings.database.startswith("sqlite")
    if remote or "://" in settings.lake_url:
        return None
    trees = [settings.home_path, Path(__file__).parent, *_named(settings)]
    if settings.lake is not None:
        trees.append(Path(settings.lake))
    if settings.database is not None:
        trees.append(Path(settings.database.partition("///")[2]))
    try:
        seen = [lines_hash(line for line, _ in _tree(tree, hidden=True, but=_RESTLESS)) for tree in trees]
        libraries = Path(pydantic.__file__).parents[1].stat().st_mtime_ns  # changes when a package comes or goes
    except (_UncertainError, OSError):
        return None
    return fingerprint(sources, seen, libraries, settings.model_dump(mode="json"))


def _named(settings: Settings) -> list[Path]:
    """Return the files and folders that settings name and that are there."""
    sections = [getattr(settings, name) for name in type(settings).model_fields]
    values = (value for section in sections if isinstance(section, pydantic.BaseModel) for _, value in section)
    places = (settings.root / value.expanduser() for value in values if isinstance(value, Path))
    return [place for place in places if place.exists()]


def _tree(root: Path, *, hidden: bool, but: Collection[str] = ()) -> Iterator[tuple[str, float]]:
    """Yield a line and the time of change for each file below `root`, or for `root` itself, in a fixed order.

    Args:
        root: a folder or a file.
        hidden: whether names that begin with a dot count; sources never hold such documents.
        but: names that are passed over.

    Raises:
        OSError: it is not there or cannot be listed.
        _UncertainError: there is a link, which may lead to what changes unseen.
    """
    if not root.is_dir():
        seen = root.stat()
        yield _line(str(root), seen), seen.st_mtime
        return
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        if entry.name in but or (not hidden and entry.name.startswith(".")):
            continue
        if entry.is_symlink():
            raise _UncertainError
        if entry.is_dir():
            yield from _tree(Path(entry.path), hidden=hidden, but=but)
        else:
            seen = entry.stat()
            yield _line(entry.path, seen), seen.st_mtime


def _line(path: str, seen: os.stat_result) -> str:
    return f"{path!a} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_ino}"
