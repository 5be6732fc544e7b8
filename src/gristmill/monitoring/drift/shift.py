"""Whether one window of vectors differs from a reference: two tests, one budget. Pure functions of numpy arrays.

Coverage: a part of the reference anchors, the rest says how near to the anchors one is when nothing changed; the
window's similarities to its nearest anchor are compared with those by the one-sided test of Smirnov (1939). It sees
what lies where the reference has nothing. Energy distance (Szekely and Rizzo 2004) with permuted labels sees any other
change. Either may raise the alarm, each at half of the budget, so the false alarms of both together stay within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gristmill.models.vectors import Vectors

# False alarms per window and monitor, over both tests: 0.6 in 30 windows. `gristmill bench drift` measures it.
ALPHA = 0.02
# Below so many items in a window nothing is said: less than a third of it would have to be new to be seen.
LEAST = 50
_ANCHORS = 0.6
# The smallest p-value that so many permutations give is a quarter of what an alarm takes.
_PERMUTATIONS = 399
# What is farther from all anchors than 19 of 20 of the reference counts as unlike it.
_UNLIKE = 0.05
_SEED = 20_261_125

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """How a window differs from its reference."""

    p_coverage: float
    p_energy: float
    unlike: float  # share of the window that is unlike the reference, beyond what would be by chance
    effect: float  # energy distance over the mean distance between window and reference: 0 alike, 1 apart

    @property
    def p(self) -> float:
        """The p-value of both tests together (Bonferroni)."""
        return min(1.0, 2 * min(self.p_coverage, self.p_energy))

    @property
    def p_told(self) -> str:
        """The p-value as people read it; no test finds it to be nought."""
        return f"p = {self.p:.3f}" if self.p >= 0.001 else "p < 0.001"

    @property
    def alarm(self) -> bool:
        """Whether the window differs by more than chance."""
        return self.p <= ALPHA


def compare(reference: Vectors, window: Vectors) -> Shift:
    """Return how `window` differs from `reference`; rows are vectors of unit length, in any order."""
    expected, found = nearness(reference, window)
    p_energy, effect = energy(reference, window)
    beyond = float((found < np.quantile(expected, _UNLIKE)).mean())
    unlike = max(0.0, (beyond - _UNLIKE) / (1 - _UNLIKE))
    return Shift(smirnov(found, expected), p_energy, unlike, effect)


def nearness(reference: Vectors, window: Vectors) -> tuple[Array, Array]:
    """Return the similarity to the nearest anchor: of the reference's other part, and of the window's rows."""
    order = np.random.default_rng(_SEED).permutation(len(reference))
    cut = int(len(reference) * _ANCHORS)
    anchors, rest = reference[order[:cut]], reference[order[cut:]]
    return _nearest(rest, anchors), _nearest(window, anchors)


def smirnov(lower: Array, upper: Array) -> float:
    """Return the one-sided p-value that `lower` is not below `upper`; the asymptotic formula, which is cautious."""
    values = np.concatenate([lower, upper])
    above = np.searchsorted(np.sort(lower), values, side="right") / len(lower)
    below = np.searchsorted(np.sort(upper), values, side="right") / len(upper)
    distance = max(0.0, float((above - below).max()))
    return float(np.exp(-2 * distance**2 * len(lower) * len(upper) / (len(lower) + len(upper))))


def energy(reference: Vectors, window: Vectors) -> tuple[float, float]:
    """Return the p-value of the energy distance by permutation, with one added, and its size from 0 to 1."""
    pooled = np.concatenate([reference, window]).astype(np.float32)
    distances = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * (pooled @ pooled.T)))
    np.fill_diagonal(distances, 0.0)
    few, many = len(window), len(reference)
    drawn = _labels(len(pooled), few)
    sums = distances @ drawn
    inside = (drawn * sums).sum(axis=0, dtype=np.float64)
    touching = sums.sum(axis=0, dtype=np.float64)
    between = touching - inside
    outside = float(distances.sum(dtype=np.float64)) - 2 * touching + inside
    across = 2 * between / (few * many)
    statistics = across - inside / few**2 - outside / many**2
    as_large = int((statistics[1:] >= statistics[0] - 1e-9).sum())
    return (1 + as_large) / (1 + _PERMUTATIONS), float(max(0.0, statistics[0]) / max(across[0], 1e-12))


@lru_cache(maxsize=8)
def _labels(rows: int, few: int) -> npt.NDArray[np.float32]:
    """Return who is in the window: in truth in the first column, by chance in the others.

    Kept, because drawing them takes longer than all that is computed with them.
    """
    rng = np.random.default_rng(_SEED)
    labels = np.zeros((rows, 1 + _PERMUTATIONS), dtype=np.float32)
    labels[rows - few :, 0] = 1
    chosen = rng.random((rows, _PERMUTATIONS), dtype=np.float32).argpartition(few, axis=0)[:few]
    np.put_along_axis(labels[:, 1:], chosen, 1, axis=0)
    return labels


def _nearest(rows: Vectors, anchors: Vectors) -> Array:
    nearest: Array = (rows @ anchors.T).max(axis=1).astype(np.float64)
    return nearest
