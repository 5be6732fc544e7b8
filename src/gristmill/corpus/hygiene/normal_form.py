"""Brings text to Unicode normal form C, piece by piece, so that offsets stay known.

NFC and not NFKC: the compatibility forms carry meaning here ("10 m²" is not "10 m2", "½" is not "1⁄2", "①" is not "1").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from gristmill.corpus.hygiene.offsets import Edit

__all__ = ["normal_form_edits"]

_LAST_WITH_DECOMPOSITION = 0x30000
# Vowels and finals of conjoining Hangul: letters, but they combine with what stands before them.
_HANGUL_JAMO = range(0x1160, 0x1200)


def normal_form_edits(text: str) -> Iterator[Edit]:
    """Edits for each character with its combining marks that is not in normal form C."""
    if unicodedata.is_normalized("NFC", text):
        return
    for match in _decomposable().finditer(text):
        normal = unicodedata.normalize("NFC", match.group())
        if normal != match.group():
            yield Edit(match.start(), match.end(), normal, "not_nfc")


@lru_cache(maxsize=1)
def _decomposable() -> re.Pattern[str]:
    """A character and its marks, or a character that normal form C replaces; built when first needed (30 ms)."""
    marks, replaced = [], []
    for code in range(0x80, _LAST_WITH_DECOMPOSITION):
        character = chr(code)
        if unicodedata.category(character) in ("Mn", "Mc") or code in _HANGUL_JAMO:
            marks.append(character)
        elif not unicodedata.is_normalized("NFC", character):
            replaced.append(character)
    return re.compile(f"(?s:.)[{''.join(marks)}]+|[{''.join(replaced)}]")
