"""The pieces of feedback that come before the court, each with the answer that it is about and who said it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import select

from gristmill.evaluation.questions import Evidence
from gristmill.identity import EVERYONE, Role, normalise_groups
from gristmill.learning.feedback import Rating, Reason
from gristmill.storage.database import Database
from gristmill.storage.lake import Lake
from gristmill.storage.records import MembershipRow, PersonRow
from gristmill.storage.tables import INTERACTIONS


@dataclass(frozen=True)
class Author:
    """Who said something, as the installation knows them today."""

    name: str
    groups: tuple[str, ...]
    reviews: bool


@dataclass(frozen=True)
class Piece:
    """One piece of feedback with the answer that it is about."""

    feedback: str
    receipt: str
    author: Author
    at: datetime
    rating: Rating
    reason: Reason | None
    correction: str
    question: str
    answer: str
    refused: bool
    cited: tuple[Evidence, ...]
    chunks: frozenset[str]  # that were cited or found then


def pieces_of(lake: Lake, database: Database) -> list[Piece]:
    """Return all feedback in the lake, oldest first."""
    people = _people(database)
    rows = lake.read(INTERACTIONS, where=pl.col("feedback").list.len() > 0).sort("receipt")
    found = [piece for row in rows.iter_rows(named=True) for piece in _pieces(row, people)]
    return sorted(found, key=lambda piece: (piece.at, piece.feedback))


def reviewers_of(database: Database) -> set[str] | None:
    """Return the names of those who review; None where nobody was ever added, and the one who asks also reviews."""
    people = _people(database)
    return {author.name for author in people.values() if author.reviews} if people else None


def _people(database: Database) -> dict[str, Author]:
    groups: dict[str, list[str]] = defaultdict(list)
    with database.reading() as session:
        for member in session.scalars(select(MembershipRow)):
            groups[member.person].append(member.group)
        return {
            row.name: Author(
                row.name, normalise_groups([EVERYONE, *groups[row.name]]), Role(row.role).includes(Role.REVIEWER)
            )
            for row in session.scalars(select(PersonRow))
        }


def _pieces(row: dict[str, Any], people: dict[str, Author]) -> Iterator[Piece]:
    cited = tuple(Evidence(c["document"], c["quote"], "cited", c["start"], c["end"]) for c in row["citations"])
    chunks = frozenset([c["chunk"] for c in row["citations"]] + [p["chunk"] for p in row["passages"]])
    for said in row["feedback"]:
        yield Piece(
            said["feedback"], row["receipt"], _author(said["person"], row, people), said["at"], Rating(said["rating"]),
            None if said["reason"] is None else Reason(said["reason"]), " ".join(said["correction"].split()),
            row["question"], row["answer"], row["refused"], cited, chunks,
        )  # fmt: skip


def _author(name: str, row: dict[str, Any], people: dict[str, Author]) -> Author:
    """Return who said it. Where nobody was ever added there is one person, whose installation it is."""
    if not people:
        return Author(name, tuple(row["groups"]), reviews=True)
    return people.get(name, Author(name, (EVERYONE,), reviews=False))
