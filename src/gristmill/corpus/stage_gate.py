"""The stored decision of a stage on its own output: written by the stage, read again by whoever publishes.

A blocking check of an orchestrator holds only within its run. What is stored holds for every run, and only for the
versions of the tables that it was made for: a ledger changed since then has no decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from gristmill.corpus.checks import CheckResult
from gristmill.errors import GateError
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, DOCUMENTS, EMBEDDINGS, PARSED, SOURCE_FILES, STAGE_GATES, TEXTS, Table

# What each decision is about: the stage's own table first, then those that it was compared with.
SUBJECTS: Mapping[str, Sequence[Table]] = {
    "source_files": (SOURCE_FILES,),
    "parsed_documents": (PARSED, SOURCE_FILES),
    "accepted_documents": (DOCUMENTS, TEXTS, SOURCE_FILES),
    "chunks": (CHUNKS, DOCUMENTS, TEXTS),
    "chunk_embeddings": (EMBEDDINGS, CHUNKS),
}
_DECISION = ("passed", "reason", "subject", "rules")


def subject_of(lake: Lake, stage: str) -> str:
    """Return the names and versions of the tables that a decision on a stage is about."""
    return " ".join(f"{table.name}@{lake.version(table)}" for table in SUBJECTS[stage])


def decide(lake: Lake, stage: str, subject: str, rules: str, result: CheckResult, at: datetime) -> None:
    """Store what a check decided; nothing is written if it is stored already."""
    decision = {"passed": not result.blocks, "reason": reason_of(result), "subject": subject, "rules": rules}
    stored = _stored(lake, stage)
    if stored is None or {name: stored[name] for name in _DECISION} != decision:
        row = {"stage": stage, **decision, "at": at}
        lake.upsert(STAGE_GATES, pl.DataFrame([row], schema=STAGE_GATES.schema))


def has_passed(lake: Lake, stage: str, subject: str, rules: str) -> bool:
    """Say whether the stored decision is that this very subject passed by these very rules."""
    stored = _stored(lake, stage)
    return stored is not None and bool(stored["passed"]) and (stored["subject"], stored["rules"]) == (subject, rules)


def passed_at(lake: Lake, stage: str, rules: str) -> int | None:
    """Return the commit of the stage's own table that passed last; None where it was by other rules, or did not."""
    stored = _stored(lake, stage)
    if stored is None or not stored["passed"] or stored["rules"] != rules:
        return None
    return int(str(stored["subject"]).partition(" ")[0].partition("@")[2])


def require_passed(lake: Lake, stages: Sequence[str] = tuple(SUBJECTS)) -> None:
    """Return if the decision on each stage, as its tables are now, is that it passed.

    Raises:
        GateError: one did not pass, or there is no decision on these versions of its tables.
    """
    for stage in stages:
        decision = _stored(lake, stage)
        if decision is None or decision["subject"] != subject_of(lake, stage):
            raise GateError(
                f"Nothing was decided yet on '{stage}' as it is now.", "Run 'gristmill ingest', which judges it first."
            )
        if not decision["passed"]:
            raise GateError(str(decision["reason"]), "Run 'gristmill ingest', which says what to do.")


def refusal(result: CheckResult) -> GateError:
    """Return the error that says why a stage did not pass, and what to do."""
    recoveries = dict.fromkeys(problem.recovery for problem in result.errors)
    examples = [example for problem in result.errors for example in problem.examples][:3]
    shown = f" ({'; '.join(examples)})" if examples else ""
    return GateError(f"{reason_of(result)}{shown} Nothing was built on it.", " ".join(recoveries))


def reason_of(result: CheckResult) -> str:
    """Return what is wrong, in one line; nothing when it passed."""
    return " ".join(problem.message for problem in result.errors)


def _stored(lake: Lake, stage: str) -> dict[str, object] | None:
    return next((row for row in lake.read(STAGE_GATES).iter_rows(named=True) if row["stage"] == stage), None)
