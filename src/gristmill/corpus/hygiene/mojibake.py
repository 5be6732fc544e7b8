"""Repairs text that was decoded with the wrong encoding ("CafÃ©"), by ftfy.

Only lines with signs of it are handed to ftfy, which costs about a thousand times the search for the signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gristmill.corpus.hygiene.characters import beyond_plain_ascii
from gristmill.corpus.hygiene.offsets import Edit, Span

__all__ = ["MOJIBAKE_SIGN", "mojibake_edits", "mojibake_left"]

# Bytes 80 to BF as Latin-1 and as Windows-1252 show them.
_CONTINUATION = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_CYRILLIC = "[РС][ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬®Ї°±Ііґµ¶·ё№є»јѕї]"
MOJIBAKE_SIGN = re.compile(
    f"[\u00c2-\u00df]{_CONTINUATION}|[\u00e0-\u00ef]{_CONTINUATION}{{2}}|[\u00f0-\u00f4]{_CONTINUATION}{{3}}"
    f"|{_CYRILLIC}{_CYRILLIC}"  # UTF-8 read as Windows-1251
    "|‚Ä[ìîôù¶®]|√[©®†¢º§∂ß]"  # UTF-8 read as Mac Roman
)
_WORD = re.compile(r"\S+")
# ftfy looks for patterns across a whole line; a line without end is cut so that it stays linear.
_LONGEST_LINE = 10_000
_LINE = re.compile(rf"[^\n]{{1,{_LONGEST_LINE}}}")


def has_mojibake_sign(text: str) -> bool:
    """Whether a text shows signs of wrong decoding. All of them are beyond ASCII, of which most texts have little."""
    return MOJIBAKE_SIGN.search(beyond_plain_ascii(text)) is not None and MOJIBAKE_SIGN.search(text) is not None


def mojibake_edits(text: str) -> Iterator[Edit]:
    """Edits that restore the characters meant, word by word where that gives the same as the whole line."""
    if not has_mojibake_sign(text):
        return
    for line in _LINE.finditer(text):
        if MOJIBAKE_SIGN.search(line.group()):
            yield from _line_edits(line.group(), line.start())


def mojibake_left(text: str) -> Iterator[Span]:
    """Signs of wrong decoding in lines that ftfy still calls bad."""
    if not has_mojibake_sign(text):
        return
    from ftfy.badness import is_bad

    for line in _LINE.finditer(text):
        sign = MOJIBAKE_SIGN.search(line.group())
        if sign and is_bad(line.group()):
            yield Span(line.start() + sign.start(), line.start() + sign.end())


def _line_edits(line: str, base: int) -> Iterator[Edit]:
    from ftfy import fix_encoding

    fixed = fix_encoding(line)
    if fixed == line:
        return
    words = [
        Edit(base + word.start(), base + word.end(), fix_encoding(word.group()), "mojibake")
        for word in _WORD.finditer(line)
        if not word.group().isascii()
    ]
    changed = [edit for edit in words if edit.replacement != line[edit.start - base : edit.end - base]]
    yield from changed if _joined(line, base, changed) == fixed else [_difference(line, fixed, base)]


def _joined(line: str, base: int, edits: list[Edit]) -> str:
    pieces: list[str] = []
    copied = 0
    for edit in edits:
        pieces += (line[copied : edit.start - base], edit.replacement)
        copied = edit.end - base
    return "".join((*pieces, line[copied:]))


def _difference(line: str, fixed: str, base: int) -> Edit:
    shorter = min(len(line), len(fixed))
    head = next((i for i in range(shorter) if line[i] != fixed[i]), shorter)
    tail = next((i for i in range(shorter - head) if line[-1 - i] != fixed[-1 - i]), shorter - head)
    return Edit(base + head, base + len(line) - tail, fixed[head : len(fixed) - tail], "mojibake")
