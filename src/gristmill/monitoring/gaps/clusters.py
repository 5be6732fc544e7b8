"""Gaps: questions that went wrong and mean nearly the same, weighted by how many people asked them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from gristmill.fingerprint import fingerprint
from gristmill.models.vectors import Vectors
from gristmill.monitoring.gaps.failed import FailedQuestion
from gristmill.monitoring.gaps.titles import draft_title

# Questions of one subject; paraphrases are nearer to each other.
_SAME_SUBJECT = 0.62
# A question of the question set that asks the same.
_SAME_QUESTION = 0.85
# One person who asks again and again is one person.
_MOST_PER_ASKER = 3
_SHOWN = 5


@dataclass(frozen=True)
class Gap:
    """A subject that the documents do not answer, or answer badly.

    `title` is a draft; with two documents in `disagree` nothing is missing, and these two should be made one.
    """

    gap: str
    title: str
    weight: int  # times asked, each person at most three times
    people: int
    why: dict[str, int]
    questions: tuple[str, ...]
    groups: tuple[str, ...]  # of those who asked
    closest: tuple[str, ...]
    disagree: tuple[str, ...]
    first: datetime
    last: datetime
    open: bool
    checked_by: tuple[str, ...]  # ids of the questions of the question set that ask the same

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}


@dataclass(frozen=True)
class Measured:
    """A question of the question set, and whether the release in force answers it rightly."""

    id: str
    row: int
    right: bool


def gather(
    questions: Sequence[FailedQuestion], vectors: Vectors, measured: Sequence[Measured], known: Vectors
) -> list[Gap]:
    """Return the gaps, those that most people met first.

    A gap is closed when the question set asks the same and the release in force answers all of that rightly.

    Args:
        questions: that went wrong.
        vectors: theirs, a row of unit length each.
        measured: questions of the question set that the release in force was evaluated on.
        known: their vectors.
    """
    gaps = [
        _gap([questions[at] for at in members], vectors[members], measured, known) for members in _clusters(vectors)
    ]
    return sorted(gaps, key=lambda gap: (not gap.open, -gap.weight, gap.gap))


def _clusters(vectors: Vectors) -> list[list[int]]:
    """Return rows by the first one that each is near to: in the order of asking, so that a new question moves none."""
    clusters: list[list[int]] = []
    sums: list[Vectors] = []
    for row, vector in enumerate(vectors):
        if sums:
            centres = np.stack(sums)
            near = centres @ vector / np.linalg.norm(centres, axis=1)
            best = int(near.argmax())
            if near[best] >= _SAME_SUBJECT:
                clusters[best].append(row)
                sums[best] = sums[best] + vector
                continue
        clusters.append([row])
        sums.append(vector)
    return clusters


def _gap(members: list[FailedQuestion], vectors: Vectors, measured: Sequence[Measured], known: Vectors) -> Gap:
    texts = Counter(" ".join(one.text.split()) for one in members)
    middle = members[int((vectors @ vectors.mean(axis=0)).argmax())]
    asked = Counter(one.asker for one in members)
    disputes = Counter(one.disputed[:2] for one in members if one.disputed)
    disagree = disputes.most_common(1)[0][0] if disputes and 2 * sum(disputes.values()) >= len(members) else ()
    same = _same(vectors, measured, known)
    return Gap(
        fingerprint("gap", members[0].text)[:12],
        f"{disagree[0]} and {disagree[1]} disagree" if disagree else draft_title(middle.text),
        sum(min(times, _MOST_PER_ASKER) for times in asked.values()),
        len(asked),
        dict(Counter(one.why for one in members).most_common()),
        tuple(text for text, _ in texts.most_common(_SHOWN)),
        tuple(sorted({group for one in members for group in one.groups})),
        tuple(name for name, _ in Counter(d for one in members for d in one.closest).most_common(3)),
        disagree,
        min(one.at for one in members),
        max(one.at for one in members),
        not same or not all(one.right for one in same),
        tuple(one.id for one in same),
    )  # fmt: skip


def _same(vectors: Vectors, measured: Sequence[Measured], known: Vectors) -> list[Measured]:
    if not measured:
        return []
    near = (known[[one.row for one in measured]] @ vectors.T).max(axis=1)
    return [one for one, similarity in zip(measured, near, strict=True) if similarity >= _SAME_QUESTION]
