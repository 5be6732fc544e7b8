"""An encoder that remembers the vectors of texts it has met, so that what is asked about again is not encoded again.

The vectors of an encoder never change, so nothing here is ever out of date; the oldest are forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from gristmill.models.encoder import TextEncoder
from gristmill.models.vectors import Vectors

# At 384 dimensions in float32 this is 60 MB.
MOST_REMEMBERED = 40_000


class RememberingEncoder:
    """Wraps an encoder; gives the same vectors. May be used by several threads."""

    def __init__(self, encoder: TextEncoder, most: int = MOST_REMEMBERED) -> None:
        self._encoder = encoder
        self._most = most
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def fingerprint(self) -> str:
        """The wrapped encoder's."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, dimensions), float32."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        fresh = [text for text in dict.fromkeys(texts) if text not in found]
        if fresh or not texts:
            found.update(zip(fresh, rows := self._encoder.encode(fresh), strict=True))
            if not texts:
                return rows
        self._remember(found)
        return np.stack([found[text] for text in texts])

    def _remember(self, used: dict[str, Vectors]) -> None:
        with self._lock:
            for text, vector in used.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
