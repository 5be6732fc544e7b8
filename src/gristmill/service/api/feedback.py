"""Saying what one thinks of an answer, and the queue of those who judge it."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field

from gristmill.learning.feedback import Rating, Reason, Said, give, newest
from gristmill.service.api.receipts import ReceiptId, ReceiptOut, readable_receipt, receipt_out
from gristmill.service.api.schemas import FeedbackOut
from gristmill.service.auth import Asking, Reviewing
from gristmill.service.problems import ProblemError
from gristmill.service.state import TheService

router = APIRouter(tags=["feedback"])


class FeedbackIn(BaseModel):
    """What one thinks of an answer."""

    receipt: ReceiptId
    rating: Rating
    reason: Reason | None = Field(None, description="Why it did not help.")
    correction: str = Field("", max_length=4_000, description="What would have been right.")


class InQueue(BaseModel):
    """Feedback with the answer that it is about."""

    feedback: FeedbackOut
    answer: ReceiptOut


class Queue(BaseModel):
    """Feedback, newest first."""

    feedback: list[InQueue]
    next: datetime | None = Field(description="Give this as 'before' to read on.")


@router.post("/feedback", status_code=HTTPStatus.CREATED)
def give_feedback(
    said: FeedbackIn,
    service: TheService,
    person: Asking,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Names this submission: sent again, it is stored once."),
    ] = None,
) -> FeedbackOut:
    """Rate an answer that one was given; say why, and what would have been right."""
    row = readable_receipt(service, person, said.receipt)
    if said.rating is Rating.UP and said.reason is not None:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "A reason says why an answer did not help.", "Leave it out."
        )
    given = give(
        service.workspace.database,
        service.journal,
        person.name,
        Said(row.receipt, said.rating, said.reason, said.correction),
        idempotency_key,
    )
    return FeedbackOut.of(given, correction=True)


@router.get("/feedback")
def queue(
    service: TheService,
    person: Reviewing,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    rating: Rating | None = None,
    before: datetime | None = None,
) -> Queue:
    """Return what people said of answers, for reviewers."""
    until = before if before is None or before.tzinfo else before.replace(tzinfo=UTC)
    found = newest(service.workspace.database, limit + 1, rating, until)
    shown = []
    for given in found[:limit]:
        row = readable_receipt(service, person, given.said.receipt)
        answer = receipt_out(service, person, row)
        shown.append(
            InQueue(feedback=FeedbackOut.of(given, correction=answer.answer is not None), answer=answer)
        )  # fmt: skip
    return Queue(feedback=shown, next=found[limit - 1].at if len(found) > limit else None)
