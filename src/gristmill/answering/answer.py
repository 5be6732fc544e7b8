"""What answering gives: the answer, its sentences and citations, the passages, and the trace of how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gristmill.search.retrieval import Passage


@dataclass(frozen=True)
class Citation:
    """A verbatim quote: `text_of(document)[start:end] == quote`."""

    document: str
    chunk: str
    quote: str
    start: int
    end: int
    title: str
    page: int | None

    def as_json(self) -> dict[str, object]:
        """Return the parts that the interfaces promise, and where to read on."""
        return {
            "document": self.document,
            "chunk": self.chunk,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "title": self.title,
            "page": self.page,
        }


@dataclass(frozen=True)
class Sentence:
    """A sentence of an answer that was verified, with the numbers of its citations, from 1."""

    text: str
    cites: tuple[int, ...] = ()

    @property
    def marked(self) -> str:
        """The sentence with the numbers behind it, as the answer's text holds it."""
        return " ".join([self.text, *(f"[{number}]" for number in self.cites)])


@dataclass(frozen=True)
class Step:
    """One step of the answer path: its name, its time, and what it decided."""

    name: str
    milliseconds: float
    note: str


@dataclass(frozen=True)
class Answer:
    """An answer with all that carries it."""

    question: str
    text: str
    refused: bool
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    release: str
    receipt: str
    latency_ms: float
    trace: tuple[Step, ...]
    sentences: tuple[Sentence, ...] = ()
    disputed: bool = False  # the documents disagree, and the answer says so
    ask_whom: tuple[str, ...] = ()  # of a refusal: who may know
    cached: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the answer as `ask --json` prints it."""
        return {
            "answer": self.text,
            "refused": self.refused,
            "disputed": self.disputed,
            "sentences": [{"text": sentence.text, "cites": list(sentence.cites)} for sentence in self.sentences],
            "citations": [citation.as_json() for citation in self.citations],
            "passages": [passage_json(passage) for passage in self.passages],
            "ask_whom": list(self.ask_whom),
            "cached": self.cached,
            "release": self.release,
            "receipt": self.receipt,
            "latency_ms": self.latency_ms,
        }


def passage_json(passage: Passage) -> dict[str, Any]:
    """Return a passage as the interfaces promise it."""
    return {
        "document": passage.document,
        "chunk": passage.chunk,
        "score": passage.score,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "headings": list(passage.headings),
        "title": passage.title,
        "page": passage.page,
    }
