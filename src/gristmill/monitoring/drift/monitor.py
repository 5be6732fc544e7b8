"""The verdict on a stream: which windows moved, since when, and what in them is unlike all before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import numpy as np

from gristmill.models.vectors import Vectors
from gristmill.monitoring.drift.shift import ALPHA, LEAST, Array, Shift, compare, nearness
from gristmill.monitoring.drift.streams import LEAST_REFERENCE, Item, Stream

_EXAMPLES = 8
_DOTS = 400
_BINS = 24


class State(str, Enum):
    """What a monitor says."""

    QUIET = "quiet"
    MOVED = "moved"  # the newest window differs
    CONFIRMED = "confirmed"  # the newest two windows in a row differ
    TOO_FEW = "too few"  # not enough came to say anything

    __str__ = str.__str__


@dataclass(frozen=True)
class Judged:
    """One window and how it differs from the reference."""

    start: datetime
    end: datetime
    items: int
    shift: Shift


@dataclass(frozen=True)
class Example:
    """Something unlike the reference, and what in the reference is nearest to it."""

    name: str
    at: datetime
    similarity: float
    nearest: str


@dataclass(frozen=True)
class Picture:
    """What is drawn: how near things are to the reference, and where they lie on its two main directions."""

    edges: tuple[float, ...]
    expected: tuple[float, ...]  # share of the reference in each bin
    found: tuple[float, ...]  # share of the newest window in each bin
    reference: tuple[tuple[float, float], ...]
    window: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Verdict:
    """What a monitor says of a stream."""

    name: str
    state: State
    until: datetime  # the reference ends here: when the release came into force
    reference: int
    waiting: int  # items that came and are in no window yet
    windows: tuple[Judged, ...] = ()
    since: datetime | None = None  # start of the first of the windows in a row that moved
    examples: tuple[Example, ...] = ()
    picture: Picture | None = None

    @property
    def moved(self) -> bool:
        """Whether there is something to tell."""
        return self.state in {State.MOVED, State.CONFIRMED}

    def in_words(self) -> str:
        """Return the verdict as one sentence."""
        if self.state is State.TOO_FEW:
            return (
                f"Too few {self.name} to say: {self.reference} in the reference (at least {LEAST_REFERENCE}), "
                f"{self.waiting} since (at least {LEAST})."
            )
        last = self.windows[-1]
        if not self.moved:
            return f"The newest {last.items} {self.name} are like the {self.reference} of the reference."
        return (
            f"The newest {last.items} {self.name} differ from the {self.reference} of the reference: "
            f"{last.shift.unlike:.0%} are unlike all of it ({last.shift.p_told})."
        )

    def as_json(self) -> dict[str, Any]:
        """Return the verdict without its picture."""
        told = asdict(self) | {"state": str(self.state), "in_words": self.in_words()}
        del told["picture"]
        for window, judged in zip(told["windows"], self.windows, strict=True):
            window["shift"] |= {"p": judged.shift.p, "alarm": judged.shift.alarm}
        return told


def judge(stream: Stream) -> Verdict:
    """Compare each window of a stream with its reference, whose false alarms are limited by `ALPHA` a window."""
    reference, windows = stream.reference(), list(stream.windows())
    came = len(stream.items) - len(reference)
    if len(reference) < LEAST_REFERENCE or not windows:
        return Verdict(stream.name, State.TOO_FEW, stream.until, len(reference), max(0, came))
    base = stream.rows(reference)
    judged = [Judged(w[0].at, w[-1].at, len(w), compare(base, stream.rows(w))) for w in windows]
    row = _in_a_row(judged)
    state = State.QUIET if not row else State.MOVED if row == 1 else State.CONFIRMED
    newest = windows[-1]
    after = sum(item.at > newest[-1].at for item in stream.items)
    return Verdict(
        stream.name, state, stream.until, len(reference), after, tuple(judged),
        judged[-row].start if row else None,
        _examples(stream, reference, [item for w in windows[-row:] for item in w]) if row else (),
        _picture(base, stream.rows(newest)),
    )  # fmt: skip


def _in_a_row(judged: Sequence[Judged]) -> int:
    """Return how many of the newest windows moved without a quiet one between them."""
    count = 0
    for window in reversed(judged):
        if not window.shift.alarm:
            break
        count += 1
    return count


def _examples(stream: Stream, reference: Sequence[Item], items: Sequence[Item]) -> tuple[Example, ...]:
    similarity = stream.rows(items) @ stream.rows(reference).T
    nearest, best = similarity.argmax(axis=1), similarity.max(axis=1)
    farthest: dict[str, int] = {}
    for at in np.argsort(best, kind="stable"):
        farthest.setdefault(items[at].name, int(at))  # what was asked twice is shown once
    return tuple(
        Example(items[at].name, items[at].at, float(best[at]), reference[nearest[at]].name)
        for at in list(farthest.values())[:_EXAMPLES]
    )


def _picture(reference: Vectors, window: Vectors) -> Picture:
    expected, found = nearness(reference, window)
    low = float(min(expected.min(), found.min()))
    edges = np.linspace(low, 1.0, _BINS + 1)
    centre = reference.mean(axis=0)
    # The reference's own main directions: what moves away from it is seen to leave its cloud.
    directions = np.linalg.svd(np.concatenate([reference, window]) - centre, full_matrices=False)[2][:2]
    return Picture(
        tuple(map(float, edges)), _shares(expected, edges), _shares(found, edges),
        _dots(reference - centre, directions), _dots(window - centre, directions),
    )  # fmt: skip


def _shares(values: Array, edges: Array) -> tuple[float, ...]:
    return tuple(float(count) / len(values) for count in np.histogram(values.clip(edges[0], 1.0), edges)[0])


def _dots(vectors: Vectors, directions: Vectors) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in vectors[:_DOTS] @ directions.T)


__all__ = ["ALPHA", "Example", "Judged", "Picture", "State", "Verdict", "judge"]
