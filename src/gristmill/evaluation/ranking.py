"""Measures of a ranking against judged documents, each 0..1, with binary relevance.

The definitions are those of trec_eval (nDCG: Järvelin and Kekäläinen 2002), which a test compares them with. How
certain a mean is stands in `intervals.py`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def ndcg(ranked: Sequence[str], relevant: Collection[str], depth: int = 10) -> float:
    """Return the discounted cumulative gain of the first `depth` over the best possible one."""
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(ranked[:depth]) if name in relevant)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(depth, len(relevant))))
    return gain / ideal if ideal else 0.0


def recall(ranked: Sequence[str], relevant: Collection[str], depth: int = 100) -> float:
    """Return the share of the relevant that is among the first `depth`."""
    return len(set(ranked[:depth]) & set(relevant)) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str]) -> float:
    """Return one over the place of the first relevant one."""
    return next((1 / place for place, name in enumerate(ranked, 1) if name in relevant), 0.0)
