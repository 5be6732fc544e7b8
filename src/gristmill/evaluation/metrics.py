"""What one answer is worth: measures of one question, each between 0 and 1. How they add up stands in `summary.py`.

Evidence is compared by place: a passage or citation meets a quote when they share most of the shorter one's characters
in the same document. That holds whatever the words of the answer are.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
_ARTICLES = frozenset({"a", "an", "the", "der", "die", "das", "le", "la", "les"})
_CITATION = re.compile(r"\[\d+\]")
_MOST = 0.5


@dataclass(frozen=True)
class Span:
    """A stretch of a document's text."""

    document: str
    start: int
    end: int


def meets(one: Span, other: Span) -> bool:
    """Say whether two spans share most of the shorter one."""
    if one.document != other.document:
        return False
    common = min(one.end, other.end) - max(one.start, other.start)
    return common > _MOST * min(one.end - one.start, other.end - other.start)


def recall(passages: Sequence[Span], evidence: Sequence[Span]) -> float:
    """Return the share of the evidence that some passage meets."""
    return sum(any(meets(p, e) for p in passages) for e in evidence) / len(evidence) if evidence else 1.0


def reciprocal_rank(passages: Sequence[Span], evidence: Sequence[Span]) -> float:
    """Return 1 / the rank of the first passage that meets evidence; 0 when none does."""
    return next((1 / rank for rank, p in enumerate(passages, 1) if any(meets(p, e) for e in evidence)), 0.0)


def ndcg(passages: Sequence[Span], evidence: Sequence[Span]) -> float:
    """Return the normalised discounted gain (Järvelin and Kekäläinen 2002), each piece of evidence gained once."""
    if not evidence:
        return 1.0
    open_, gain = list(evidence), 0.0
    for rank, passage in enumerate(passages, 1):
        met = [e for e in open_ if meets(passage, e)]
        gain += bool(met) / math.log2(rank + 1)
        open_ = [e for e in open_ if e not in met]
    # The ideal ranking has a passage for each piece; pieces that one passage holds need one only.
    pieces = min(len(evidence), max(1, len(passages)))
    best = sum(1 / math.log2(rank + 1) for rank in range(1, _distinct(passages, evidence, pieces) + 1))
    return min(1.0, gain / best)


def tokens(text: str) -> list[str]:
    """Return the words of an answer as they are compared: lower case, without articles and numbers of citations."""
    return [word for word in _WORD.findall(_CITATION.sub(" ", text).casefold()) if word not in _ARTICLES]


def token_f1(given: str, expected: str) -> float:
    """Return the harmonic mean of precision and recall of words (Rajpurkar and others 2016)."""
    said, wanted = Counter(tokens(given)), Counter(tokens(expected))
    common = sum((said & wanted).values())
    if not common:
        return float(not said and not wanted)
    precision, found = common / sum(said.values()), common / sum(wanted.values())
    return 2 * precision * found / (precision + found)


def exact(given: str, expected: str) -> float:
    """Return 1 when the words are the same in the same order."""
    return float(tokens(given) == tokens(expected))


def contained(given: str, expected: str) -> float:
    """Return the share of the expected words that the answer holds: quotes say more than the bare answer."""
    said, wanted = Counter(tokens(given)), Counter(tokens(expected))
    return sum((said & wanted).values()) / sum(wanted.values()) if wanted else 1.0


def citation_precision(citations: Sequence[Span], evidence: Sequence[Span]) -> float:
    """Return the share of the citations that meet evidence; 0 without any."""
    return sum(any(meets(c, e) for e in evidence) for c in citations) / len(citations) if citations else 0.0


def _distinct(passages: Sequence[Span], evidence: Sequence[Span], most: int) -> int:
    """Return how many passages the evidence needs: pieces that one found passage holds together need one."""
    needed, left = 0, list(evidence)
    while left and needed < most:
        held = max(([e for e in left if meets(p, e)] for p in passages), key=len, default=[]) or left[:1]
        left = [e for e in left if e not in held]
        needed += 1
    return max(1, needed)
