"""Splits that hold: near duplicates never stand on both sides of a line, and a split once given is never taken back.

Questions are short, so they are compared by their character trigrams; equal texts are found by the same comparison.
What becomes training material is kept apart from gate and holdout by `apart`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gristmill.evaluation.questions import Question, Split
from gristmill.fingerprint import fingerprint

# Share of common trigrams from which two questions are one: 'When is the works closed?' and 'When is the works shut?'.
NEAR = 0.6
_SHARES = ((Split.TUNE, 0.4), (Split.GATE, 0.7), (Split.HOLDOUT, 1.0))
_PROTECTED = (Split.TUNE, Split.GATE, Split.HOLDOUT)
_BLANKS = re.compile(r"\W+")


def trigrams(text: str) -> frozenset[str]:
    """Return the character trigrams of a text's words."""
    padded = f"  {_BLANKS.sub(' ', text.casefold()).strip()} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def near_pairs(texts: Sequence[str], others: Sequence[str] | None = None) -> list[tuple[int, int]]:
    """Return the pairs of near duplicates: within `texts`, or between `texts` and `others`.

    Only texts that share a rare trigram are compared, so that ten thousand take seconds.
    """
    own = others is None
    left = [trigrams(text) for text in texts]
    right = left if others is None else [trigrams(text) for text in others]
    holding: dict[str, list[int]] = defaultdict(list)
    for row, grams in enumerate(right):
        for gram in grams:
            holding[gram].append(row)
    pairs: list[tuple[int, int]] = []
    for row, grams in enumerate(left):
        # A pair that shares NEAR of all shares at least one of any (1 - NEAR) of them, the rarest ones included.
        rare = sorted(grams, key=lambda gram: (len(holding[gram]), gram))[: int((1 - NEAR) * len(grams)) + 1]
        seen = {other for gram in rare for other in holding[gram] if not own or other != row}
        pairs += [(row, other) for other in sorted(seen) if likeness(grams, right[other]) >= NEAR]
    return sorted({(min(pair), max(pair)) for pair in pairs}) if own else pairs


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of common trigrams in all of both (Jaccard)."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def clustered(questions: Sequence[Question]) -> list[Question]:
    """Return the questions, each with its cluster: near duplicates, and near duplicates of these, share one."""
    parent = list(range(len(questions)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for one, other in near_pairs([question.text for question in questions]):
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [replace(question, cluster=questions[root(at)].id) for at, question in enumerate(questions)]


def assigned(
    questions: Sequence[Question], frozen: Mapping[str, Split], clusters: Mapping[str, str] | None = None
) -> list[Question]:
    """Return the questions with clusters and splits.

    A split that was given before holds, then the one of the file. A question without either goes where its cluster is,
    else where the hash of its cluster says. A question whose near duplicate is in a more protected split is set aside.

    Args:
        questions: all of a set, grounded.
        frozen: the split of each question that had one before.
        clusters: the cluster of each question, where the questions are those of before; None: to be found.
    """
    found = clustered(questions) if clusters is None else [replace(q, cluster=clusters[q.id]) for q in questions]
    wanted = {question.id: frozen.get(question.id) or question.split for question in found}
    highest: dict[str, Split] = {}
    for question in found:
        split = wanted[question.id]
        if split is not None and _rank(split) >= _rank(highest.get(question.cluster)):
            highest[question.cluster] = split
    return [_placed(question, wanted[question.id], highest) for question in found]


def apart(training: Iterable[str], protected: Sequence[Question]) -> tuple[list[str], list[str]]:
    """Divide training texts into those that may be trained on and those that nearly are a protected question.

    Args:
        training: questions that examples would be made of.
        protected: the questions of gate and holdout.

    Returns:
        What is kept, and what is left out.
    """
    texts = list(training)
    close = {row for row, _ in near_pairs(texts, [question.text for question in protected])}
    kept = [text for row, text in enumerate(texts) if row not in close]
    return kept, [texts[row] for row in sorted(close)]


def counted(questions: Iterable[Question]) -> dict[str, int]:
    """Return how many questions count in each split."""
    counts = Counter(str(question.split) for question in questions if question.set_aside is None)
    return {str(split): counts[str(split)] for split in Split}


def _placed(question: Question, wanted: Split | None, highest: Mapping[str, Split]) -> Question:
    there = highest.get(question.cluster)
    if wanted is None:
        return replace(question, split=there or _drawn(question.cluster))
    if there is not None and _rank(there) > _rank(wanted):
        reason = question.set_aside or f"a near duplicate of it is in the split '{there}'"
        return replace(question, split=wanted, set_aside=reason)
    return replace(question, split=wanted)


def _drawn(cluster: str) -> Split:
    share = int(fingerprint("split", cluster)[:8], 16) / 0xFFFFFFFF
    return next(split for split, limit in _SHARES if share <= limit)


def _rank(split: Split | None) -> int:
    return -1 if split is None else _PROTECTED.index(split)
