"""For admins: the people, and how much is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import case, func, select

from gristmill.identity import Role
from gristmill.service.auth import Administering, Reviewing
from gristmill.service.state import TheService
from gristmill.storage.records import FeedbackRow, ReceiptRow

router = APIRouter(tags=["people and usage"])

_MOST_DAYS = 90


class PersonOut(BaseModel):
    """A person with role and groups."""

    name: str
    role: Role
    groups: list[str]


class Everybody(BaseModel):
    """All people, by name."""

    people: list[PersonOut]


class Day(BaseModel):
    """How much was asked on one day (UTC)."""

    day: date
    questions: int
    refused: int
    askers: int
    mean_ms: float = Field(description="Mean time of an answer, in milliseconds.")
    up: int
    down: int


class Usage(BaseModel):
    """How much was asked, by day, newest first."""

    days: list[Day]


@router.get("/people")
def everybody(service: TheService, person: Administering) -> Everybody:
    """Return all people, for admins. They are added and changed on the command line."""
    found = service.people.all()
    return Everybody(people=[PersonOut(name=p.name, role=p.role, groups=list(p.groups)) for p in found])


@router.get("/usage")
def usage(service: TheService, person: Reviewing, days: Annotated[int, Query(ge=1, le=_MOST_DAYS)] = 14) -> Usage:
    """Return how much was asked and how it was rated, by day, for reviewers."""
    today = datetime.now(UTC).date()
    shown = []
    with service.workspace.database.reading() as session:
        for back in range(days):
            start = datetime.combine(today - timedelta(days=back), datetime.min.time(), UTC)
            end = start + timedelta(days=1)
            asked = session.execute(_asked(start, end)).one()
            rated = {row.rating: row.number for row in session.execute(_rated(start, end))}
            shown.append(
                Day(
                    day=start.date(), questions=asked[0], refused=asked[1] or 0, askers=asked[2],
                    mean_ms=round(asked[3] or 0, 1), up=rated.get("up", 0), down=rated.get("down", 0),
                )
            )  # fmt: skip
    return Usage(days=shown)


def _asked(start: datetime, end: datetime) -> Any:
    return select(
        func.count(),
        func.sum(case((ReceiptRow.refused, 1), else_=0)),
        func.count(ReceiptRow.asker.distinct()),
        func.avg(ReceiptRow.latency_ms),
    ).where(ReceiptRow.at >= start, ReceiptRow.at < end)


def _rated(start: datetime, end: datetime) -> Any:
    within = (FeedbackRow.at >= start, FeedbackRow.at < end)
    return select(FeedbackRow.rating, func.count().label("number")).where(*within).group_by(FeedbackRow.rating)
