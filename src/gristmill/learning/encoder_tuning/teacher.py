"""The teacher: which passages a query should find, judged with more than a searcher has.

A query was made from a passage, so its teacher may read the whole passage: its neighbours by dense and lexical
similarity are what the query is about, besides what the query's own words find. The ranking becomes a distribution that
the encoder learns to give from the query alone. So a passage that is near the right one is a half-right answer and no
false negative, and what the encoder ranks high without the teacher's consent is a hard negative.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.learning.encoder_tuning.pairs import Pair
from gristmill.learning.encoder_tuning.texts import TuningText
from gristmill.models.encoder import Vectors
from gristmill.search.lexical import LexicalIndex

_GROUP = "everyone"  # the teacher's own index has one audience
_NEIGHBOURS = 48


@dataclass(frozen=True)
class Blend:
    """How much each signal counts, and how sharp the distribution is."""

    neighbours: float = 0.5  # what is near the query's own passage
    words: float = 0.5  # what the query's words find
    dense: float = 0.5  # share of the dense signal among the neighbours; the rest is lexical
    temperature: float = 0.1


@dataclass(frozen=True)
class Target:
    """The passages that a query should find, and with which probability; they add up to one."""

    passages: NDArray[np.int64]
    shares: NDArray[np.float32]

    def among(self, passages: NDArray[np.int64]) -> Target:
        """Return the same with only those of `passages`, adding up to one again."""
        kept = np.isin(self.passages, passages)
        shares = self.shares[kept]
        return Target(self.passages[kept], shares / max(float(shares.sum()), 1e-12))


class Teacher:
    """Knows the neighbours of each passage, and what words find."""

    def __init__(self, texts: Sequence[TuningText], vectors: Vectors, blend: Blend) -> None:
        self._texts, self._vectors, self._blend = texts, vectors, blend
        self._folder = tempfile.TemporaryDirectory(prefix="gristmill-teacher-")
        place = Path(self._folder.name)
        records = ((str(number), text.encoded, text.language, [_GROUP]) for number, text in enumerate(texts))
        LexicalIndex.create(place, records)
        self._lexical = LexicalIndex.open(place, {text.language for text in texts})
        self._known: dict[int, dict[int, float]] = {}

    def target(self, pair: Pair) -> Target:
        """Return what the query of a pair should find."""
        scores = {number: self._blend.neighbours * score for number, score in self.neighbours(pair.passage).items()}
        for number, score in self.found(pair.query).items():
            scores[number] = scores.get(number, 0.0) + self._blend.words * score
        # The passage that the query was made from is right, whatever its words say.
        scores[pair.passage] = max(scores.values())
        passages = np.array(sorted(scores), dtype=np.int64)
        logits = np.array([scores[int(number)] for number in passages]) / self._blend.temperature
        shares = np.exp(logits - logits.max())
        return Target(passages, (shares / shares.sum()).astype(np.float32))

    def neighbours(self, passage: int) -> dict[int, float]:
        """Return the passages nearest to one, each with its likeness from 0 to 1; itself has 1."""
        if passage not in self._known:
            dense = self._vectors @ self._vectors[passage]
            nearest = np.argsort(-dense, kind="stable")[:_NEIGHBOURS]
            words = self.found(self._texts[passage].encoded)
            rows = {int(row) for row in nearest} | set(words)
            low = min(float(dense[row]) for row in rows)
            spread = max(1.0 - low, 1e-6)
            share = self._blend.dense
            self._known[passage] = {
                row: share * (float(dense[row]) - low) / spread + (1 - share) * words.get(row, 0.0) for row in rows
            }
        return self._known[passage]

    def found(self, query: str) -> dict[int, float]:
        """Return the passages that the words of a query find, the best with 1."""
        hits = self._lexical.search(query, [_GROUP], _NEIGHBOURS)
        best = hits[0][1] if hits else 1.0
        return {row: score / best for row, score in hits}
