"""How well approximate search finds what exact search finds, and how wide it must look for that.

Asked are the corpus's own questions: vectors that whoever builds the version left in `probes.npy`, or, without them,
directions between two chunks of the corpus, which lie where no record lies. A share of them is asked inside an
audience, because a filter is what makes approximate search lose most.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from gristmill.models.vectors import Vectors
from gristmill.search.chroma import FIRST_WIDTH, ChromaIndex
from gristmill.search.dense import VECTORS, Run, exact_search, runs_of
from gristmill.search.rows import audience_groups
from gristmill.search.version import LEAST_RECALL

PROBES = "probes.npy"
_QUESTIONS = 64
_DEPTH = 100  # neighbours asked for: as many as fusion takes by default
_AUDIENCES = 3
_WIDEST = 6_400
_SEED = 11


def settle_width(index: ChromaIndex, folder: Path, keys: pl.DataFrame) -> tuple[int, float]:
    """Double the width of `index` until it finds enough, and return width and recall."""
    width = FIRST_WIDTH
    while (found := measured_recall(index, folder, keys)) < LEAST_RECALL and width < min(_WIDEST, 2 * keys.height):
        width *= 2
        index.widen(width)
    return width, round(found, 4)


def measured_recall(index: ChromaIndex, folder: Path, rows: pl.DataFrame) -> float:
    """Return the least share of the exact nearest that Chroma returns: over everything, or inside one audience.

    Args:
        index: what is measured.
        folder: of the version; its matrix is the measure.
        rows: the version's rows in their order, with their audiences.
    """
    matrix: Vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
    questions, runs = _questions(folder, matrix), runs_of(rows["audience_key"])
    everyone = sorted({group for run in runs for group in run.groups})
    sizes = rows["audience_key"].value_counts(sort=True)["audience_key"]
    asked = [everyone, *(sorted(audience_groups(key)) for key in sizes[:_AUDIENCES] if key)]
    return min((_share(index, matrix, rows, runs, questions, groups) for groups in asked if groups), default=1.0)


def _share(
    index: ChromaIndex, matrix: Vectors, rows: pl.DataFrame, runs: list[Run], questions: Vectors, groups: list[str]
) -> float:
    chunks = rows["chunk"]
    hits = wanted = 0
    for question, found in zip(questions, index.search(questions, _DEPTH, groups), strict=True):
        exact = exact_search(matrix, runs, groups, question, _DEPTH)
        if not exact:
            continue
        # A record as near as the last of the exact ones is as good as that one.
        least = exact[-1][1] - 1e-4
        true = {chunks[row] for row, _ in exact}
        wanted += len(exact)
        hits += min(len(exact), sum(chunk in true or score >= least for chunk, score in found))
    return hits / wanted if wanted else 1.0


def _questions(folder: Path, matrix: Vectors) -> Vectors:
    if (folder / PROBES).is_file():
        stored: Vectors = np.load(folder / PROBES, allow_pickle=False)
        return stored
    draw = np.random.default_rng(_SEED)
    pairs = np.sort(draw.integers(0, len(matrix), (_QUESTIONS, 2)), axis=0)
    between = np.asarray(matrix[pairs[:, 0]]) + np.asarray(matrix[pairs[:, 1]])
    unit: Vectors = between / np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-9)
    return unit.astype(np.float32)
