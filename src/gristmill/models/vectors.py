"""What an encoder gives: a module of its own, since most that work with vectors need no encoder, which costs time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Vectors"]

# A row a text, in float32; rows have length 1 unless said otherwise.
Vectors = NDArray[np.float32]
