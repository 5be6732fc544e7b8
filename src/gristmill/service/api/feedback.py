"""Saying what one thinks of an answer, and the queue of those who judge it."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field

from gristmill.identity import Person
from gristmill.learning.court import Cause, Standing, Verdict, read_verdicts
from gristmill.learning.feedback import Feedback, Rating, Reason, Said, give, newest
from gristmill.service.api.receipts import ReceiptId, ReceiptOut, readable_receipt, receipt_out
from gristmill.service.api.schemas import FeedbackOut
from gristmill.service.auth import Asking, Reviewing
from gristmill.service.problems import ProblemError
from gristmill.service.sight import Sight
from gristmill.service.state import Service, TheService

router = APIRouter(tags=["feedback"])


class FeedbackIn(BaseModel):
    """What one thinks of an answer."""

    receipt: ReceiptId
    rating: Rating
    reason: Reason | None = Field(None, description="Why it did not help.")
    correction: str = Field("", max_length=4_000, description="What would have been right.")


class EvidenceOut(BaseModel):
    """Where the documents carry what would be right."""

    document: str
    quote: str
    start: int
    end: int


class VerdictOut(BaseModel):
    """What the court says of a piece of feedback."""

    standing: Standing = Field(description="Whether it may be used; what is open waits for a second opinion.")
    cause: Cause
    reason: str | None = Field(description="Null when it speaks of what you may not see.")
    voices: int = Field(description="Independent people behind it, as they are counted.")
    answer: str | None = Field(description="What would be right; null when it is not known, or not for you.")
    evidence: list[EvidenceOut]

    @classmethod
    def of(cls, verdict: Verdict, sight: Sight, *, answered: bool) -> VerdictOut:
        """Return a verdict as far as a person may see it."""
        seen = answered and all(sight.sees(each.document, verdict.groups) for each in verdict.evidence)
        return cls(
            standing=verdict.standing,
            cause=verdict.cause,
            reason=verdict.reason if seen else None,
            voices=verdict.voices,
            answer=verdict.answer or None if seen else None,
            evidence=[
                EvidenceOut(document=e.document, quote=e.quote, start=e.start, end=e.end)
                for e in verdict.evidence
                if seen
            ],
        )


class InQueue(BaseModel):
    """Feedback with the answer that it is about, and what the court says of it."""

    feedback: FeedbackOut
    answer: ReceiptOut
    verdict: VerdictOut | None = Field(description="Null until the court has sat: gristmill feedback court.")


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
    standing: Annotated[Standing | None, Query(description="Only what the court left so.")] = None,
) -> Queue:
    """Return what people said of answers, for reviewers."""
    until = before if before is None or before.tzinfo else before.replace(tzinfo=UTC)
    lake, only = service.workspace.lake, None
    if standing is not None:
        only = [verdict.feedback for verdict in read_verdicts(lake) if verdict.standing is standing]
    found = newest(service.workspace.database, limit + 1, rating, until, only)
    verdicts = {v.feedback: v for v in read_verdicts(lake, [given.id for given in found[:limit]])}
    sight = Sight.of(person, service.current.index())
    shown = [_in_queue(service, person, sight, given, verdicts.get(given.id)) for given in found[:limit]]
    return Queue(feedback=shown, next=found[limit - 1].at if len(found) > limit else None)


def _in_queue(service: Service, person: Person, sight: Sight, given: Feedback, verdict: Verdict | None) -> InQueue:
    answer = receipt_out(service, person, readable_receipt(service, person, given.said.receipt))
    answered = answer.answer is not None
    told = None if verdict is None else VerdictOut.of(verdict, sight, answered=answered)
    return InQueue(feedback=FeedbackOut.of(given, correction=answered), answer=answer, verdict=told)
