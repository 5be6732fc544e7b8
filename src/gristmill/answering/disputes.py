"""Whether two documents say different things about what is asked.

They do when a unit of each answers the question nearly as well, the two speak of the same thing, and a figure of the
same kind differs. A version that was superseded is no second opinion, and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from gristmill.answering.asked import Kind
from gristmill.answering.evidence import Evidence
from gristmill.answering.figures import figures
from gristmill.models.encoder import TextEncoder
from gristmill.search.lexical import terms
from gristmill.search.retrieval import Passage

# Log odds that the second opinion may lie below the first, and how alike the two must be. Set by hand, not measured.
_NEARLY = 2.2
_ALIKE = 0.55
_WORDS = 0.25
_LOOKED_AT = 12
# What is asked decides which kind of figure can contradict.
_MONEY = {"euro", "pound", "pence", "number"}
_SPAN = {"second", "minute", "hour", "day", "week", "month", "year"}


def second_opinion(
    question: str,
    kinds: frozenset[Kind],
    evidence: Sequence[Evidence],
    passages: Sequence[Passage],
    encoder: TextEncoder,
    outdated: Callable[[str], bool],
) -> Evidence | None:
    """Return evidence that contradicts the first of `evidence`, from another document, or None.

    Args:
        question: what was asked.
        kinds: the kinds of thing asked for.
        evidence: best first.
        passages: what the evidence stands in.
        encoder: compares the meaning of two units.
        outdated: says whether a chunk is of a superseded version.
    """
    best = evidence[0]
    if outdated(chunk_of(best, passages)):
        return None
    known = figures(question)
    for other in evidence[1:_LOOKED_AT]:
        near = other.logit > best.logit - _NEARLY
        apart = passages[other.unit.passage].document != passages[best.unit.passage].document
        if near and apart and contradicts(best.unit.text, other.unit.text, kinds, known):
            alike = _same_words(best, other) and _alike(best, other, encoder)
            if alike and not outdated(chunk_of(other, passages)):
                return other
    return None


def contradicts(one: str, other: str, kinds: frozenset[Kind], known: object = None) -> bool:
    """Say whether two texts state different figures of the same kind."""
    ours, theirs = figures(one), figures(other)
    asked = known if isinstance(known, dict) else {}
    for unit in _telling(kinds, set(ours) & set(theirs)):
        mine, others = ours[unit] - asked.get(unit, set()), theirs[unit] - asked.get(unit, set())
        if mine and others and not mine & others:
            return True
    return False


def _telling(kinds: frozenset[Kind], units: set[str]) -> set[str]:
    if Kind.MONEY in kinds and units & _MONEY - {"number"}:
        return units & _MONEY
    if Kind.DURATION in kinds and units & _SPAN:
        return units & _SPAN
    return units


def _same_words(one: Evidence, other: Evidence) -> bool:
    ours, theirs = (set(terms(re.sub(r"\d+", " ", e.unit.meaning))) for e in (one, other))
    return len(ours & theirs) >= _WORDS * min(len(ours), len(theirs))


def _alike(one: Evidence, other: Evidence, encoder: TextEncoder) -> bool:
    vectors = encoder.encode([one.unit.meaning, other.unit.meaning])
    return float(vectors[0] @ vectors[1]) >= _ALIKE


def chunk_of(evidence: Evidence, passages: Sequence[Passage]) -> str:
    """Return the id of the chunk that a unit stands in."""
    return passages[evidence.unit.passage].chunk_at(evidence.unit.start)


def newest_first(one: Evidence, other: Evidence, passages: Sequence[Passage]) -> tuple[Evidence, Evidence]:
    """Return two pieces of evidence, the one from the newer document first; as they are when that is not known."""
    dates: list[datetime | None] = [passages[e.unit.passage].modified for e in (one, other)]
    if dates[0] is not None and dates[1] is not None and dates[1] > dates[0]:
        return other, one
    return one, other
