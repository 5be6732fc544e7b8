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


def weighted_fusion(signals: Sequence[tuple[Mapping[int, float], float]]) -> dict[int, float]:
    """Return the weighted sum of signals, by row, each scaled to 0..1 within this question.

    A row that a signal does not know has the least of it: what lexical search did not find has no word of the question.

    Args:
        signals: scores by row, and the weight of each.
    """
    fused: dict[int, float] = {}
    for scores, weight in signals:
        low, high = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
        for row, score in scores.items():
            fused[row] = fused.get(row, 0.0) + weight * (score - low) / ((high - low) or 1.0)
    return fused
