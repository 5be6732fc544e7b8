"""From `parsed_documents` to the ledger and `accepted_texts`: every document ends with a status and a reason.

The decision on a text stands in `judge`; what is written here follows from it. The clock is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from gristmill.corpus.ledger import Status, counts
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse import with_parse_keys
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.fingerprint import text_hash
from gristmill.settings import ParserSettings
from gristmill.storage.lake import DOCUMENTS, PARSED, SOURCE_FILES, TEXTS, Lake

_BATCH_DOCUMENTS = 256
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_MOST_TITLE = 200
# What decides whether a row is as it was: all but the times at which it was seen.
_SUBSTANCE = [name for name in DOCUMENTS.schema if name not in {"first_seen", "changed"}]


@dataclass(frozen=True)
class Judgement:
    """The status of a parsed document and the reason for it."""

    status: Status
    reason: str = ""


def now_utc() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)


def judge(outcome: str, reason: str, text: str | None) -> Judgement:
    """Decide on one parsed document."""
    if outcome == Outcome.EMPTY:
        return Judgement(Status.QUARANTINED, reason)
    if outcome != Outcome.PARSED or text is None:
        return Judgement(Status.FAILED, reason)
    if not any(character.isalnum() for character in text):
        return Judgement(Status.QUARANTINED, "It has no words.")
    return Judgement(Status.ACCEPTED, reason)


def accept_documents(
    lake: Lake, settings: ParserSettings, progress: Progress, now: Callable[[], datetime] = now_utc
) -> StageReport:
    """Bring the ledger and `accepted_texts` up to date with `source_files` and `parsed_documents`."""
    files = with_parse_keys(lake.read(SOURCE_FILES), settings).sort("document")
    before = {row["document"]: row for row in lake.read(DOCUMENTS).iter_rows(named=True)}
    progress.start("accept", files.height)
    changes: list[Change] = []
    for rows in _judged(lake, files, progress):
        changes += _write(lake, rows, before, now())
    gone = [
        row for name, row in before.items() if row["status"] != Status.REMOVED and name not in set(files["document"])
    ]
    changes += _write(lake, [_removed(row) for row in gone], before, now())
    _forget_unused_texts(lake)
    return StageReport.of("documents", {**counts(lake), "changed": len(changes)}, changes)


def _judged(lake: Lake, files: pl.DataFrame, progress: Progress) -> Iterator[list[dict[str, Any]]]:
    """Yield ledger rows for batches of documents, having stored the texts they need first."""
    stored = set(lake.read(TEXTS, ["text_hash"])["text_hash"])
    for at in range(0, files.height, _BATCH_DOCUMENTS):
        batch = files.slice(at, _BATCH_DOCUMENTS)
        parsed = lake.read(PARSED, where=pl.col("parse_key").is_in(batch["parse_key"].drop_nulls().implode()))
        joined = batch.join(parsed.rename({"modified": "stated"}), on="parse_key", how="left", maintain_order="left")
        rows, texts = [], {}
        for document in joined.iter_rows(named=True):
            row = _ledger_row(document)
            rows.append(row)
            key = row["text_hash"]
            if key is not None and key not in stored:
                texts[key] = {"text_hash": key, "text": document["text"], "pages": document["pages"]}
        lake.append(TEXTS, pl.DataFrame(list(texts.values()), schema=TEXTS.schema))
        stored |= texts.keys()
        progress.advance(batch.height)
        yield rows


def _ledger_row(document: dict[str, Any]) -> dict[str, Any]:
    text = document["text"]
    judgement = (
        Judgement(Status.FAILED, document["problem"])
        if document["problem"] is not None
        else judge(document["outcome"] or Outcome.UNREADABLE, document["reason"] or "It was not read yet.", text)
    )
    if judgement.status is not Status.ACCEPTED:
        text = None
    return {
        "document": document["document"],
        "source": document["source"],
        "version": document["version"],
        "status": judgement.status.value,
        "reason": judgement.reason if judgement.status is not Status.ACCEPTED else (document["reason"] or ""),
        "attempts": document["attempts"] or 0,
        "audience": document["audience"],
        "media_type": document["media_type"],
        "title": title_of(document["document"], document["title"], text),
        "language": document["language"] or "",
        "bytes": document["bytes"],
        "characters": len(text) if text is not None else 0,
        # Two documents with the same text share its row; page numbers belong to the file, so they are part of the hash.
        "text_hash": None if text is None else text_hash(f"{document['pages']}\n{text}"),
        "modified": document["stated"] or document["modified"],
    }


def title_of(document: str, stated: str | None, text: str | None) -> str:
    """Return a document's title: the stated one, else its first heading, else its file's name in words."""
    heading = _HEADING.search(text[:4_000]) if text else None
    name = PurePosixPath(document).stem.replace("_", " ").replace("-", " ").strip()
    title = (stated or "").strip() or (heading[1].strip() if heading else "") or name
    return re.sub(r"[*_`\s]+", " ", title).strip()[:_MOST_TITLE]


def _removed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"status": Status.REMOVED.value, "reason": "It is no longer in its source.", "text_hash": None}


def _write(lake: Lake, rows: list[dict[str, Any]], before: dict[str, dict[str, Any]], at: datetime) -> list[Change]:
    changed = []
    for row in rows:
        old = before.get(row["document"])
        if old is None or any(row[name] != old[name] for name in _SUBSTANCE):
            changed.append(row | {"first_seen": at if old is None else old["first_seen"], "changed": at})
    lake.upsert(DOCUMENTS, pl.DataFrame(changed, schema=DOCUMENTS.schema))
    return [Change(row["document"], row["status"], row["reason"]) for row in changed]


def _forget_unused_texts(lake: Lake) -> None:
    used = lake.read(DOCUMENTS, ["text_hash"])
    unused = lake.read(TEXTS, ["text_hash"]).join(used, on="text_hash", how="anti")
    lake.delete(TEXTS, unused["text_hash"])
