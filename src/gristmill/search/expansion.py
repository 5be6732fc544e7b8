"""A question moved towards what it found first, so that what is like that is found as well.

The passages that all signals together rank first are taken for right, without asking anybody (pseudo-relevance
feedback; Rocchio 1971). People's feedback does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gristmill.models.vectors import Vectors


def first_rows(fused: Mapping[int, float], count: int) -> list[int]:
    """Return the rows with the highest scores, best first."""
    return sorted(fused, key=lambda row: (-fused[row], row))[:count]


def expanded(vector: Vectors, found: Vectors, share: float) -> Vectors:
    """Return the vector of a question moved by `share` of a unit towards the middle of what it found.

    Args:
        vector: of the question, at unit length.
        found: the vectors of the passages, shape (passages, dimensions).
        share: 0 leaves the question as it is.
    """
    middle = found.mean(axis=0)
    moved: Vectors = vector + share * middle / max(float(np.linalg.norm(middle)), 1e-12)
    return moved / np.float32(max(float(np.linalg.norm(moved)), 1e-12))
