"""Which questions are one: near duplicates that name the same things. What is said of one is said of all."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gristmill.evaluation.splits import near_pairs
from gristmill.fingerprint import fingerprint
from gristmill.search.lexical import terms

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# 'the barn door' and 'the kiln door' differ in one word of four, and are two questions.
_SAME = 0.75


def clusters_of(questions: Iterable[str]) -> dict[str, str]:
    """Return the cluster of each question; another machine's number makes another question."""
    texts = sorted(set(questions))
    parent = list(range(len(texts)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for one, other in near_pairs(texts):
        if same(texts[one], texts[other]):
            low, high = sorted((root(one), root(other)))
            parent[high] = low
    return {text: f"q-{fingerprint('cluster', texts[root(at)])[:12]}" for at, text in enumerate(texts)}


def same(one: str, other: str) -> bool:
    """Say whether two questions that look alike ask for the same: equal figures, and nearly the same words."""
    if set(_NUMBER.findall(one)) != set(_NUMBER.findall(other)):
        return False
    mine, theirs = set(terms(one)), set(terms(other))
    return not mine | theirs or len(mine & theirs) >= _SAME * len(mine | theirs)
