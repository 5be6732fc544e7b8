"""From `parsed_documents` to the ledger and `accepted_texts`: every document ends with a status and a reason.

Each text is examined once (`examining`); what a document is to others is decided anew in every run (`relations`); what
people decided comes last (`overruling`). Only this module writes the ledger. The clock is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from gristmill.corpus.boilerplate import Boilerplate, boilerplate_of
from gristmill.corpus.clock import Clock, now_utc
from gristmill.corpus.duplicates import Precision, VersionedDocument
from gristmill.corpus.examining import examine_documents, parsed_files, with_examined_keys
from gristmill.corpus.findings import Finding, error, errors, unreadable, warning
from gristmill.corpus.ledger import Status, counts
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.overruling import Decision, Overrule, decisions
from gristmill.corpus.parse import with_parse_keys
from gristmill.corpus.policies import SourcePolicy, policy_of
from gristmill.corpus.readings import Readings
from gristmill.corpus.relations import Candidate, Relations, relate, stale
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.corpus.similar import similar_pairs
from gristmill.settings import Settings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS, EXAMINED, SOURCE_FILES, TEXTS

_BATCH_TEXTS = 256
_MOST_TITLE = 200
# What decides whether a row is as it was: all but the times at which it was seen.
# Whether it is dated follows from the rest; rows of before that was told stay as they are.
_SUBSTANCE = [name for name in DOCUMENTS.schema if name not in {"dated", "first_seen", "changed"}]
_FACTS = [
    "examined_key",
    "text_hash",
    "title",
    "heading",
    "head",
    "characters",
    "words",
    "content_hash",
    "findings",
    "languages",
]


def accept_documents(
    lake: Lake,
    settings: Settings,
    key: bytes,
    progress: Progress,
    now: Clock = now_utc,
    readings: Readings | None = None,
) -> StageReport:
    """Bring the ledger and `accepted_texts` up to date with `source_files`, `parsed_documents` and `overrules`.

    `key` is that of the pseudonyms; `readings` remembers what documents tell of their versions. Whether anything may be
    built on the ledger is decided afterwards, by its gate.
    """
    at = now()
    files = with_parse_keys(lake.read(SOURCE_FILES), settings.parser).sort("document")
    policies = {source: policy_of(settings, source) for source in files["source"].unique()}
    files = with_examined_keys(parsed_files(lake, files), policies, key)
    parser = settings.parser
    examined = examine_documents(lake, files, policies, key, progress, parser.workers, parser.seconds)
    readings = readings or Readings()
    rows = _judged(lake, files, policies, settings, readings, at)
    readings.save()
    _store_texts(lake, rows)
    before = {row["document"]: row for row in lake.read(DOCUMENTS).iter_rows(named=True)}
    present = {row["document"] for row in rows}
    gone = [_removed(row) for name, row in before.items() if row["status"] != Status.REMOVED and name not in present]
    changes = _write(lake, [*rows, *gone], before, at)
    _forget_unused_texts(lake)
    numbers = {**counts(lake), "changed": len(changes), "examined": examined}
    return StageReport.of("documents", numbers, changes)


def _judged(
    lake: Lake, files: pl.DataFrame, policies: dict[str, SourcePolicy], settings: Settings, readings: Readings,
    at: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the ledger's rows, without the times of this run."""
    facts = lake.read(EXAMINED, [*_FACTS, "edges", "page_lines"]).rename({"title": "own_title"})
    boilerplate = boilerplate_of(files, facts)
    facts = facts.drop("edges", "page_lines")
    documents = files.drop("title").join(facts, on="examined_key", how="left", maintain_order="left")
    made = decisions(lake)
    judged = [
        _Judged(row, made.get((row["document"], row["version"])), readings) for row in documents.iter_rows(named=True)
    ]
    pairs = similar_pairs(lake, facts)
    usable = [one.candidate for one in judged if one.may_be_used]
    related = relate(usable, pairs, settings.corpus.authority, leave_out=settings.corpus.leave_out_duplicates)
    for one in judged:
        one.add_relations(related.get(one.document, Relations()))
        one.add_age(policies[one.row["source"]], at)
    return [one.ledger_row(boilerplate) for one in judged]


