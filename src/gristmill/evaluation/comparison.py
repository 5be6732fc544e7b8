"""A release measured on a split, and a candidate compared with what was in force: what reports and commands show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gristmill.evaluation.gate import Verdict
from gristmill.evaluation.outcomes import Outcome
from gristmill.evaluation.questions import Split
from gristmill.evaluation.summary import Summary


@dataclass(frozen=True)
class Evaluation:
    """A release measured on a split."""

    release: str
    split: Split
    outcomes: tuple[Outcome, ...]
    summary: Summary

    def as_json(self) -> dict[str, Any]:
        """Return the measures, without the answers."""
        return {"release": self.release, "split": str(self.split), **self.summary.as_json()}


@dataclass(frozen=True)
class Gated:
    """A candidate with the gate's verdict, and the two evaluations it was made on."""

    candidate: Evaluation
    baseline: Evaluation
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as `gate --json` prints it."""
        return {
            "candidate": self.candidate.release,
            "baseline": self.baseline.release,
            "split": str(self.candidate.split),
            **self.verdict.as_json(),
        }
