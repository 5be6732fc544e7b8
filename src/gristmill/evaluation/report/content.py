"""What a report says: everything that the page and the Markdown are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gristmill.evaluation.comparison import Evaluation, Gated
from gristmill.evaluation.payoff import Arm
from gristmill.evaluation.questions import Question
from gristmill.evaluation.statistics import Interval


@dataclass(frozen=True)
class Tried:
    """A candidate that was compared with a release on the gate questions."""

    release: str
    outcome: str
    delta: float
    low: float
    high: float
    what: str  # what differs from the release that it was compared with
    at: datetime


@dataclass(frozen=True)
class Learning:
    """What feedback did to a release: F1 of the words before and after, on the same questions."""

    release: str
    before: str  # the release that it was compared with
    f1_before: float
    f1_after: float
    gain: Interval  # share of itself by which F1 rose
    verdicts: Mapping[str, int]  # pieces of feedback by standing


@dataclass(frozen=True)
class Content:
    """A release, how it was measured, and what was decided."""

    release: str
    state: str
    evaluation: Evaluation
    gated: Gated | None  # None for a first release: there is nothing to compare with
    decision: str  # what was decided last, in a sentence
    changes: Mapping[str, tuple[Any, Any]]  # against what it was compared with
    questions: Mapping[str, Question]
    set_aside: Mapping[str, int]
    invention: tuple[Arm, ...]
    search: tuple[Arm, ...]
    tried: tuple[Tried, ...]
    learned: Learning | None  # None when the release has learnt nothing from use
    watts_per_core: float
    made: datetime
    documents: int
    chunks: int
