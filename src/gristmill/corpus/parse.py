"""From `source_files` to `parsed_documents`: each distinct content is parsed once, whatever its name.

A row is keyed by the file's hash, its media type and the parser's fingerprint. Killed at any moment, what was committed
stays; the rest is parsed by the next run. Rows that no file needs any more are deleted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from importlib.metadata import version
from typing import Any

import polars as pl

from gristmill.corpus.clock import Clock, now_utc
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse_reply import Limits, Reply, tessdata
from gristmill.corpus.ray_workers import parse_all_on_ray
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.corpus.retries import retry_is_due
from gristmill.corpus.sources import Source
from gristmill.corpus.workers import Job, parse_all
from gristmill.fingerprint import fingerprint
from gristmill.settings import ParserSettings, RaySettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import PARSED, SOURCE_FILES

_CODE_VERSION = 6
# A commit is a file, and a document that goes has its file written anew.
_COMMIT_CHARACTERS = 2_000_000
_COMMIT_SECONDS = 5.0
_REMEMBERED_KEYS = 16_384


def parser_fingerprint(settings: ParserSettings) -> str:
    """Return the hash of everything that decides a text: library, this code, the limits that cut."""
    return fingerprint("parser", _CODE_VERSION, settings.engine, version("kreuzberg"), settings.max_characters)


def with_parse_keys(files: pl.DataFrame, settings: ParserSettings) -> pl.DataFrame:
    """Return `files` with the column `parse_key`; it is null where a file has a problem and is not parsed."""
    parser = parser_fingerprint(settings)
    keys = [
        None if problem is not None or content is None else _parse_key(content, kind, parser)
        for content, kind, problem in files.select("version", "media_type", "problem").iter_rows()
    ]
    return files.with_columns(pl.Series("parse_key", keys, dtype=pl.String))


@lru_cache(_REMEMBERED_KEYS)  # one run asks five times for each
def _parse_key(content: str, kind: str | None, parser: str) -> str:
    return fingerprint(content, kind, parser)


def parse_documents(
    lake: Lake,
    sources: Sequence[Source],
    settings: ParserSettings,
    progress: Progress,
    now: Clock = now_utc,
    cluster: RaySettings | None = None,
) -> StageReport:
    """Bring `parsed_documents` up to date with `source_files`. What failed for a passing reason waits for its time.

    Args:
        lake: where both tables are.
        sources: where the files are read from.
        settings: limits of the parser.
        progress: is told of each document.
        now: the clock.
        cluster: parses them, in place of processes of this machine.
    """
    files = with_parse_keys(lake.read(SOURCE_FILES), settings)
    wanted = files.filter(pl.col("parse_key").is_not_null()).unique("parse_key", keep="first", maintain_order=True)
    stored = lake.read(PARSED, ["parse_key", "outcome", "attempts", "tried"])
    due = _due(wanted, stored, settings, now())
    progress.start("parse", due.height)
    began, numbers, changes = time.perf_counter(), {"parsed": 0, "failed": 0}, []
    for batch in _batches(_parsed(due, sources, settings, now, cluster), progress):
        made = pl.DataFrame([row for _, row in batch], schema=PARSED.schema)
        again = pl.col("parse_key").is_in(stored["parse_key"].implode())
        lake.append(PARSED, made.filter(~again))
        lake.upsert(PARSED, made.filter(again))
        for document, row in batch:
            good = row["outcome"] == Outcome.PARSED
            numbers["parsed" if good else "failed"] += 1
            changes.append(Change(document, str(row["outcome"]), str(row["reason"])))
    unused = stored.join(wanted, on="parse_key", how="anti")["parse_key"]
    numbers["forgotten"] = lake.delete(PARSED, unused)
    return StageReport.of("parsed_documents", {**numbers, "seconds": round(time.perf_counter() - began, 3)}, changes)


def _due(wanted: pl.DataFrame, stored: pl.DataFrame, settings: ParserSettings, at: datetime) -> pl.DataFrame:
    """Return the files to parse: never parsed, to be tried again by now, or scans that can be read by now."""
    again = retry_is_due(settings, at)
    if reads_scans(settings):
        again = again | ((pl.col("outcome") == Outcome.NEEDS_OCR.value) & (pl.col("attempts") < settings.attempts))
    return wanted.join(stored, on="parse_key", how="left").filter(pl.col("outcome").is_null() | again)


def reads_scans(settings: ParserSettings) -> bool:
    """Say whether scanned pages are read: it is wanted, and the language data for it is there."""
    return settings.ocr and tessdata() is not None


def _parsed(
    due: pl.DataFrame, sources: Sequence[Source], settings: ParserSettings, now: Clock, cluster: RaySettings | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    by_name = {source.name: source for source in sources}
    rows = {row["parse_key"]: row for row in due.drop("modified").iter_rows(named=True) if row["source"] in by_name}

    def jobs() -> Iterator[Job]:
        for key, row in rows.items():
            yield Job(key, row["media_type"], partial(by_name[row["source"]].read, row["path"]))

    limits = Limits(settings.memory_mb, settings.max_characters, reads_scans(settings), settings.ocr_languages)
    if cluster is None:
        replies = parse_all(jobs(), limits, settings.seconds, min(settings.workers, max(1, len(rows))))
    else:
        replies = parse_all_on_ray(jobs(), limits, settings.seconds, cluster)
    for job, reply in replies:
        row = rows[job.key]
        yield row["document"], _row(job.key, (row["attempts"] or 0) + 1, reply, now())


def _row(key: str, attempts: int, reply: Reply, at: datetime) -> dict[str, Any]:
    good = reply.outcome == Outcome.PARSED
    return {
        "parse_key": key,
        "outcome": str(reply.outcome),
        "reason": reply.reason,
        "attempts": attempts,
        # A lone surrogate is not Unicode; no table and no index takes it.
        "text": reply.text.encode("utf-8", "replace").decode() if good else None,
        "title": reply.title,
        "language": reply.language,
        "modified": datetime.fromisoformat(reply.modified) if reply.modified else None,
        "pages": [{"page": page, "start": start} for page, start in reply.pages],
        "hidden": [hidden._asdict() for hidden in reply.hidden],
        "seconds": reply.seconds,
        "tried": at,
    }


def _batches(
    rows: Iterator[tuple[str, dict[str, Any]]], progress: Progress
) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Group rows so that a commit is worth its cost and a kill loses little."""
    batch: list[tuple[str, dict[str, Any]]] = []
    characters, since = 0, time.monotonic()
    for document, row in rows:
        batch.append((document, row))
        characters += len(row["text"] or "")
        progress.advance()
        if characters > _COMMIT_CHARACTERS or time.monotonic() - since > _COMMIT_SECONDS:
            yield batch
            batch, characters, since = [], 0, time.monotonic()
    if batch:
        yield batch