class _Judged:
    """One document on its way to its row: what parsing and examination said, then relations, age and people."""

    def __init__(self, row: dict[str, Any], overrule: Overrule | None, readings: Readings) -> None:
        self.row = row
        self._readings = readings
        self.document: str = row["document"]
        self.overrule = overrule
        self.relations = Relations()
        self.findings = list(_findings(row))
        self.title = title_of(self.document, row["own_title"], row["heading"])

    @property
    def has_text(self) -> bool:
        return self.row["text_hash"] is not None

    @property
    def may_be_used(self) -> bool:
        """Whether it is accepted but for what it is to others: only such a document can stand for another."""
        if self.overrule is not None:
            return self.has_text and self.overrule.decision is Decision.ACCEPT
        return self.has_text and not errors(self.findings)

    @cached_property
    def candidate(self) -> Candidate:
        row = self.row
        stated = None if row["stated"] is None else row["stated"].date()
        head = row["head"] or ""
        return Candidate(
            self.document, frozenset(row["audience"] or ()), self.title, head, row["language"] or "",
            row["words"] or 0, row["content_hash"] or "",
            self._readings.read(VersionedDocument(self.document, self.title, head)), stated,
        )  # fmt: skip

    def add_relations(self, relations: Relations) -> None:
        self.relations = relations
        self.findings += relations.findings

    def add_age(self, policy: SourcePolicy, at: datetime) -> None:
        if (found := stale(self.candidate, policy.stale, at.date())) is not None:
            self.findings.append(found)

    def ledger_row(self, boilerplate: Boilerplate) -> dict[str, Any]:
        row, (status, reason) = self.row, self._status()
        stated = self._stated()
        accepted = status is Status.ACCEPTED
        return {
            "document": self.document,
            "source": row["source"],
            "version": row["version"],
            "status": status.value,
            "reason": reason,
            "attempts": row["attempts"] or 0,
            "audience": row["audience"],
            "media_type": row["media_type"],
            "title": self.title,
            "language": row["language"] or "",
            "bytes": row["bytes"],
            "characters": (row["characters"] or 0) if accepted else 0,
            "text_hash": row["text_hash"] if accepted else None,
            "findings": [finding.as_row() for finding in self.findings],
            "boilerplate": boilerplate.rows_of(self.document) if accepted else [],
            "languages": (row["languages"] or []) if accepted else [],
            "family": self.relations.family,
            "duplicate_of": self.relations.duplicate_of,
            "superseded_by": self.relations.superseded_by,
            "modified": stated or row["modified"],
            "dated": stated is not None,
        }

    def _stated(self) -> datetime | None:
        """Return when the document is from, by its metadata, else by a day in its first lines, name or title."""
        stated: datetime | None = self.row["stated"]
        version = self.candidate.version
        if stated is None and version.date is not None and version.precision is Precision.DAY:
            day = datetime.combine(version.date, time(), UTC)
            # What was to be valid some day, when its file was written, is not from then.
            return day if day <= self.row["modified"] else None
        return stated

    def _status(self) -> tuple[Status, str]:
        found = errors(self.findings)
        if not self.has_text:
            empty = self.row["outcome"] == Outcome.EMPTY.value
            return (Status.QUARANTINED if empty else Status.FAILED), found[0].reason
        if self.overrule is not None:
            kind, word = (
                (Status.ACCEPTED, "Accepted")
                if self.overrule.decision is Decision.ACCEPT
                else (Status.QUARANTINED, "Rejected")
            )
            return kind, f"{word} by {self.overrule.who}: {self.overrule.reason}"
        if found:
            return Status.QUARANTINED, " ".join(finding.reason for finding in found)
        return Status.ACCEPTED, self.row["reason"] or ""


def _findings(row: dict[str, Any]) -> Iterable[Finding]:
    """What is known of one document by itself."""
    if row["problem"] is not None:
        yield unreadable(Outcome.UNREADABLE, row["problem"])
    elif row["outcome"] != Outcome.PARSED.value:
        yield unreadable(row["outcome"] or Outcome.UNREADABLE, row["reason"] or "It was not read yet.")
    elif row["content_hash"] is None:
        yield error(
            "not_examined",
            "The examination of its text ended early, or took too long.",
            "The next run tries again; if that fails too, save the file in another format, or split it.",
        )
    else:
        if row["reason"]:
            yield warning("wrong_extension", row["reason"], "Give the file the ending of what it is.")
        yield from (Finding.of_row(found) for found in row["findings"] or ())


def title_of(document: str, stated: str | None, heading: str | None) -> str:
    """Return a document's title: the stated one, else its first heading, else its file's name in words."""
    name = PurePosixPath(document).stem.replace("_", " ").replace("-", " ").strip()
    title = (stated or "").strip() or (heading or "").strip() or name
    return re.sub(r"[*_`\s]+", " ", title).strip()[:_MOST_TITLE]


def _removed(row: dict[str, Any]) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "text_hash": None,
        "findings": [],
        "boilerplate": [],
        "languages": [],
        "family": None,
        "duplicate_of": None,
        "superseded_by": None,
    }
    return row | {"status": Status.REMOVED.value, "reason": "It is no longer in its source."} | nothing


def _write(lake: Lake, rows: Iterable[dict[str, Any]], before: dict[str, dict[str, Any]], at: datetime) -> list[Change]:
    changed = []
    for row in rows:
        old = before.get(row["document"])
        if old is None or any(row[name] != old[name] for name in _SUBSTANCE):
            changed.append(row | {"first_seen": at if old is None else old["first_seen"], "changed": at})
    lake.upsert(DOCUMENTS, pl.DataFrame(changed, schema=DOCUMENTS.schema))
    return [Change(row["document"], row["status"], row["reason"]) for row in changed]


def _store_texts(lake: Lake, rows: Iterable[dict[str, Any]]) -> None:
    """Store the texts of accepted documents before the ledger names them."""
    wanted = pl.Series("text_hash", sorted({row["text_hash"] for row in rows} - {None}), dtype=pl.String).to_frame()
    missing = wanted.join(lake.read(TEXTS, ["text_hash"]), on="text_hash", how="anti")["text_hash"]
    if missing.is_empty():
        return
    examined = lake.batches(EXAMINED, TEXTS.schema.names(), _BATCH_TEXTS, pl.col("text_hash").is_in(missing.implode()))
    stored: set[str] = set()  # two contents can come to the same text
    for texts in examined:
        known = pl.Series(sorted(stored), dtype=pl.String)
        new = texts.unique("text_hash", keep="any").filter(~pl.col("text_hash").is_in(known.implode()))
        lake.append(TEXTS, new)
        stored.update(new["text_hash"])


def _forget_unused_texts(lake: Lake) -> None:
    used = lake.read(DOCUMENTS, ["text_hash"])
    unused = lake.read(TEXTS, ["text_hash"]).join(used, on="text_hash", how="anti")
    lake.delete(TEXTS, unused["text_hash"])
