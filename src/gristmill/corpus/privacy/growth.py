"""How far an address goes on after its street: flats, towns, states, countries and post codes, over a few lines."""

from __future__ import annotations

import re

from gristmill.corpus.privacy.capitals import lacks_capitals
from gristmill.corpus.privacy.gazetteer import gazetteer

__all__ = ["FLAT", "WORD", "grown", "is_name_word"]

WORD = r"[^\W\d_][\w.'’-]{0,40}"  # all lengths have a bound, so that no text makes a search slow
FLAT = r"(?:apt|apartment|suite|unit|flat|floor|appartement|wohnung|bât)\.? ?#?\d{1,4}[a-z]?\b"
# Up to one line break between two words of an address; a blank line ends it.
NEXT = re.compile(
    rf"[ ,.>]{{0,3}}(?:\n[ ,>]{{0,3}}){{0,2}}(?P<word>{FLAT}|(?<=[ ,\n>])\w[\w'’()-]{{0,40}})", re.IGNORECASE
)
POSTCODE = re.compile(r"\d{4,6}(?:-\d{3,4})?|\d{2}-\d{3}|[A-Z]{1,2}\d[A-Z\d]?|\d[A-Z]{2}|[A-Z]{2,3}")
PARTICLES = frozenset({
    "de", "la", "le", "les", "du", "des", "di", "da", "do", "van", "der", "den", "of", "and", "el", "los", "las", "am",
    "an", "upon", "nad",
})  # fmt: skip
MOST_WORDS = 14  # flat, district, town, state, country and code together


def is_name_word(text: str, word: str) -> bool:
    """Written as a name (or the text has no capitals at all) and no ordinary word."""
    return (word[0].isupper() or lacks_capitals(text)) and word.lower().rstrip(".,") not in gazetteer().words


def grown(text: str, end: int) -> int:
    """Where the address ends that goes on at `end`. Words that only may belong to it count if one follows that must."""
    position = end
    for _ in range(MOST_WORDS):
        match = NEXT.match(text, position)
        if match is None or _is_new_paragraph(match):
            break
        position = match.end()
        strength = _strength(text, match)
        if strength is None:
            break
        if strength:
            end = position
    return end


def _is_new_paragraph(match: re.Match[str]) -> bool:
    """A blank line ends an address, unless a known place or a post code follows: Markdown parts lines by blank ones."""
    word = match["word"]
    return "\n\n" in match[0] and not word.isdigit() and word.lower() not in gazetteer().places


def _strength(text: str, match: re.Match[str]) -> bool | None:
    """True for a word that belongs to an address, False for one that may, None for one that ends it."""
    word = match["word"]
    lowered = word.lower()
    if (
        " " in word
        or (word[-1].isdigit() and not word[0].isdigit())
        or POSTCODE.fullmatch(word.upper() if word[0].isdigit() else word)
    ):
        return ". " not in match[0] or " " in word
    if match[0].lstrip(" ").startswith((". ", ".\n")):
        return None
    if lowered in gazetteer().places or is_name_word(text, word):
        return True
    return False if word[0].isupper() or lowered in PARTICLES else None
