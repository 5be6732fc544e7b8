"""What an answer tells while it is made: the passages first, then each verified sentence, then the whole.

Nothing that was not verified and cleaned is ever an event.
"""

from __future__ import annotations

from dataclasses import dataclass

from gristmill.answering.answer import Answer, Citation, Sentence
from gristmill.search.retrieval import Passage


@dataclass(frozen=True)
class PassagesFound:
    """The passages for the asker's groups, before anything was worded."""

    question: str
    passages: tuple[Passage, ...]
    kept: bool = False  # the answer is known already


@dataclass(frozen=True)
class SentenceReady:
    """A sentence of the answer, with the citations it names. Of a refusal, the refusal, without citations."""

    number: int  # from 0
    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Answered:
    """The whole answer; always the last event."""

    answer: Answer


Event = PassagesFound | SentenceReady | Answered


def words_follow(event: Event) -> bool:
    """Say whether what comes after an event takes long: the words of an answer that was not kept."""
    return isinstance(event, PassagesFound) and not event.kept
