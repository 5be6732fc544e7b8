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
class Check:
    """What verification said about a sentence that was written."""

    sentence: str
    score: float
    shown: bool
    reason: str = ""


@dataclass(frozen=True)
class Egress:
    """One request that left the premises: where to, what of ours it held, and what it cost."""

    host: str
    model: str
    chunks: tuple[str, ...]
    prompt_tokens: int
    new_tokens: int
    cost: float
    milliseconds: float
    error: str = ""


@dataclass(frozen=True)
class Account:
    """What an answer took, and what was noticed on its way."""

    engine: str = "none"  # who worded it: local, remote, or none when it is made of quotes
    prompt_tokens: int = 0
    new_tokens: int = 0
    cost: float = 0.0
    currency: str = ""
    cpu_seconds: float = 0.0
    answerable: float = 0.0
    flags: tuple[str, ...] = ()  # what the screen saw in the question, what the gate kept back
    checks: tuple[Check, ...] = ()
    egress: tuple[Egress, ...] = ()
    near: str = ""  # the receipt of the near question whose words were given again


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
    uncertain: bool = False  # the documents may not answer this, and the answer says so
    ask_whom: tuple[str, ...] = ()  # of a refusal or an uncertain answer: who may know
    closest: tuple[Citation, ...] = ()  # of a refusal: what came nearest, which is no answer
    cached: bool = False
    account: Account = Account()

    @property
    def stated(self) -> str:
        """What it says of the documents' own: its text without what it says about itself."""
        return " ".join(sentence.marked for sentence in self.sentences if sentence.cites) or self.text

    def as_json(self) -> dict[str, Any]:
        """Return the answer as `ask --json` prints it."""
        return {
            "answer": self.text,
            "refused": self.refused,
            "uncertain": self.uncertain,
            "disputed": self.disputed,
            "sentences": [{"text": sentence.text, "cites": list(sentence.cites)} for sentence in self.sentences],
            "citations": [citation.as_json() for citation in self.citations],
            "passages": [passage_json(passage) for passage in self.passages],
            "ask_whom": list(self.ask_whom),
            "closest": [citation.as_json() for citation in self.closest],
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
