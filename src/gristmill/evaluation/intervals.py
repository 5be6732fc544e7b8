"""How certain a mean over questions is, and whether two systems differ on the same questions.

Bootstrap over questions (Sakai 2006), with a fixed seed: the same values always give the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_SEED = 17
_SAMPLES = 2_000


class Interval(NamedTuple):
    """A mean with the bounds of its 95% interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @property
    def excludes_zero(self) -> bool:
        """Say whether a difference is measurable."""
        return self.low > 0 or self.high < 0


def mean_interval(values: Sequence[float], clusters: Sequence[str] | None = None, samples: int = _SAMPLES) -> Interval:
    """Return the mean of `values` with its interval.

    Args:
        values: one per question; differences of two systems for a paired comparison.
        clusters: the name of each question's group; questions on one document are drawn together.
        samples: how many times to draw.
    """
    if not values:
        return Interval(0.0, 0.0, 0.0)
    array = np.asarray(values, dtype=np.float64)
    names = np.arange(len(array)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    sums, sizes = np.bincount(names, weights=array), np.bincount(names)
    draws = np.random.default_rng(_SEED).integers(0, len(sums), (samples, len(sums)))
    means = sums[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(array.mean()), float(low), float(high))
