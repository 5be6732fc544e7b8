"""Asking and searching."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field

from gristmill.answering.events import Answered, Event, PassagesFound, SentenceReady, words_follow
from gristmill.identity import Person
from gristmill.service import metrics
from gristmill.service.api.schemas import AnswerOut, CitationOut, PassageOut, SentenceOut
from gristmill.service.auth import Asking
from gristmill.service.problems import ProblemError
from gristmill.service.state import Service, TheService
from gristmill.service.streaming import EVENT_SCHEMA, MEDIA_TYPE, event, stream

router = APIRouter(tags=["asking"])

_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; or, streamed, the events `passages`, `sentence` (one each), `done`, `error`.",
        "content": {MEDIA_TYPE: {"schema": EVENT_SCHEMA}},
    }
}


class Question(BaseModel):
    """A question."""

    question: str = Field(
        # Said in the description, held by the pipeline: its error tells what to do, a pattern's does not.
        json_schema_extra={"pattern": r"[^\W_]"},
        description="Holds a letter or a figure.",
        examples=["How many days of leave do I have?"],
    )
    stream: bool = Field(False, description="Stream server-sent events, as 'Accept: text/event-stream' also asks for.")


class Search(BaseModel):
    """What to look for."""

    query: str = Field(min_length=1, max_length=2_000, examples=["annual leave"])
    k: int = Field(5, ge=1, le=50, description="Passages at most.")
    focus: bool = Field(False, description="Only what of the passages matters: a quarter as long.")


class Passages(BaseModel):
    """Passages, best first."""

    passages: list[PassageOut]
    release: str


class SentenceEvent(BaseModel):
    """The data of the event `sentence`."""

    number: int
    sentence: SentenceOut
    citations: list[CitationOut]


@router.post("/ask", responses=_STREAMED, response_model=AnswerOut)
async def ask(
    question: Question, service: TheService, person: Asking, accept: Annotated[str, Header()] = ""
) -> Response | AnswerOut:
    """Answer a question from the documents that the asker may see.

    Streamed, the passages come first, then each sentence once it is verified, then the whole answer.
    """
    events = answering(service, person, question.question)
    if question.stream or MEDIA_TYPE in accept:
        return await stream(_written(service.turns.stream(events, words_follow)), _failed)
    answered = None
    async for one in service.turns.stream(events, words_follow):
        answered = one.answer if isinstance(one, Answered) else None
    assert answered is not None
    return AnswerOut.of(answered)


@router.post("/search")
async def search(wanted: Search, service: TheService, person: Asking) -> Passages:
    """Find passages among the documents that the asker may see, without an answer."""
    answerer = service.current.take()
    look = answerer.focused if wanted.focus else answerer.search
    found = await service.turns.run(lambda: look(wanted.query, person.asker, wanted.k))
    return Passages(passages=[PassageOut.of(passage) for passage in found], release=answerer.tools.release)


def answering(service: Service, person: Person, question: str) -> Callable[[], Iterator[Event]]:
    """Return the work of answering a question, from one release to its end.

    Raises:
        ProblemError: the person had as many answers as a day allows.
        SearchIndexError: there is no release yet.
    """
    service.limits.question(person.name)
    answerer = service.current.take()

    def work() -> Iterator[Event]:
        began = time.perf_counter()
        for one in answerer.ask_events(question, person.asker):
            if isinstance(one, PassagesFound):
                metrics.passages_after(time.perf_counter() - began)
            if isinstance(one, Answered):
                metrics.answered(one.answer)
                service.tracer.answered(one.answer)
            yield one

    return work


async def _written(events: AsyncIterator[Event]) -> AsyncIterator[str]:
    async for one in events:
        yield _event(one)


def _event(one: Event) -> str:
    if isinstance(one, PassagesFound):
        found = [PassageOut.of(passage).model_dump_json() for passage in one.passages]
        return event(f'{{"passages":[{",".join(found)}]}}', "passages")
    if isinstance(one, SentenceReady):
        citations = [CitationOut.of(citation) for citation in one.citations]
        data = SentenceEvent(number=one.number, sentence=SentenceOut.of(one.sentence), citations=citations)
        return event(data.model_dump_json(), "sentence")
    return event(AnswerOut.of(one.answer).model_dump_json(), "done")


def _failed(error: ProblemError) -> str:
    return event(error.problem.model_dump_json(), "error")
