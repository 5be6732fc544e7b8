"""Text as the rules read it: lower case, without accents, look-alikes and invisible characters.

Only folding and the way back from folded to original positions; what is searched for is declared in the phrases.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

# Cyrillic and Greek letters that look like Latin ones and are used to break up words (Unicode TR39 confusables).
_LOOKALIKES = dict(zip("абвеіјкмнорсѕтухһԁԛԝгαβγεικνορτυχω", "abbeijkmhopcstyxhdqwrabyeikvoptuxw", strict=True))
_LOOKALIKES |= {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "ı": "i", "ı".upper(): "i"}
_PLAIN = {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-"}
_INVISIBLE = frozenset({"Cf", "Mn", "Me"})


class _Folds(dict[int, str]):
    """Folded form of every character met so far, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
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
    """A folded text; `ends` maps it back: `ends[i]` is where original character `i` ends in it, None if unchanged."""

    text: str
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span of a span of the folded text."""
        if self.ends is None:
            return start, end
        return bisect_left(self.ends, start + 1), bisect_left(self.ends, end) + 1


def fold(text: str) -> Folded:
    """Fold a text for matching. Linear in its length; never raises."""
    if text.isascii():
        return Folded(text.lower())
    folded = text.translate(_FOLDS)
    lengths = [len(_FOLDS[ord(character)]) for character in text]
    if all(length == 1 for length in lengths):
        return Folded(folded)
    return Folded(folded, tuple(accumulate(lengths)))
