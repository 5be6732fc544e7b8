"""The stored records of answers: one's own, and for reviewers those of all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from gristmill.identity import Person, Role
from gristmill.learning.feedback import of_receipts
from gristmill.service.api.schemas import CitationOut, FeedbackOut
from gristmill.service.auth import Asking
from gristmill.service.problems import not_found
from gristmill.service.sight import Sight
from gristmill.service.state import Service, TheService
from gristmill.storage.records import ReceiptRow

router = APIRouter(tags=["receipts"])

ReceiptId = Annotated[str, Field(max_length=40, examples=["20261125T160000-0123456789ab"])]


class PassageUsed(BaseModel):
    """A passage that the answer was made from."""

    document: str
    chunk: str
    score: float


class StepTaken(BaseModel):
    """A step of the answer path: how long it took, and what it decided."""

    step: str
    ms: float
    note: str


class ReceiptOut(BaseModel):
    """The record of one answer."""

    receipt: str
    at: datetime
    asker: str
    groups: list[str]
    question: str
    answer: str | None = Field(description="Null when it cites what you may not see now.")
    withheld: bool = Field(description="The answer, or something that it was made from, is not for you now.")
    refused: bool
    release: str
    citations: list[CitationOut]
    passages: list[PassageUsed]
    trace: list[StepTaken]
    latency_ms: float
    feedback: list[FeedbackOut]


class Receipts(BaseModel):
    """Receipts, newest first."""

    receipts: list[ReceiptOut]
    next: str | None = Field(description="Give this as 'before' to read on.")


@router.get("/receipts")
def history(
    service: TheService,
    person: Asking,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=40, description="The id of a receipt; those before it.")] = None,
) -> Receipts:
    """Return one's own answers, newest first."""
    query = select(ReceiptRow).where(ReceiptRow.asker == person.name).order_by(ReceiptRow.receipt.desc())
    query = query if before is None else query.where(ReceiptRow.receipt < before)
    with service.workspace.database.reading() as session:
        rows = list(session.scalars(query.limit(limit + 1)))
    shown = rows[:limit]
    following = shown[-1].receipt if len(rows) > limit else None
    return Receipts(receipts=[receipt_out(service, person, row) for row in shown], next=following)


@router.get("/receipts/{receipt}")
def receipt(receipt: ReceiptId, service: TheService, person: Asking) -> ReceiptOut:
    """Return the record of one answer: one's own; a reviewer's of everybody."""
    return receipt_out(service, person, readable_receipt(service, person, receipt))


def readable_receipt(service: Service, person: Person, receipt: str) -> ReceiptRow:
    """Return a receipt that a person may read.

    Raises:
        ProblemError: there is none, or it is somebody else's.
    """
    row = service.workspace.database.receipt(receipt)
    if row is None:
        raise not_found("receipt")
    if row.asker != person.name and not person.role.includes(Role.REVIEWER):
        service.journal.note(person.name, "denied", f"receipt {receipt}")
        raise not_found("receipt")
    return row


def receipt_out(service: Service, person: Person, row: ReceiptRow) -> ReceiptOut:
    """Return a receipt as far as a person may see it."""
    sight = Sight.of(person, service.current.take().tools.index)
    answered, whole = sight.sees_answer(row), sight.sees_evidence(row)
    only = None if person.role.includes(Role.REVIEWER) else person.name
    return ReceiptOut(
        receipt=row.receipt,
        at=row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC),
        asker=row.asker,
        groups=row.groups,
        question=row.question,
        answer=row.answer if answered else None,
        withheld=not whole,
        refused=row.refused,
        release=row.release,
        citations=[
            CitationOut.model_validate(c) for c in row.citations if sight.sees(str(c["document"]), row.groups)
        ],
        passages=[
            PassageUsed.model_validate(p) for p in row.passages if sight.sees(str(p["document"]), row.groups)
        ],
        # A note may quote what a passage says.
        trace=[StepTaken.model_validate(step | ({} if whole else {"note": ""})) for step in row.trace],
        latency_ms=row.latency_ms,
        feedback=[
            FeedbackOut.of(given, correction=answered)
            for given in of_receipts(service.workspace.database, [row.receipt], only)
        ],
    )  # fmt: skip
