"""Which characters a reader cannot see, or that only break matching, and what becomes of them.

The table of kinds is here and nowhere else. Repairing wrong encodings and normal forms are neighbours' jobs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from gristmill.corpus.hygiene.offsets import Edit

__all__ = ["NOTABLE", "beyond_plain_ascii", "character_edits"]

# Scripts in which a joiner or non-joiner changes the spelling: Arabic, Syriac to N'Ko, Indic, Tibetan, Myanmar,
# Khmer, Mongolian, and the later Indic blocks.
_JOINING_SCRIPTS = "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ua800-\uabff\ufb50-\ufdcf\ufe70-\ufefc"
_EMOJI = "\u203c-\u3299\U0001f000-\U0001faff\ufe0f"
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# The only flags made of tag characters that Unicode recommends: England, Scotland, Wales.
_TAG_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in code) + "\U000e007f" for code in ("gbeng", "gbsct", "gbwls")
)
_MEANT = "|".join(
    (
        f"(?<=[{_JOINING_SCRIPTS}])[\u200c\u200d]",
        f"(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])",
        f"(?<=[{_EMOJI}0-9#*©®])[\ufe0e\ufe0f]",
        f"(?<=[{_IDEOGRAPHS}])[\ufe00-\ufe02\U000e0100-\U000e01ef]",
        "(?<=[\u1820-\u18aa])[\u180b-\u180e]",
        _TAG_FLAGS,
    )
)
_KINDS = {
    "line_end": "\r\n|[\r\x0b\x0c\x85\u2028\u2029]",
    "control": "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]+",
    "odd_space": "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]+",
    "soft_hyphen": "\u00ad+",
    "zero_width": "[\u200b-\u200d\u2060\ufeff\u180e]+",
    "bidi_control": "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+",
    "tag_characters": "[\U000e0000-\U000e007f]+",
    "symbol_font": "[\uf0a7\uf0b7\uf0d8\uf0e0\uf0fc]",
    "private_use": "[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]+",
    "lone_surrogate": "[\ud800-\udfff]",
    "invisible": (
        "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2061-\u2065\u206a-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f"
        "\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0080-\U000e0fff\U000ffffe\U000fffff\U0010fffe\U0010ffff]+"
    ),
}
# Wingdings that PDF and Word files use for list marks; a reader sees these signs.
_SYMBOLS = {"\uf0a7": "▪", "\uf0b7": "•", "\uf0d8": "➢", "\uf0e0": "→", "\uf0fc": "✓"}
_REPLACEMENTS = {"line_end": "\n", "lone_surrogate": "\ufffd"}
# Every character of the table in one class, which `re` finds at a tenth of the price of the alternatives; and the flag
# with which a sequence of tags may begin.
_CLASSES = "".join(inside for form in _KINDS.values() for inside in re.findall(r"\[([^]]+)\]", form))
NOTABLE = re.compile(f"[{_CLASSES}\u00ad\U0001f3f4]+")
_KIND = "|".join(f"(?P<{kind}>{form})" for kind, form in _KINDS.items())
_PATTERN = re.compile(f"(?P<meant>{_MEANT})|{_KIND}")
_FEW_KINDS = 4
_PLAIN_ASCII = bytes([9, 10, *range(0x20, 0x7F)])


# Each step of cleaning asks for it again.
@lru_cache(maxsize=2)
def beyond_plain_ascii(text: str) -> str:
    """The characters of the text that are not printable ASCII, tab or line feed, in order.

    Deleting the plain bytes at once costs about a microsecond per kB, a hundredth of a regular expression.
    """
    return text.encode("utf-8", "surrogatepass").translate(None, _PLAIN_ASCII).decode("utf-8", "surrogatepass")


def character_edits(text: str) -> Iterator[Edit]:
    """Edits that take out what cannot be seen and fold line ends and odd spaces."""
    position = 0
    for start, end in _notable_runs(text):
        position = max(position, start)
        while position < end:
            match = _PATTERN.match(text, position)
            kind = match.lastgroup if match else None
            if match and kind and kind != "meant":
                yield Edit(match.start(), match.end(), _replacement(kind, match.group()), kind)
            position = match.end() if match else position + 1


def _notable_runs(text: str) -> Iterator[tuple[int, int]]:
    """Where to look: a text with few kinds of such characters is searched for each of these, which is cheaper."""
    found = set("".join(NOTABLE.findall("".join(set(beyond_plain_ascii(text))))))
    if not 0 < len(found) <= _FEW_KINDS:
        yield from (run.span() for run in NOTABLE.finditer(text))
        return
    start = end = -1
    for place in sorted(place for character in found for place in _places(character, text)):
        if place != end:
            if end > start:
                yield start, end
            start = place
        end = place + 1
    yield start, end


def _places(character: str, text: str) -> Iterator[int]:
    place = text.find(character)
    while place >= 0:
        yield place
        place = text.find(character, place + 1)


def _replacement(kind: str, found: str) -> str:
    if kind == "odd_space":
        return " " * len(found)
    if kind == "symbol_font":
        return _SYMBOLS[found]
    return _REPLACEMENTS.get(kind, "")
