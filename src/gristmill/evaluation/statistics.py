"""The statistics of comparing two releases on the same questions: pure functions. Decisions stand in `gate.py`.

Questions about one document share its fate, so they are not independent: intervals resample whole documents, and the
exact tests count as many questions as the design effect leaves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_SEED = 20_261_125
# The bootstrap must agree with the score test, which takes a little more than the formula says (simulated).
_RESERVE = 1.08


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits."""

    estimate: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Pairs:
    """A binary measure on the same questions: how often only the candidate, or only the baseline, is right."""

    n: int
    gained: int
    lost: int
    design_effect: float

    @property
    def delta(self) -> float:
        """Difference of the shares of right answers."""
        return (self.gained - self.lost) / self.n if self.n else 0.0

    @property
    def discordance(self) -> float:
        """Share of questions on which the two differ, never taken to be nothing (one is added)."""
        return (self.gained + self.lost + 1) / (self.n + 2)


def pairs_of(candidate: Sequence[float], baseline: Sequence[float], clusters: Sequence[str]) -> Pairs:
    """Return what two lists of 0 and 1 on the same questions make."""
    difference = np.asarray(candidate, dtype=float) - np.asarray(baseline, dtype=float)
    return Pairs(
        len(difference), int((difference > 0).sum()), int((difference < 0).sum()), design_effect(difference, clusters)
    )


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact one-sided p-value for the candidate being no worse (McNemar 1947): small when it lost more."""
    total = gained + lost
    tail = sum(math.comb(total, k) for k in range(lost, total + 1))
    return tail / 2**total if total else 1.0


def not_worse_p(pairs: Pairs, margin: float) -> float:
    """Return the one-sided p-value of the score test that the candidate loses `margin` or more (Tango 1998).

    Unlike Wald's interval it holds with few or no differences: identical answers on ten questions prove little.
    """
    n = pairs.n / pairs.design_effect
    gained, lost = pairs.gained / pairs.design_effect, pairs.lost / pairs.design_effect
    if n <= 0:
        return 1.0
    delta = -margin
    b = -gained - lost + (2 * n - gained + lost) * delta
    c = -lost * delta * (1 - delta)
    share_lost = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * share_lost + delta * (1 - delta))
    return 1.0 if variance <= 0 else _above((gained - lost - n * delta) / math.sqrt(variance))


def design_effect(values: Array, clusters: Sequence[str]) -> float:
    """Return by how much clustering widens the variance of the mean; at least 1 (Kish 1965)."""
    n = len(values)
    sums, _ = _by_cluster(values - values.mean() if n else values, clusters)
    plain = float(((values - values.mean()) ** 2).sum()) if n else 0.0
    groups = len(sums)
    if plain == 0 or groups < 2:
        return 1.0
    return max(1.0, float((sums**2).sum()) * groups / (groups - 1) / plain * (n - 1) / n)


def bootstrap(values: Sequence[float], clusters: Sequence[str], repetitions: int, alpha: float = 0.05) -> Interval:
    """Return the mean with its two-sided limits at 1 - `alpha`, resampling clusters (Efron and Tibshirani 1993)."""
    array = np.asarray(values, dtype=float)
    if not len(array):
        return Interval(0.0, 0.0, 0.0, 0)
    means = _resampled(array, clusters, repetitions)
    low, high = np.quantile(means, [alpha / 2, 1 - alpha / 2])
    return Interval(float(array.mean()), float(low), float(high), len(array))


def lower_limit(values: Sequence[float], clusters: Sequence[str], repetitions: int, alpha: float) -> float:
    """Return the one-sided lower limit of the mean at 1 - `alpha`, resampling clusters."""
    array = np.asarray(values, dtype=float)
    return float(np.quantile(_resampled(array, clusters, repetitions), alpha)) if len(array) else -1.0


def spent(alpha: float, tries: int) -> float:
    """Return the part of `alpha` that try number `tries` may spend; over any number of tries it adds up to `alpha`."""
    return alpha * 6 / (math.pi * tries) ** 2


def sample_size(effect: float, margin: float, alpha: float, power: float, discordance: float, design: float) -> int:
    """Return how many questions it takes to promote a candidate that is better by `effect`, with `power`.

    Args:
        effect: true difference in the share of right answers.
        margin: of non-inferiority.
        alpha: one-sided.
        power: wanted.
        discordance: share of questions on which the two differ.
        design: design effect of the clusters.
    """
    differing = max(discordance, abs(effect), 2 * margin)
    at_margin = math.sqrt(max(differing - margin**2, 1e-9))
    at_effect = math.sqrt(max(differing - effect**2, 1e-9))
    root = (normal_quantile(1 - alpha) * at_margin + normal_quantile(power) * at_effect) / (effect + margin)
    return math.ceil(_RESERVE * design * root**2)


def normal_quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


def _above(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def _by_cluster(values: Array, clusters: Sequence[str]) -> tuple[Array, Array]:
    _, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    sums: Array = np.bincount(index, weights=values).astype(float)
    sizes: Array = np.bincount(index).astype(float)
    return sums, sizes


def _resampled(values: Array, clusters: Sequence[str], repetitions: int) -> Array:
    sums, sizes = _by_cluster(values, clusters)
    drawn = np.random.default_rng(_SEED).integers(0, len(sums), (repetitions, len(sums)))
    means: Array = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return means


def relative_gain(
    after: Sequence[float], before: Sequence[float], clusters: Sequence[str], repetitions: int
) -> Interval:
    """Return by what share of itself a mean has risen, with the 95% interval of a bootstrap over whole clusters.

    Args:
        after: a value per question.
        before: the same questions' values before.
        clusters: what each question depends on.
        repetitions: of the bootstrap.
    """
    names = sorted(set(clusters))
    place = np.array([names.index(cluster) for cluster in clusters])
    sums = np.array([np.bincount(place, np.asarray(values, float), len(names)) for values in (after, before)])
    if not len(clusters) or sums[1].sum() <= 0:
        return Interval(0.0, 0.0, 0.0, len(clusters))
    drawn = np.random.default_rng(_SEED).multinomial(len(names), np.full(len(names), 1 / len(names)), repetitions)
    totals = drawn @ sums.T
    gains = totals[:, 0] / np.maximum(totals[:, 1], 1e-12) - 1
    low, high = np.quantile(gains, [0.025, 0.975])
    return Interval(float(sums[0].sum() / sums[1].sum() - 1), float(low), float(high), len(clusters))
