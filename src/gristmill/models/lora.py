"""What low-rank training adds to a model (LoRA; Hu and others 2021), and the model with it added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from gristmill.models.gguf import Weights

Adapter = Mapping[str, NDArray[np.float32]]
_DOWN, _UP = ".lora_A.default", ".lora_B.default"


class Merged(Mapping[str, NDArray[np.float32]]):
    """Weights with what was learnt added to them, in float32 whatever was trained in.

    Each is made when it is asked for, so that not all of them are in memory twice.
    """

    def __init__(self, weights: Weights, adapter: Adapter, scale: float) -> None:
        self._weights, self._scale = weights, scale
        self._added = {
            name.replace(_DOWN, ""): (adapter[name.replace(_DOWN, _UP)], down)
            for name, down in adapter.items()
            if _DOWN in name
        }

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Return one matrix or vector."""
        own = self._weights[name]
        if name not in self._added:
            return own
        up, down = self._added[name]
        return (own + self._scale * (up @ down)).astype(np.float32)

    def __iter__(self) -> Iterator[str]:
        """Return the names of the weights."""
        return iter(self._weights)

    def __len__(self) -> int:
        """Return how many weights there are."""
        return len(self._weights)
