"""What became of a document, in the four words of the report, and how each is counted."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import polars as pl

from gristmill.corpus.ledger import Status


class Fate(str, Enum):
    """What became of a document that is in its source."""

    ACCEPTED = "accepted"
    COPY = "set aside as a copy"
    QUARANTINED = "quarantined"
    FAILED = "failed"

    __str__ = str.__str__


class Counts(NamedTuple):
    """How many documents had each fate."""

    accepted: int
    copies: int
    quarantined: int
    failed: int

    @property
    def all(self) -> int:
        """How many there are."""
        return sum(self)

    @property
    def by_fate(self) -> dict[Fate, int]:
        """The same by name."""
        return dict(zip(Fate, self, strict=True))


def fate() -> pl.Expr:
    """What became of a row of the ledger; null for what is removed."""
    quarantined = pl.col("status") == Status.QUARANTINED.value
    return (
        pl.when(pl.col("status") == Status.ACCEPTED.value)
        .then(pl.lit(Fate.ACCEPTED.value))
        .when(quarantined & pl.col("duplicate_of").is_not_null())
        .then(pl.lit(Fate.COPY.value))
        .when(quarantined)
        .then(pl.lit(Fate.QUARANTINED.value))
        .when(pl.col("status") == Status.FAILED.value)
        .then(pl.lit(Fate.FAILED.value))
    )


def counted(rows: pl.DataFrame) -> Counts:
    """Return how many rows had each fate, from their column `fate`."""
    found = dict(rows.group_by("fate").len().iter_rows())
    return Counts(*(int(found.get(known.value, 0)) for known in Fate))
