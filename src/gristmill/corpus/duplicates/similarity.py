"""Verifies candidate pairs on the texts themselves, and says whether one text adds anything to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gristmill.corpus.duplicates.normalisation import normalised_words, shingles
from gristmill.corpus.duplicates.signatures import Pair

__all__ = ["Likeness", "Limits", "SimilarPair", "likeness", "verified_pairs"]

# Texts kept while pairs are verified: families are small and stand together after sorting.
_KEPT_TEXTS = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """When two texts are near duplicates: alike as a whole, or one almost wholly within a longer one."""

    jaccard: float = 0.5
    containment: float = 0.75
    # A note quoted in a handbook is not a duplicate of the handbook.
    longest_ratio: float = 3.0
    fewest_shingles: int = 20


class Likeness(NamedTuple):
    """How alike two texts are, by their shingles and words.

    `left_adds` and `right_adds` count words, and above all figures, that only that text has: a text that adds nothing
    can be left out without losing an answer.
    """

    jaccard: float
    containment: float
    left_adds: int
    right_adds: int


class SimilarPair(NamedTuple):
    """Two contents, by their hashes, and how alike they are."""

    left: str
    right: str
    likeness: Likeness


_DEFAULT_LIMITS = Limits()


def verified_pairs(
    pairs: Iterable[Pair], contents: Sequence[str], read: Callable[[str], str], limits: Limits = _DEFAULT_LIMITS
) -> list[SimilarPair]:
    """The candidate pairs of rows that are near duplicates.

    `contents` are the content hashes of the rows; `read` gives a content's text, for candidates only.
    """
    prepared = lru_cache(maxsize=_KEPT_TEXTS)(lambda content: _Prepared.of(read(content)))
    similar = []
    for left, right in sorted(pairs):
        if found := _compared(prepared(contents[left]), prepared(contents[right]), limits):
            similar.append(SimilarPair(contents[left], contents[right], found))
    return similar


def likeness(left: str, right: str) -> Likeness:
    """How alike two texts are."""
    return _likeness(_Prepared.of(left), _Prepared.of(right))


@dataclass(frozen=True, slots=True)
class _Prepared:
    words: frozenset[str]
    shingles: set[str]

    @classmethod
    def of(cls, text: str) -> _Prepared:
        words = normalised_words(text)
        return cls(frozenset(words), shingles(words))


def _compared(left: _Prepared, right: _Prepared, limits: Limits) -> Likeness | None:
    shorter, longer = sorted((len(left.shingles), len(right.shingles)))
    if shorter < limits.fewest_shingles and left.shingles != right.shingles:
        return None
    found = _likeness(left, right)
    contained = found.containment >= limits.containment and longer <= limits.longest_ratio * shorter
    return found if found.jaccard >= limits.jaccard or contained else None


def _likeness(left: _Prepared, right: _Prepared) -> Likeness:
    common = len(left.shingles & right.shingles)
    shorter = min(len(left.shingles), len(right.shingles))
    union = len(left.shingles) + len(right.shingles) - common
    return Likeness(
        jaccard=common / union if union else 1.0,
        containment=common / shorter if shorter else 1.0,
        left_adds=len(left.words - right.words),
        right_adds=len(right.words - left.words),
    )
