"""From how many rows on approximate search is faster than exact search, measured on the machine that asks.

Vectors are drawn between and around real ones, because random directions are far harder for an approximate index than
texts are.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from gristmill.errors import SearchIndexError
from gristmill.models.vectors import Vectors
from gristmill.search.chroma import ChromaIndex
from gristmill.search.dense import VECTORS, Run, exact_search
from gristmill.search.recall import settle_width
from gristmill.search.version import LEAST_RECALL

_QUESTIONS = 30
_DEPTH = 100
_NOISE = 0.03
_GROUP = "everyone"
_STEPS = (1 / 16, 1 / 4, 1)
_ADD = 5_000


@dataclass(frozen=True)
class Measured:
    """Median times of one search at one size."""

    rows: int
    exact_ms: float
    approximate_ms: float
    recall: float


@dataclass(frozen=True)
class Crossing:
    """The times at several sizes, and what to set."""

    measured: tuple[Measured, ...]

    @property
    def exact_rows(self) -> int | None:
        """The largest size measured at which exact search was not slower than approximate search that finds enough."""
        exact = [at.rows for at in self.measured if at.exact_ms <= at.approximate_ms or at.recall < LEAST_RECALL]
        return max(exact) if exact else None

    @property
    def advice(self) -> str:
        """What to set, in a sentence."""
        if self.exact_rows is None:
            return f"Approximate search is faster from {self.measured[0].rows:,} rows on."
        if self.exact_rows == self.measured[-1].rows:
            return f"Exact search is faster up to {self.exact_rows:,} rows at least: leave exact_rows above that."
        return f"Set exact_rows = {self.exact_rows} below [search]."

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "exact_rows": self.exact_rows, "advice": self.advice}


def measure(like: Vectors, rows: int) -> Crossing:
    """Measure at up to `rows` vectors that are like the given ones.

    Raises:
        SearchIndexError: there are no vectors to be like.
    """
    if not len(like):
        raise SearchIndexError("The index holds no vectors.", "Run 'gristmill ingest FOLDER' first.")
    drawn = draw_vectors(like, rows)
    return Crossing(tuple(_measured(drawn[: max(1, int(rows * step))], like) for step in _STEPS))


def draw_vectors(like: Vectors, rows: int, seed: int = 3) -> Vectors:
    """Return unit vectors that lie between pairs of the given ones, with a little noise."""
    draw = np.random.default_rng(seed)
    drawn = np.empty((rows, like.shape[1]), dtype=np.float32)
    for at in range(0, rows, _ADD):
        count = min(_ADD, rows - at)
        one, other = like[draw.integers(0, len(like), count)], like[draw.integers(0, len(like), count)]
        share = draw.uniform(0, 1, (count, 1)).astype(np.float32)
        block = share * one + (1 - share) * other + draw.normal(0, _NOISE, one.shape).astype(np.float32)
        drawn[at : at + count] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return drawn


def _measured(vectors: Vectors, like: Vectors) -> Measured:
    questions = draw_vectors(like, _QUESTIONS, seed=5)
    runs = [Run(frozenset({_GROUP}), 0, len(vectors))]
    exact = _median(lambda q: exact_search(vectors, runs, [_GROUP], q, _DEPTH), questions)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / VECTORS, vectors)
        index = ChromaIndex.create(folder)
        names = [f"{row:09d}" for row in range(len(vectors))]
        for at in range(0, len(vectors), _ADD):
            step = slice(at, at + _ADD)
            index.add(names[step], vectors[step], [[_GROUP]] * len(names[step]))
        keys = pl.DataFrame({"chunk": names, "audience_key": [_GROUP] * len(names)})
        _, recall = settle_width(index, folder, keys)
        approximate = _median(lambda q: index.search(q[np.newaxis], _DEPTH, [_GROUP]), questions)
    return Measured(len(vectors), exact, approximate, recall)


def _median(search: Callable[[Vectors], object], questions: Vectors) -> float:
    times = []
    for question in questions:
        began = time.perf_counter()
        search(question)
        times.append(time.perf_counter() - began)
    return round(float(np.median(times)) * 1_000, 3)
