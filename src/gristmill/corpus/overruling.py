"""What people decided about documents against the gate: a log that is only added to.

A decision holds for one version of a document. When the document changes, the gate decides again, and the people too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import polars as pl

from gristmill.corpus.ledger import Status
from gristmill.corpus.outcome import Outcome
from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS, OVERRULES, PARSED

_NEVER = "Look at all names with 'gristmill documents'."


class Decision(str, Enum):
    """What a person decided about one version of a document."""

    ACCEPT = "accept"
    REJECT = "reject"
    RETRY = "retry"

    __str__ = str.__str__


@dataclass(frozen=True)
class Overrule:
    """One decision of a person."""

    document: str
    version: str
    decision: Decision
    reason: str
    who: str
    at: datetime


def decisions(lake: Lake) -> dict[tuple[str, str], Overrule]:
    """Return the decision in force by document and version: the latest that accepts or rejects it."""
    rows = lake.read(OVERRULES, where=pl.col("decision") != Decision.RETRY.value).sort("at", "overrule")
    return {(row["document"], row["version"]): _overrule(row) for row in rows.iter_rows(named=True)}


def history(lake: Lake, document: str) -> list[Overrule]:
    """Return all decisions about a document, oldest first."""
    rows = lake.read(OVERRULES, where=pl.col("document") == document).sort("at", "overrule")
    return [_overrule(row) for row in rows.iter_rows(named=True)]


def known_document(lake: Lake, document: str) -> dict[str, Any]:
    """Return the ledger's row of a document.

    Raises:
        SettingsError: there is none.
    """
    rows = lake.read(DOCUMENTS, where=pl.col("document") == document)
    if rows.is_empty():
        alike = lake.read(DOCUMENTS, ["document"], pl.col("document").str.contains(document, literal=True))
        names = ", ".join(alike["document"].sort().head(3))
        raise SettingsError(f"There is no document '{document}'.", f"Did you mean {names}?" if names else _NEVER)
    return rows.row(0, named=True)


def overrule(
    lake: Lake,
    document: str,
    decision: Decision,
    reason: str,
    who: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Overrule:
    """Record a decision on the present version of a document. It takes effect with the next run of the gate.

    Raises:
        SettingsError: there is no such document, it has no text to accept, or no reason was given.
    """
    row = known_document(lake, document)
    if not reason.strip():
        raise SettingsError("A decision needs a reason.", "Give it with --reason.")
    if row["version"] is None or row["status"] == Status.REMOVED:
        raise SettingsError(f"{document} is not in its source: {row['reason']}", "Put it back first.")
    if decision is Decision.ACCEPT and not _has_text(row):
        raise SettingsError(f"{document} has no text to accept: {row['reason']}", "Repair the file, or retry it.")
    made = Overrule(document, row["version"], decision, reason.strip(), who, now())
    fields = {
        "document": document,
        "version": made.version,
        "decision": decision.value,
        "reason": made.reason,
        "who": who,
    }
    key = fingerprint(document, made.version, decision.value, made.at.isoformat())
    lake.append(OVERRULES, pl.DataFrame([{"overrule": key, **fields, "at": made.at}], schema=OVERRULES.schema))
    return made


def forget_tries(lake: Lake, parse_key: str | None) -> None:
    """Forget how a content was parsed, so that the next run parses it as if for the first time."""
    if parse_key is not None:
        lake.delete(PARSED, pl.Series([parse_key]))


def _overrule(row: dict[str, Any]) -> Overrule:
    fields = {name: row[name] for name in ("document", "version", "reason", "who", "at")}
    return Overrule(decision=Decision(row["decision"]), **fields)


def _has_text(row: dict[str, Any]) -> bool:
    return row["status"] != Status.FAILED and all(found["rule"] != Outcome.EMPTY.value for found in row["findings"])
