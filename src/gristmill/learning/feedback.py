"""What people say of answers: stored once for each submission, attached to the answer's receipt.

A rating changes nothing by itself. What follows from it is decided elsewhere, on the evidence.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select

from gristmill.errors import FeedbackError
from gristmill.fingerprint import fingerprint
from gristmill.storage.database import Database
from gristmill.storage.journal import Journal
from gristmill.storage.records import FeedbackRow


class Rating(StrEnum):
    """Whether an answer helped."""

    UP = "up"
    DOWN = "down"


class Reason(StrEnum):
    """Why an answer did not help."""

    WRONG = "wrong"
    OUTDATED = "outdated"
    MISSING = "missing"
    UNSAFE = "unsafe"
    OTHER = "other"


@dataclass(frozen=True)
class Said:
    """What a person says of an answer."""

    receipt: str
    rating: Rating
    reason: Reason | None = None
    correction: str = ""


@dataclass(frozen=True)
class Feedback:
    """What was said, by whom and when."""

    id: str
    said: Said
    person: str
    at: datetime


def give(database: Database, journal: Journal, person: str, said: Said, submission: str | None = None) -> Feedback:
    """Store what a person says of an answer; a submission that was stored already is returned as it is.

    Args:
        database: where it is stored.
        journal: told of it, once.
        person: who says it.
        said: on an answer whose receipt exists.
        submission: names this submission among the person's, so that it can be sent again; a new one when not given.

    Raises:
        FeedbackError: this submission was stored with something else in it.
    """
    identity = fingerprint("feedback", person, submission or secrets.token_hex(16))
    with database.reading() as session:
        stored = session.get(FeedbackRow, identity)
    if stored is None:
        stored = _store(journal, identity, person, said)
    found = _feedback(stored)
    if found.said != said:
        raise FeedbackError("This submission was stored with something else in it.", "Send it with a new key.")
    return found


def of_receipts(database: Database, receipts: Sequence[str], person: str | None = None) -> list[Feedback]:
    """Return what was said of answers, newest first: by everybody, or by one person."""
    query = select(FeedbackRow).where(FeedbackRow.receipt.in_(receipts)).order_by(FeedbackRow.at.desc())
    query = query if person is None else query.where(FeedbackRow.person == person)
    with database.reading() as session:
        return [_feedback(row) for row in session.scalars(query)]


def newest(
    database: Database,
    limit: int,
    rating: Rating | None = None,
    before: datetime | None = None,
    only: Collection[str] | None = None,
) -> list[Feedback]:
    """Return the newest feedback, newest first; of `only` these pieces when they are given."""
    query = select(FeedbackRow).order_by(FeedbackRow.at.desc(), FeedbackRow.feedback).limit(limit)
    query = query if rating is None else query.where(FeedbackRow.rating == rating)
    query = query if before is None else query.where(FeedbackRow.at < before)
    with database.reading() as session:
        rows = session.scalars(query if only is None else query.limit(None).execution_options(yield_per=200))
        wanted = (row for row in rows if only is None or row.feedback in only)
        return [_feedback(row) for row, _ in zip(wanted, range(limit), strict=False)]


class _StoredError(Exception):
    """Another request stored the same submission in the meantime."""


def _store(journal: Journal, identity: str, person: str, said: Said) -> FeedbackRow:
    row = FeedbackRow(
        feedback=identity, receipt=said.receipt, person=person, at=datetime.now(UTC), rating=said.rating,
        reason=said.reason, correction=said.correction,
    )  # fmt: skip
    try:
        with journal.changing(person, "feedback.give", said.receipt, rating=said.rating, reason=said.reason) as session:
            found = session.get(FeedbackRow, identity)
            if found is not None:
                row = _copy(found)
                raise _StoredError
            session.add(row)
            session.flush()
            row = _copy(row)
    except _StoredError:
        pass
    return row


def _copy(row: FeedbackRow) -> FeedbackRow:
    """Return a row that can be read after its session."""
    return FeedbackRow(**{column.name: getattr(row, column.name) for column in FeedbackRow.__table__.columns})


def _feedback(row: FeedbackRow) -> Feedback:
    reason = None if row.reason is None else Reason(row.reason)
    at = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)
    return Feedback(row.feedback, Said(row.receipt, Rating(row.rating), reason, row.correction), row.person, at)
