"""From passages to the spans of them that matter for the question: what is handed on, each span verbatim.

Retrieval finds large passages well and small ones badly, but most of a large passage does not answer the question. So
each unit of the passages (sentence, list item, table row) is scored against the question, and the best are kept: those
with a good share of the best one's score, up to a number of tokens for all passages together. What lies between two
kept units of one passage is kept with them, so that each passage stays one span. Ranking passages does not belong here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gristmill.models.encoder import TextEncoder
from gristmill.search.lexical import LexicalIndex, terms
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.search.units import units
from gristmill.search.version import IndexVersion
from gristmill.settings import FocusSettings, SearchSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# As many passages the settings' tokens are for.
_FIVE = 5
# Chosen on the tune split of the sample questions, by recall and IoU.
_COSINE, _COVERED, _PASSAGE, _BESIDE = 1.0, 1.0, 0.25, 0.2
# A sentence is on the average less like the question than the whole passage is.
_OF_PASSAGE = 0.7


@dataclass(frozen=True)
class FocusedPassage:
    """A passage and the span of it that matters: offsets into the document's text, and the verbatim text."""

    passage: Passage
    start: int
    end: int
    text: str
    score: float

    def alone(self) -> Passage:
        """Return what matters as a passage of its own."""
        inside = tuple(s for s in self.passage.spans if s.start < self.end and s.end > self.start)
        return replace(self.passage, text=self.text, start=self.start, end=self.end, spans=inside)


@dataclass(frozen=True)
class _Unit:
    passage: int
    start: int  # in the passage's text
    end: int
    tokens: int
    score: float = 0.0


class Focuser:
    """Keeps what matters of the passages of one question."""

    def __init__(
        self, encoder: TextEncoder, tokenizer: Tokenizer, lexical: LexicalIndex, settings: FocusSettings
    ) -> None:
        self._encoder = encoder
        self._tokenizer = tokenizer
        self._lexical = lexical
        self.settings = settings

    def focus(self, query: Query, passages: Sequence[Passage], k: int) -> list[FocusedPassage]:
        """Return the `k` passages with the best units, best first, each cut down to one span."""
        scored = self._scored(query, passages)
        kept = _kept(scored, passages, self.settings, k)
        focused = [_span(passages[number], members) for number, members in kept.items()]
        return sorted(focused, key=lambda found: -found.score)

    def _scored(self, query: Query, passages: Sequence[Passage]) -> list[_Unit]:
        found = [unit for n, passage in enumerate(passages) for unit in _units(n, passage, self._tokenizer)]
        if not found:
            return []
        texts = [passages[unit.passage].text[unit.start : unit.end] for unit in found]
        best = max(passage.score for passage in passages) or 1.0
        place = np.array([passages[unit.passage].score / best for unit in found], dtype=np.float32)
        own = _COVERED * self._covered(query.text, texts, passages[0].language) + _PASSAGE * place
        own += _COSINE * self._cosines(query, texts, own, np.array([passages[u.passage].cosine for u in found]))
        beside = _beside([unit.passage for unit in found], own)
        return [
            replace(unit, score=float(score)) for unit, score in zip(found, own + _BESIDE * (beside - own), strict=True)
        ]

    def _cosines(
        self, query: Query, texts: Sequence[str], promise: NDArray[np.float32], passage: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Return the likeness to the question: of the most promising units their own, of others their passage's."""
        cosines = passage.astype(np.float32) * _OF_PASSAGE
        encoded = np.argsort(-promise, kind="stable")[: self.settings.encoded_units]
        if len(encoded):
            cosines[encoded] = self._encoder.encode([texts[at] for at in encoded]) @ query.vector
        return cosines

    def _covered(self, question: str, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """Return the share of the question's terms, weighted by rarity, in each text."""
        size = max(2, self._lexical.size)
        rarity = {
            term: math.log((size + 1) / (self._lexical.document_frequency(term) + 0.5))
            for term in terms(question, language)
        }
        total = sum(rarity.values()) or 1.0
        return np.array(
            [sum(rarity[term] for term in rarity.keys() & set(terms(text, language))) / total for text in texts],
            dtype=np.float32,
        )


def _units(number: int, passage: Passage, tokenizer: Tokenizer) -> list[_Unit]:
    found = list(units(passage.text))
    sizes = tokenizer.encode_batch([passage.text[u.start : u.end] for u in found], add_special_tokens=False)
    return [_Unit(number, u.start, u.end, len(size.ids)) for u, size in zip(found, sizes, strict=True)]


def _beside(passages: Sequence[int], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each unit the better score of its two neighbours in its passage, or its own where it is better."""
    best = scores.copy()
    for at in range(len(scores)):
        for other in (at - 1, at + 1):
            if 0 <= other < len(scores) and passages[other] == passages[at]:
                best[at] = max(best[at], scores[other])
    return best


def _kept(
    scored: Sequence[_Unit], passages: Sequence[Passage], settings: FocusSettings, k: int
) -> dict[int, list[_Unit]]:
    """Return the kept units by passage: the best ones, each with all between it and what is kept already."""
    by_passage = {n: [unit for unit in scored if unit.passage == n] for n in range(len(passages))}
    places = {id(unit): at for members in by_passage.values() for at, unit in enumerate(members)}
    spans: dict[int, tuple[int, int]] = {}
    left = settings.tokens * max(k, _FIVE) // _FIVE
    best_first = sorted(scored, key=lambda unit: -unit.score)
    least = settings.share * max(best_first[0].score, 0.0) if best_first else 0.0
    for unit in best_first:
        if unit.score < least:
            break
        at = places[id(unit)]
        if unit.passage not in spans and len(spans) == k:
            continue
        first, last = spans.get(unit.passage, (at, at - 1))
        wider = min(first, at), max(last, at)
        members = by_passage[unit.passage]
        cost = sum(u.tokens for u in members[wider[0] : wider[1] + 1]) - sum(
            u.tokens for u in members[first : last + 1]
        )
        if cost <= left or not spans:
            spans[unit.passage] = wider
            left -= cost
    return {number: by_passage[number][first : last + 1] for number, (first, last) in spans.items()}


def focused_passages(
    index: IndexVersion, query: Query, search: SearchSettings, focuser: Focuser, k: int
) -> list[FocusedPassage]:
    """Return the `k` spans that matter most of the passages that a question finds, best first."""
    settings = search.model_copy(update={"neighbours": focuser.settings.neighbours})
    return focuser.focus(query, retrieve(index, query, settings, max(k, focuser.settings.passages)), k)


def _span(passage: Passage, members: Sequence[_Unit]) -> FocusedPassage:
    start, end = members[0].start, members[-1].end
    score = max(unit.score for unit in members)
    return FocusedPassage(passage, passage.start + start, passage.start + end, passage.text[start:end], score)
