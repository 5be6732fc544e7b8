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
    """When two texts are near duplicates: alike as a whole, or one almost wholly within a longer one.

    Under the same heading the longer one may be as long as it likes: a list of contents, and the page that has them.
    """

    jaccard: float = 0.5
    containment: float = 0.75
    headed_containment: float = 0.6
    # A note quoted in a handbook is not a duplicate of the handbook.
    longest_ratio: float = 3.0
    fewest_shingles: int = 20

    def hold(self, jaccard: float, containment: float, sizes: tuple[int, int], *, same_heading: bool) -> bool:
        """Whether two texts are near duplicates; `sizes` are their numbers of shingles."""
        within = self.headed_containment if same_heading else self.containment
        may_be_within = same_heading or max(sizes) <= self.longest_ratio * min(sizes)
        return jaccard >= self.jaccard or (may_be_within and containment >= within)

    def may_hold(
        self,
        agreement: npt.NDArray[np.float64],
        sizes: npt.NDArray[np.int64],
        permutations: int,
        same_heading: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.bool_]:
        """Which pairs can be near duplicates, by the share of equal minima and both numbers of shingles (a row each).

        Where one text may lie within a longer one, the Jaccard similarity of such a pair depends on their sizes alone.
        """
        shorter, longer = sizes.min(axis=1), sizes.max(axis=1)
        containment = np.where(same_heading, self.headed_containment, self.containment)
        within = containment * shorter / np.maximum(longer + (1 - containment) * shorter, 1)
        may_be_within = same_heading | (longer <= self.longest_ratio * shorter)
        needed = np.where(may_be_within, np.minimum(self.jaccard, within), self.jaccard)
        error = np.sqrt(needed * (1 - needed) / permutations)
        is_alike = agreement >= needed - _STANDARD_ERRORS * error
        found: npt.NDArray[np.bool_] = is_alike & ((shorter >= self.fewest_shingles) | (agreement == 1.0))
        return found


DEFAULT_LIMITS = Limits()
