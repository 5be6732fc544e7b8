"""When two texts are near duplicates, and how alike their signatures must then be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DEFAULT_LIMITS", "Limits"]

# A pair whose estimate lies so many standard errors below what it needs is not read: one in 30,000 is lost.
_STANDARD_ERRORS = 4.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When two texts are near duplicates: alike as a whole, or one almost wholly within a longer one."""

    jaccard: float = 0.5
    containment: float = 0.75
    # A note quoted in a handbook is not a duplicate of the handbook.
    longest_ratio: float = 3.0
    fewest_shingles: int = 20

    def may_hold(
        self, agreement: npt.NDArray[np.float64], sizes: npt.NDArray[np.int64], permutations: int
    ) -> npt.NDArray[np.bool_]:
        """Which pairs can be near duplicates, by the share of equal minima and both numbers of shingles (a row each).

        Where one text may lie within a longer one, the Jaccard similarity of such a pair depends on their sizes alone.
        """
        shorter, longer = sizes.min(axis=1), sizes.max(axis=1)
        within = self.containment * shorter / np.maximum(longer + (1 - self.containment) * shorter, 1)
        needed = np.where(longer <= self.longest_ratio * shorter, np.minimum(self.jaccard, within), self.jaccard)
        error = np.sqrt(needed * (1 - needed) / permutations)
        is_alike = agreement >= needed - _STANDARD_ERRORS * error
        found: npt.NDArray[np.bool_] = is_alike & ((shorter >= self.fewest_shingles) | (agreement == 1.0))
        return found


DEFAULT_LIMITS = Limits()
