"""The shapes that several parts of the API answer with."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from gristmill.answering.answer import Answer, Citation, Sentence, passage_json
from gristmill.learning.feedback import Feedback, Rating, Reason
from gristmill.search.retrieval import Passage


class CitationOut(BaseModel):
    """A verbatim quote: characters `start` to `end` of the document's text."""

    document: str = Field(examples=["handbook/leave.md"])
    chunk: str
    quote: str
    start: int
    end: int
    title: str
    page: int | None

    @classmethod
    def of(cls, citation: Citation) -> CitationOut:
        """Return a citation as the API tells it."""
        return cls.model_validate(citation.as_json())


class PassageOut(BaseModel):
    """A span of a document that was found."""

    document: str
    chunk: str
    score: float
    text: str
    start: int
    end: int
    headings: list[str]
    title: str
    page: int | None

    @classmethod
    def of(cls, passage: Passage) -> PassageOut:
        """Return a passage as the API tells it."""
        return cls.model_validate(passage_json(passage))


class SentenceOut(BaseModel):
    """A sentence of an answer, with the numbers of its citations, from 1."""

    text: str
    cites: list[int]

    @classmethod
    def of(cls, sentence: Sentence) -> SentenceOut:
        """Return a sentence as the API tells it."""
        return cls(text=sentence.text, cites=list(sentence.cites))


class AnswerOut(BaseModel):
    """An answer with all that carries it."""

    question: str
    answer: str = Field(description="The sentences with the numbers of their citations in brackets.")
    refused: bool = Field(description="The documents that the asker may see do not answer this.")
    uncertain: bool = Field(description="The documents may not answer this; what comes nearest is quoted.")
    disputed: bool = Field(description="The documents disagree, and the answer shows both.")
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    passages: list[PassageOut]
    ask_whom: list[str] = Field(description="Of a refusal or an uncertain answer: who may know.")
    closest: list[CitationOut] = Field(description="Of a refusal: what came nearest. It is no answer.")
    cached: bool
    release: str = Field(description="The release that answered.")
    receipt: str = Field(description="The id of the stored record of this answer.")
    latency_ms: float

    @classmethod
    def of(cls, answer: Answer) -> AnswerOut:
        """Return an answer as the API tells it."""
        return cls(
            question=answer.question,
            answer=answer.text,
            refused=answer.refused,
            uncertain=answer.uncertain,
            disputed=answer.disputed,
            sentences=[SentenceOut.of(sentence) for sentence in answer.sentences],
            citations=[CitationOut.of(citation) for citation in answer.citations],
            passages=[PassageOut.of(passage) for passage in answer.passages],
            ask_whom=list(answer.ask_whom),
            closest=[CitationOut.of(citation) for citation in answer.closest],
            cached=answer.cached,
            release=answer.release,
            receipt=answer.receipt,
            latency_ms=answer.latency_ms,
        )


class FeedbackOut(BaseModel):
    """What somebody said of an answer."""

    feedback: str
    receipt: str
    person: str
    at: datetime
    rating: Rating
    reason: Reason | None
    correction: str | None = Field(description="Null when the answer cites what you may not see.")

    @classmethod
    def of(cls, given: Feedback, *, correction: bool) -> FeedbackOut:
        """Return feedback as the API tells it, with or without its correction."""
        said = given.said
        return cls(
            feedback=given.id, receipt=said.receipt, person=given.person, at=given.at, rating=said.rating,
            reason=said.reason, correction=said.correction if correction else None,
        )  # fmt: skip
