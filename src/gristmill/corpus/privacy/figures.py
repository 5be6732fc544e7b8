"""Whether a text can hold a number of some shape at all: a look at its bytes, at a hundredth of the price of a pattern.

Too much may be let through, never too little; what a number is, the rules say.
"""

from __future__ import annotations

import re
import string
from functools import cached_property

__all__ = ["Figures"]

# Each figure is 0, each letter a; Latin-1 keeps the no-break space, which parts groups of figures.
_SHAPES = bytes(
    0x30 if chr(code) in string.digits else 0x61 if chr(code) in string.ascii_letters else code for code in range(256)
)
_SEPARATORS = b"().-/ +\xa0"
_NETWORK = re.compile(rb"0\.0{1,3}\.0{1,3}\.0")
_ACCOUNT = re.compile(rb"aa00 ?[a0]{4} ?[a0]{4}")
_RUN = re.compile(rb"0[0().\-/ +\xa0]*")
# Two groups of figures or of the letters A to F, each with a colon behind it.
_HEXADECIMAL = bytes(0x30 if chr(code) in string.hexdigits else code for code in range(256))
_COLONS = re.compile(rb"0:0{1,4}:")
_ASCII = bytes(range(128))


class Figures:
    """The figures of one text."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _shapes(self) -> bytes:
        return self._text.encode("latin-1", "replace").translate(_SHAPES)

    @cached_property
    def _together(self) -> bytes:
        return self._shapes.translate(None, _SEPARATORS)

    @cached_property
    def _are_foreign(self) -> bool:
        r"""Figures of other scripts count for `\\d`: where any stand, nothing is ruled out."""
        if self._text.isascii():
            return False
        rest = self._text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
        return any(map(str.isdecimal, set(rest)))

    def may_be(self, count: int) -> bool:
        """Whether so many figures stand in a row, with nothing but what parts groups of them between."""
        return self._are_foreign or b"0" * count in self._together

    @property
    def may_name_a_host(self) -> bool:
        """Whether four groups of figures are parted by points."""
        return self._are_foreign or _NETWORK.search(self._shapes) is not None

    @property
    def may_be_an_account(self) -> bool:
        """Whether two figures stand behind two letters, and two groups of four behind them."""
        return self._are_foreign or _ACCOUNT.search(self._shapes) is not None

    @property
    def may_be_parted_by_colons(self) -> bool:
        """Whether groups of hexadecimal figures are."""
        if ":" not in self._text:
            return False
        return _COLONS.search(self._text.encode("latin-1", "replace").translate(_HEXADECIMAL)) is not None

    def runs(self, count: int) -> list[tuple[int, int]]:
        """Where so many figures stand in a row, with nothing but what parts groups of them between."""
        if self._are_foreign:
            return [(0, len(self._text))]
        return [run.span() for run in _RUN.finditer(self._shapes) if run.group().count(b"0") >= count]
