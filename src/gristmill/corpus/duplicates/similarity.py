"""Verifies candidate pairs on the texts themselves, and says whether one text adds anything to the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gristmill.corpus.duplicates.limits import DEFAULT_LIMITS, Limits
from gristmill.corpus.duplicates.normalisation import normalised_words, shingles
from gristmill.corpus.duplicates.signatures import Pair

__all__ = ["Likeness", "SimilarPair", "likeness", "verified_pairs"]

# Texts held while their pairs are verified: one read of the store costs as much as comparing a hundred pairs.
_HELD_TEXTS = 256


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


def verified_pairs(
    pairs: Iterable[Pair],
    contents: Sequence[str],
    read: Callable[[Collection[str]], Mapping[str, str]],
    limits: Limits = DEFAULT_LIMITS,
    headings: Sequence[str] = (),
) -> list[SimilarPair]:
    """The candidate pairs of rows that are near duplicates.

    `contents` are the content hashes of the rows, `headings` what `candidate_pairs` was given; `read` gives the texts
    of a few hundred contents, for candidates only.
    """
    similar = []
    for block in _blocks(sorted(pairs)):
        texts = read({contents[row] for pair in block for row in pair})
        prepared = {content: _Prepared.of(text) for content, text in texts.items()}
        for left, right in block:
            same_heading = bool(headings and headings[left]) and headings[left] == headings[right]
            one, other = prepared[contents[left]], prepared[contents[right]]
            if found := _compared(one, other, limits, same_heading=same_heading):
                similar.append(SimilarPair(contents[left], contents[right], found))
    return similar


def _blocks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Pairs in order, in lists that name so few rows that their texts can be held."""
    block: list[Pair] = []
    rows: set[int] = set()
    for pair in pairs:
        if len(rows.union(pair)) > _HELD_TEXTS:
            yield block
            block, rows = [], set()
        block.append(pair)
        rows.update(pair)
    if block:
        yield block


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


def _compared(left: _Prepared, right: _Prepared, limits: Limits, *, same_heading: bool) -> Likeness | None:
    shorter, longer = sorted((len(left.shingles), len(right.shingles)))
    if shorter < limits.fewest_shingles and left.shingles != right.shingles:
        return None
    found = _likeness(left, right)
    holds = limits.hold(found.jaccard, found.containment, (shorter, longer), same_heading=same_heading)
    return found if holds else None


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
