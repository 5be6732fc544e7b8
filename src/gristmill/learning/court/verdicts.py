"""What the court says of a piece of feedback, and how it is kept in the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import polars as pl

from gristmill.evaluation.questions import Evidence
from gristmill.storage.lake import Lake
from gristmill.storage.tables import FEEDBACK_VERDICTS


class Standing(str, Enum):
    """Whether a piece of feedback may be used."""

    CONFIRMED = "confirmed"
    OPEN = "open"  # it waits for a second opinion; reviewers see these first
    DISMISSED = "dismissed"

    __str__ = str.__str__


class Cause(str, Enum):
    """What was the matter with an answer, or with what was said of it."""

    RIGHT = "answer right"
    RETRIEVAL = "retrieval missed"
    CHUNK = "something else quoted"
    WORDING = "answer wrong"  # the place is right, the words are not
    REFUSAL = "refused although found"
    OUTDATED = "outdated"
    MISSING = "document missing"
    UNCLEAR = "not clear"
    UNSUPPORTED = "not in the documents"
    EXPIRED = "evidence changed"
    UNFOUNDED = "unfounded"
    REPEATED = "said again"
    OVER_CAP = "over the cap"
    UNTRUSTED = "not trusted"

    __str__ = str.__str__


@dataclass(frozen=True)
class Verdict:
    """What was decided on one piece of feedback."""

    feedback: str
    receipt: str
    person: str
    at: datetime
    rating: str
    question: str
    cluster: str
    groups: tuple[str, ...]
    standing: Standing
    cause: Cause
    reason: str
    answer: str
    short: bool  # somebody wrote `answer`; else it is the answer that was given
    evidence: tuple[Evidence, ...]
    voices: int
    judged_on: str

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as the interfaces show it."""
        return asdict(self) | {"standing": str(self.standing), "cause": str(self.cause), "at": self.at.isoformat()}


def read_verdicts(lake: Lake, feedback: Sequence[str] | None = None) -> list[Verdict]:
    """Return all verdicts, or those on some pieces of feedback, oldest feedback first."""
    where = None if feedback is None else pl.col("feedback").is_in(list(feedback))
    rows = lake.read(FEEDBACK_VERDICTS, where=where).sort("at", "feedback")
    return [_verdict(row) for row in rows.drop("decided").iter_rows(named=True)]


def write_verdicts(lake: Lake, verdicts: Sequence[Verdict], at: datetime) -> list[Verdict]:
    """Bring the table to these verdicts; rows that say the same are left alone. Returns those that were written."""
    stored = {verdict.feedback: verdict for verdict in read_verdicts(lake)}
    changed = [verdict for verdict in verdicts if stored.get(verdict.feedback) != verdict]
    gone = sorted(stored.keys() - {verdict.feedback for verdict in verdicts})
    lake.delete(FEEDBACK_VERDICTS, pl.Series(gone, dtype=pl.String))
    rows = [asdict(v) | {"standing": str(v.standing), "cause": str(v.cause), "decided": at} for v in changed]
    lake.upsert(FEEDBACK_VERDICTS, pl.DataFrame(rows, schema=FEEDBACK_VERDICTS.schema))
    return changed


def _verdict(row: dict[str, Any]) -> Verdict:
    lists = {"groups": tuple(row["groups"]), "evidence": tuple(Evidence(**each) for each in row["evidence"])}
    return Verdict(**row | lists | {"standing": Standing(row["standing"]), "cause": Cause(row["cause"])})


def dismissed(verdict: Verdict, cause: Cause, reason: str) -> Verdict:
    """Return a verdict that sets the piece aside."""
    return replace(verdict, standing=Standing.DISMISSED, cause=cause, reason=reason, voices=0)
