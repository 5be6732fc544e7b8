"""Putting dense and lexical rankings together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Ranking = Sequence[tuple[int, float]]


def reciprocal_rank_fusion(rankings: Sequence[Ranking], constant: int = 60) -> dict[int, float]:
    """Return the sum over rankings of 1 / (constant + rank), by row (Cormack, Clarke and Buettcher 2009)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, (row, _) in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (constant + rank)
    return scores


def weighted_fusion(dense: Mapping[int, float], lexical: Mapping[int, float], dense_weight: float) -> dict[int, float]:
    """Return the weighted sum of scores scaled to 0..1 within this question, by row.

    A row that lexical search did not find has a lexical score of nothing; the dense score of every row is known.
    """
    low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    width = (high - low) or 1.0
    best = max(lexical.values(), default=0.0) or 1.0
    return {
        row: dense_weight * (score - low) / width + (1 - dense_weight) * lexical.get(row, 0.0) / best
        for row, score in dense.items()
    }
