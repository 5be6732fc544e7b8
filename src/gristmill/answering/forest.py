"""A forest of decision trees, read from plain arrays: nothing is unpickled, and no library is needed to ask it.

`python -m benchmarks.answering --fit` grows it; here it only gives its opinion.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

_LEAF = -1
_CERTAIN = 1e-3


@dataclass(frozen=True)
class Forest:
    """All nodes of all trees in a row; the probability is the trees' mean, made honest by a logistic curve."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]  # -1 at a leaf
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    slope: float
    intercept: float

    @classmethod
    def packaged(cls, name: str) -> Forest:
        """Return a forest that comes with the package."""
        with as_file(files("gristmill.answering").joinpath(name)) as file, np.load(file, allow_pickle=False) as arrays:
            parts = {key: arrays[key] for key in ("roots", "feature", "threshold", "left", "right", "value")}
            slope, intercept = map(float, arrays["curve"])
        return cls(**parts, slope=slope, intercept=intercept)

    def probability(self, measures: Sequence[float]) -> float:
        """Return the probability for one row of measures."""
        share = self.share(measures)
        logit = math.log(share / (1 - share))
        return 1 / (1 + math.exp(-(self.slope * logit + self.intercept)))

    def share(self, measures: Sequence[float]) -> float:
        """Return the mean of the trees, kept away from certainty."""
        row = np.asarray(measures, dtype=np.float32)  # as the trees were grown
        total = 0.0
        for root in self.roots:
            node = int(root)
            while self.feature[node] != _LEAF:
                goes_left = row[self.feature[node]] <= self.threshold[node]
                node = int(self.left[node] if goes_left else self.right[node])
            total += float(self.value[node])
        return min(1 - _CERTAIN, max(_CERTAIN, total / len(self.roots)))
