"""What comes in, in its order, as a reference and the windows after it. Where it comes from is not known here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from gristmill.models.vectors import Vectors
from gristmill.monitoring.drift.shift import LEAST

# More would cost time and find differences too small to act on.
MOST_REFERENCE = 600
# With fewer the anchors are too sparse to say what is far from them.
LEAST_REFERENCE = 100
WINDOW = 200
_SEED = 20_261_125


@dataclass(frozen=True)
class Item:
    """One document or question: its name or text, when it came, and its vector's row."""

    name: str
    at: datetime
    row: int


@dataclass(frozen=True)
class Stream:
    """Items in the order they came, and the time up to which they are the reference.

    `vectors` has a row of unit length for each item.
    """

    name: str
    items: Sequence[Item]
    vectors: Vectors
    until: datetime
    recent: bool = False  # of many before `until`, take the newest: older ones may be of another time

    def reference(self) -> list[Item]:
        """Return items up to `until`, the newest or any of them; while these are too few, with the first ones after it.

        A release that came into force before anything was asked gets its reference from its own first questions.
        """
        before = [item for item in self.items if item.at <= self.until]
        if len(before) < LEAST_REFERENCE:
            return list(self.items[:LEAST_REFERENCE])
        if len(before) <= MOST_REFERENCE:
            return before
        if self.recent:
            return before[-MOST_REFERENCE:]
        chosen = np.random.default_rng(_SEED).choice(len(before), MOST_REFERENCE, replace=False)
        return [before[at] for at in sorted(chosen)]

    def windows(self) -> Iterator[Sequence[Item]]:
        """Yield what came after the reference, oldest first; a remainder that is too small joins the one before."""
        used = max(LEAST_REFERENCE, sum(item.at <= self.until for item in self.items))
        rest = self.items[used:]
        at = 0
        while len(rest) - at >= LEAST:
            left = len(rest) - at - WINDOW
            size = WINDOW if left >= LEAST else len(rest) - at
            yield rest[at : at + size]
            at += size

    def rows(self, items: Sequence[Item]) -> Vectors:
        """Return the vectors of items."""
        return self.vectors[[item.row for item in items]]
