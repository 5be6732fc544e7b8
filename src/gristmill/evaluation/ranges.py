"""Measures of retrieved character ranges against those that answer a question.

The definitions are those of Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval" (Chroma 2024), with
characters for tokens, as their published evaluation counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Range(NamedTuple):
    """Characters `start` to `end` of one document."""

    document: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """How many characters."""
        return self.end - self.start


class RangeScores(NamedTuple):
    """How what was retrieved meets what was asked for, each 0..1."""

    recall: float
    precision: float
    iou: float


def range_scores(retrieved: Sequence[Range], wanted: Sequence[Range]) -> RangeScores:
    """Return recall, precision and intersection over union; text retrieved twice counts twice, as it costs twice."""
    hit = total(union(intersections(retrieved, wanted)))
    asked, given = sum(r.length for r in wanted), sum(r.length for r in retrieved)
    missed = total(union(wanted)) - hit
    return RangeScores(
        hit / asked if asked else 0.0,
        hit / given if given else 0.0,
        hit / (given + missed) if given + missed else 0.0,
    )


def precision_omega(chunks: Iterable[Range], wanted: Sequence[Range]) -> float:
    """Return the precision of a perfect retrieval: all chunks with a part of what is asked for, and no other."""
    touched = [chunk for chunk in chunks if intersections([chunk], wanted)]
    hit = total(union(intersections(touched, wanted)))
    whole = total(union([*touched, *wanted]))
    return hit / whole if whole else 0.0


def intersections(left: Iterable[Range], right: Sequence[Range]) -> list[Range]:
    """Return what any of the left has in common with any of the right."""
    return [
        Range(a.document, max(a.start, b.start), min(a.end, b.end))
        for a in left
        for b in right
        if a.document == b.document and max(a.start, b.start) < min(a.end, b.end)
    ]


def union(ranges: Iterable[Range]) -> list[Range]:
    """Return the same characters as ranges that do not overlap."""
    joined: list[Range] = []
    for one in sorted(ranges):
        if joined and joined[-1].document == one.document and one.start <= joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined


def total(ranges: Iterable[Range]) -> int:
    """Return how many characters ranges have together."""
    return sum(one.length for one in ranges)
