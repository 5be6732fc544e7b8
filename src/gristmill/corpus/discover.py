"""From sources to the table `source_files`: one row per file, with the hash of its bytes.

A file whose size, time and inode are those remembered is not read again. What is remembered is a cache beside the lake:
deleting it costs time, never correctness. As in git, a file changed within two seconds of being read is not trusted,
because a second change may have left the same time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.corpus.sources import File, Source
from gristmill.errors import SourceError
from gristmill.fingerprint import stream_hash
from gristmill.storage.artifacts import write_durably
from gristmill.storage.lake import Lake
from gristmill.storage.tables import SOURCE_FILES

_TRUST_AFTER_SECONDS = 2.0
_COMMIT_ROWS = 2_000


class StampCache:
    """Remembers which hash a file had at which stamp."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._known: dict[str, list[str]] = self._load()
        self._seen: dict[str, list[str]] = {}

    def version(self, source: Source, file: File) -> str:
        """Return the SHA-256 of the file's bytes, from memory where its stamp allows it."""
        key = f"{source.name}\n{file.path}"
        known = self._known.get(key)
        if known is not None and known[0] == file.stamp:
            self._seen[key] = known
            return known[1]
        with source.filesystem.open(file.location, "rb") as stream:
            version = stream_hash(stream)
        if abs(self._now() - file.modified.timestamp()) > _TRUST_AFTER_SECONDS:
            self._seen[key] = [file.stamp, version]
        return version

    def save(self) -> None:
        """Keep what was seen, and forget the rest."""
        if self._seen != self._known:
            write_durably(self._path, json.dumps(self._seen))

    def _load(self) -> dict[str, list[str]]:
        try:
            known = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


@dataclass(frozen=True)
class _Found:
    file: File
    version: str | None
    problem: str | None


def discover(
    lake: Lake,
    sources: Sequence[Source],
    cache: StampCache,
    progress: Progress,
    *,
    complete: bool = True,
    allow_empty: bool = False,
) -> StageReport:
    """Bring `source_files` up to date with `sources`.

    `complete` says that these are all the sources there are: what came from others is removed. `allow_empty` takes it
    as meant when a source that had documents has none now.

    Raises:
        SourceError: a location is missing, is suddenly empty, or two sources name the same document. Nothing is
        changed.
    """
    before = lake.read(SOURCE_FILES)
    listings = [(source, list(source.files())) for source in sources]
    _refuse_collisions(listings, before.clear() if complete else before)
    progress.start("discover", sum(len(files) for _, files in listings))
    mine = before.filter(pl.col("source").is_in([source.name for source in sources]))
    stored = {source.name: mine.filter(pl.col("source") == source.name) for source in sources}
    for source, files in listings:
        _refuse_sudden_emptiness(source, files, stored[source.name], allow_empty=allow_empty)
    changes = _forget_others(lake, before, mine) if complete else []
    # First what is gone, then what is there: a document may have moved from one source to another.
    for source, files in listings:
        changes += _forget_gone(lake, files, stored[source.name])
    for source, files in listings:
        changes += _update(lake, source, files, stored[source.name], cache, progress)
    cache.save()
    return _report(lake, changes)


def _forget_others(lake: Lake, before: pl.DataFrame, mine: pl.DataFrame) -> list[Change]:
    others = before.join(mine, on="document", how="anti")["document"]
    lake.delete(SOURCE_FILES, others)
    return [Change(document, "removed", "its source is no longer in the settings") for document in others]


def _forget_gone(lake: Lake, files: Sequence[File], old: pl.DataFrame) -> list[Change]:
    gone = sorted(set(old["document"]) - {file.document for file in files})
    lake.delete(SOURCE_FILES, pl.Series(gone, dtype=pl.String))
    return [Change(document, "removed") for document in gone]


def _update(
    lake: Lake, source: Source, files: Sequence[File], old: pl.DataFrame, cache: StampCache, progress: Progress
) -> list[Change]:
    known = {row["document"]: row for row in old.iter_rows(named=True)}
    rows: list[dict[str, object]] = []
    changes: list[Change] = []
    for file in files:
        row = _row(source, _look(source, file, cache), known.get(file.document))
        if row is not None:
            what = "changed" if file.document in known else "new"
            changes.append(Change(file.document, what, str(row["problem"] or "")))
            rows.append(row)
        if len(rows) >= _COMMIT_ROWS:
            lake.upsert(SOURCE_FILES, _frame(rows))
            rows.clear()
        progress.advance()
    lake.upsert(SOURCE_FILES, _frame(rows))
    return changes


def _look(source: Source, file: File, cache: StampCache) -> _Found:
    if file.problem is not None:
        return _Found(file, None, file.problem)
    try:
        return _Found(file, cache.version(source, file), None)
    except OSError as error:
        return _Found(file, None, f"It cannot be read: {error.strerror or error}.")


def _row(source: Source, found: _Found, old: dict[str, object] | None) -> dict[str, object] | None:
    """Return the row to write, or None when the stored one still holds. A touched file keeps its first time."""
    file = found.file
    row: dict[str, object] = {
        "document": file.document,
        "source": source.name,
        "path": file.location,
        "version": found.version,
        "bytes": file.size,
        "modified": file.modified,
        "media_type": file.media_type,
        "audience": list(file.audience),
        "problem": found.problem,
    }
    if old is not None and old["version"] == found.version and old["bytes"] == file.size:
        row["modified"] = old["modified"]
    return None if row == old else row


def _frame(rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SOURCE_FILES.schema)


def _refuse_collisions(listings: Sequence[tuple[Source, list[File]]], before: pl.DataFrame) -> None:
    mine = {source.name for source, _ in listings}
    others = before.filter(~pl.col("source").is_in(sorted(mine)))
    owner = dict(zip(others["document"], others["source"], strict=True))
    for source, files in listings:
        for file in files:
            if owner.setdefault(file.document, source.name) != source.name:
                raise SourceError(
                    f"'{file.document}' comes from two sources, {owner[file.document]} and {source.name}.",
                    "Give one of them a 'prefix' in gristmill.toml, or use a GRISTMILL_HOME of its own.",
                )


def _refuse_sudden_emptiness(source: Source, files: list[File], old: pl.DataFrame, *, allow_empty: bool) -> None:
    if not files and old.height and not allow_empty:
        raise SourceError(
            f"{source.name} is empty, and had {old.height} documents. A disk may not be mounted; nothing was removed.",
            "If all are really gone, run 'gristmill ingest --allow-empty'.",
        )


def _report(lake: Lake, changes: list[Change]) -> StageReport:
    total = lake.read(SOURCE_FILES, ["document"]).height
    counts = {what: sum(change.what == what for change in changes) for what in ("new", "changed", "removed")}
    return StageReport.of("source_files", {"files": total, **counts}, changes)
