"""What is said of releases: where they came from, what was decided on them, how one came into force.

Plain values, read and written without the library of the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from gristmill.evaluation.ruling import Outcome


class Kind(str, Enum):
    """Where a release came from."""

    FIRST = "first"  # the first of a home: nothing to compare it with
    DOCUMENTS = "documents"  # differs from its parent by its documents alone
    CANDIDATE = "candidate"

    __str__ = str.__str__


class Scope(str, Enum):
    """What a decision looked at."""

    FULL = "full"
    DOCUMENTS = "documents"  # the retrieval part, for a change of documents alone
    FOLLOW_UP = "follow-up"  # the full evaluation of what the fast lane published
    BY_HAND = "by hand"  # a person overruled the gate

    __str__ = str.__str__


class How(str, Enum):
    """How a release came into force."""

    FIRST = "first"
    FAST_LANE = "fast lane"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"

    __str__ = str.__str__


@dataclass(frozen=True)
class Decision:
    """What the gate, or a person, decided on a candidate."""

    candidate: str
    baseline: str | None
    scope: Scope
    outcome: Outcome
    reason: str
    who: str = "gate"
    question_set: str = ""
    alpha: float = 0.0
    details: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the decision as another process is told it."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Decision:
        """Return the decision that was told so."""
        return cls(**{**said, "scope": Scope(said["scope"]), "outcome": Outcome(said["outcome"])})


@dataclass(frozen=True)
class Move:
    """One move of the pointer."""

    release: str
    how: How
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Listed:
    """A release as a list shows it."""

    release: str
    kind: Kind
    parent: str | None
    at: datetime
    state: str  # in force, was in force, rolled back, or the last outcome of the gate, or 'not decided'


def withdrawn(moves: Iterable[tuple[str, How]]) -> set[str]:
    """Return the releases that were rolled back and not put in force again since, by all moves, oldest first."""
    gone: set[str] = set()
    present: str | None = None
    for release, how in moves:
        if how is How.ROLLED_BACK and present is not None:
            gone.add(present)
        gone.discard(release)
        present = release
    return gone
