"""Text as the rules read it: lower case, without accents, look-alikes and invisible characters.

Only folding and the way back from folded to original positions; what is searched for is declared in the phrases.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

# Cyrillic and Greek letters that look like Latin ones and are used to break up words (Unicode TR39 confusables).
_LOOKALIKES = dict(zip("абвеіјкмнорсѕтухһԁԛԝгαβγεικνορτυχω", "abbeijkmhopcstyxhdqwrabyeikvoptuxw", strict=True))
_LOOKALIKES |= {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "ı": "i", "ı".upper(): "i"}
_PLAIN = {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-"}
_INVISIBLE = frozenset({"Cf", "Mn", "Me"})
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


class _Folds(dict[str, str]):
    """Folded form of every character beyond ASCII met so far."""

    def __missing__(self, character: str) -> str:
        folded = _fold_character(character)
        self[character] = folded
        return folded


def _fold_character(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    category = unicodedata.category(character)
    if category in _INVISIBLE or character == "\u00ad":
        return ""
    if category == "Zs":
        return " "
    return "".join(_LOOKALIKES.get(part, part) for part in _latin(character))


def _latin(character: str) -> str:
    """The compatibility form of a character in lower case, without combining marks."""
    parts = unicodedata.normalize("NFKD", character).lower()
    return "".join(part for part in unicodedata.normalize("NFKD", parts) if not unicodedata.combining(part))


_FOLDS = _Folds()


@dataclass(frozen=True)
class Folded:
    """A folded text and the way back.

    Where one character became none or several: `places` are those characters in the original, `ends` where each ends
    in the folded text. Both ascend, and are empty where every character became one.
    """

    text: str
    places: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span of a span of the folded text."""
        return self._holder(start + 1), self._holder(end) + 1

    def position(self, original: int) -> int:
        """Where the character at an original position begins in the folded text."""
        before = bisect_left(self.places, original)
        return original if before == 0 else self.ends[before - 1] + original - self.places[before - 1] - 1

    def _holder(self, end: int) -> int:
        """The first original character that ends at or after a place of the folded text."""
        before = bisect_left(self.ends, end)
        found = end - 1 if before == 0 else self.places[before - 1] + end - self.ends[before - 1]
        if before < len(self.places):
            found = min(found, self.places[before])
        return found


def fold(text: str) -> Folded:
    """Fold a text for matching. Linear in its length; never raises."""
    if text.isascii():
        return Folded(text.lower())
    pieces: list[str] = []
    places: list[int] = []
    ends: list[int] = []
    copied = longer = 0
    for match in _BEYOND_ASCII.finditer(text):
        at = match.start()
        folded = _FOLDS[match[0]]
        pieces += (text[copied:at].lower(), folded)
        copied = at + 1
        if len(folded) != 1:
            longer += len(folded) - 1
            places.append(at)
            ends.append(copied + longer)
    pieces.append(text[copied:].lower())
    return Folded("".join(pieces), tuple(places), tuple(ends))
