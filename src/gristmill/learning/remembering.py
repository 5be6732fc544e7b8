"""What an encoder's memory holds, and how strongly it pulls: chosen by confirmed questions where there are enough.

Without questions the documents themselves say what suits them. Where most are one or two passages (abstracts, tickets,
cards), several of them answer a question, and passages are moved towards each other; in longer ones each fact has one
place, and they stay. How vectors are moved stands in `models/memory.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.evaluation.intervals import mean_interval
from gristmill.models.memory import Memory
from gristmill.models.vectors import Vectors

# Pulls towards the neighbours that questions choose from; none is one of them.
PULLS = (0.0, 0.25, 0.5, 1.0, 1.5)
# Up to so many passages a document, on average, a corpus is one of short documents.
SHORT_DOCUMENTS = 2.0
UNASKED = 1.0


@dataclass(frozen=True)
class Confirmed:
    """A question with the passages that answer it, by their rows."""

    question: str
    passages: tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """How strongly neighbours pull, and why."""

    pull: float
    reason: str
    measured: dict[float, float]  # mean reciprocal rank of the questions by each pull; empty: none were asked


def choose(memory: Memory, questions: Vectors, confirmed: Sequence[Confirmed], documents: int, least: int) -> Choice:
    """Choose the pull of the neighbours.

    The measure is the mean reciprocal rank of the first passage that answers, by vectors alone and without what is
    remembered of questions: each would find itself. The best pull is taken where it is better than none beyond doubt.

    Args:
        memory: of all passages.
        questions: their vectors before anything is moved.
        confirmed: the questions, with the rows of their passages.
        documents: how many documents the passages are of.
        least: questions from which they choose.
    """
    if len(confirmed) < least:
        size = len(memory.passages) / max(documents, 1)
        said = f"{size:.1f} passages a document, and {len(confirmed)} confirmed questions, fewer than {least}"
        return Choice(UNASKED if size <= SHORT_DOCUMENTS else 0.0, said, {})
    ranks = {pull: _reciprocal_ranks(memory.pulled(pull), questions, confirmed) for pull in PULLS}
    measured = {pull: float(each.mean()) for pull, each in ranks.items()}
    best = max(PULLS, key=lambda pull: (measured[pull], -pull))
    gained = mean_interval((ranks[best] - ranks[0.0]).tolist())
    if gained.low > 0:
        return Choice(best, f"best for {len(confirmed)} confirmed questions, by {gained}", measured)
    return Choice(0.0, f"no measurable difference for {len(confirmed)} confirmed questions", measured)


def stated(memory: Memory, questions: Vectors, confirmed: Sequence[Confirmed], least: int) -> Choice:
    """Take the pull that a memory has, and measure beside it what none would do, if there are enough questions."""
    pull, measured = memory.pull.towards_neighbours, {}
    if len(confirmed) >= least:
        tried = (0.0, pull)
        measured = {each: float(_reciprocal_ranks(memory.pulled(each), questions, confirmed).mean()) for each in tried}
    return Choice(pull, "the settings say so", measured)


def answers_of(passages: Vectors, confirmed: Sequence[Confirmed]) -> Vectors:
    """Return for each question the mean of the passages that answer it, shape (questions, dimensions)."""
    if not confirmed:
        return np.empty((0, passages.shape[1]), dtype=np.float32)
    return np.stack([passages[list(each.passages)].mean(0) for each in confirmed])


def likenesses_moved(memory: Memory, general: Vectors) -> float:
    """Return how far the likenesses of general texts with each other move, on average: what was forgotten."""
    moved, pairs = memory.moved(general), np.triu_indices(len(general), 1)
    return float(np.abs((general @ general.T)[pairs] - (moved @ moved.T)[pairs]).mean())


def _reciprocal_ranks(memory: Memory, questions: Vectors, confirmed: Sequence[Confirmed]) -> NDArray[np.float64]:
    empty = questions[:0]
    alone = Memory(memory.passages, empty, empty, memory.pull)
    scores = alone.moved(questions) @ alone.moved(memory.passages).T
    best = np.array([scores[row, list(each.passages)].max() for row, each in enumerate(confirmed)])
    found: NDArray[np.float64] = 1 / ((scores > best[:, None]).sum(1) + 1)
    return found
