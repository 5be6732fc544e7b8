"""Which questions are one: near duplicates that name the same things. What is said of one is said of all."""

from __future__ import annotations

from collections.abc import Iterable

from gristmill.answering.learned import same
from gristmill.evaluation.splits import near_pairs
from gristmill.fingerprint import fingerprint


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
