"""Text that a reader does not see but a model reads: tag characters, variation selectors, zero-width runs.

Only finding and decoding them. Ordinary uses stay: flags of regions, joiners inside words and emoji, soft hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Three in a row: a flag emoji carries up to six tag characters, but starts with U+1F3F4 and is taken out below.
_TAGS = re.compile("[\U000e0000-\U000e007f]{4,}")
_FLAG = "\U0001f3f4"
# Bytes as variation selectors: U+FE00.. for 0 to 15, U+E0100.. for 16 to 255.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{8,}")
_ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff]{8,}")
# One look instead of three at a text that has none.
_CARRIERS = re.compile("[\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]{4}")
ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff")


class Smuggled(NamedTuple):
    """Invisible characters: where, by what means, and the text they carry if that is known."""

    start: int
    end: int
    means: str
    text: str


def smuggled(text: str) -> Iterator[Smuggled]:
    """Every run of invisible characters long enough to carry text."""
    if text.isascii() or not _CARRIERS.search(text):
        return
    for match in _TAGS.finditer(text):
        if not text.endswith(_FLAG, 0, match.start()):
            yield Smuggled(match.start(), match.end(), "tag characters", _from_tags(match.group()))
    for match in _SELECTORS.finditer(text):
        yield Smuggled(match.start(), match.end(), "variation selectors", _from_selectors(match.group()))
    for match in _ZERO_WIDTH.finditer(text):
        yield Smuggled(match.start(), match.end(), "zero-width characters", "")


def _from_tags(run: str) -> str:
    return "".join(chr(ord(character) - 0xE0000) for character in run)


def _from_selectors(run: str) -> str:
    codes = (ord(character) for character in run)
    octets = bytes(code - 0xFE00 if code < 0xE0000 else code - 0xE0100 + 16 for code in codes)
    return octets.decode("utf-8", errors="replace")


def splits_words(passage: str) -> bool:
    """Whether a passage has zero-width characters inside it, which hide words from a search."""
    return not passage.isascii() and any(character in ZERO_WIDTH for character in passage)
