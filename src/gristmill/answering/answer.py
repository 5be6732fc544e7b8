"""What answering gives: the answer, its citations, the passages, and the trace of how it came about."""

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

    def as_json(self) -> dict[str, Any]:
        """Return the answer as `ask --json` prints it."""
        return {
            "answer": self.text,
            "refused": self.refused,
            "citations": [citation.as_json() for citation in self.citations],
            "passages": [passage_json(passage) for passage in self.passages],
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
