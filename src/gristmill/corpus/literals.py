"""Which of many literals stand in a text: one pass over its bytes instead of a search for each.

The runs of three bytes of all literals are looked up at once, and only a literal of which all runs stand in the text
is searched for. What they are looked for belongs to those who declare them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["Literals"]

_RUN = 3
_THREE_BYTES = np.uint32((1 << 24) - 1)
# Runs are looked up by a hash of so many bits: the table stays in the processor's cache.
_BITS = 16
# In a title, a search for each costs less.
_SHORT_TEXT = 500
_SPREAD = np.uint32(2_654_435_761)


class Literals:
    """Some literals, ready for many texts."""

    def __init__(self, literals: Iterable[str]) -> None:
        self._literals = tuple(sorted(set(literals)))
        numbers: dict[int, int] = {}
        slots = [[numbers.setdefault(slot, len(numbers) + 1) for slot in _slots_of(one)] for one in self._literals]
        # What is shorter than a run needs none: the number 0 is in every text.
        longest = max(map(len, slots), default=0)
        padded = [one + [0] * (longest - len(one)) for one in slots]
        self._needed = np.array(padded, dtype=np.intp).reshape(len(padded), longest)
        self._number = np.zeros(1 << _BITS, dtype=np.uint16)
        self._number[list(numbers)] = list(numbers.values())
        self._count = len(numbers) + 1

    def in_text(self, text: str) -> frozenset[str]:
        """Those that stand in the text, exactly as they are written."""
        if len(text) < _SHORT_TEXT:
            return frozenset(literal for literal in self._literals if literal in text)
        is_there = np.zeros(self._count, dtype=np.bool_)
        is_there[0] = True
        for slots in _slots(text.encode("utf-8", "surrogatepass")):
            is_there[self._number.take(slots)] = True
        maybe = np.flatnonzero(is_there[self._needed].all(axis=1)).tolist()
        return frozenset(literal for literal in map(self._literals.__getitem__, maybe) if literal in text)


def _slots(octets: bytes) -> Iterator[NDArray[np.uint32]]:
    """The slot of every run of three bytes, in four parts, whatever their order."""
    padded = octets + bytes(_RUN)
    for offset in range(4):
        count = (len(padded) - offset) // 4
        runs = np.frombuffer(padded, dtype="<u4", count=count, offset=offset) & _THREE_BYTES
        yield (runs * _SPREAD) >> np.uint32(32 - _BITS)


def _slots_of(literal: str) -> list[int]:
    octets = literal.encode()
    runs = [octets[at : at + _RUN] for at in range(len(octets) - _RUN + 1)]
    return [int((np.frombuffer(run + b"\0", dtype="<u4") * _SPREAD)[0]) >> (32 - _BITS) for run in runs]
