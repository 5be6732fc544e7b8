"""Rows of tables and lists in PDFs, which the parsing library (kreuzberg 4.10) puts together to one paragraph.

Its text of a page still has the lines. A line of running text ends where the next word had no room; a row ends before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# A paragraph is taken for rows when so many of its lines end although the next word had room.
_FEWEST_LINES, _LEAST_SHARE = 3, 0.5
# Letters differ in width: less than this share of the longest line counts as room.
_FULL = 0.9
_NARROW = 0.6  # of the widest line of a page
_NO_TEXT = re.compile(r"\s*(?:#|\||>|```)")
# A list's item or a clause, "2.1" or "(3)", begins a row; a clause only after the end of a sentence.
_BULLET = re.compile(r"[·•▪‣]$")
_CLAUSE = re.compile(r"(?:\(?\d{1,3}[.)]|\d{1,3}(?:\.\d{1,3})+\.?)$")
_END = (".", ";", ":", "!", "?")


_Words = tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """A line of a page, and how long the longest one of the page is, in characters."""

    words: _Words
    width: int

    def __len__(self) -> int:
        return len(" ".join(self.words))


def with_rows(markdown: str, pages: Sequence[str]) -> str:
    """Return the Markdown of a PDF with each row that lost its line as a paragraph of its own.

    Args:
        markdown: of the whole document; a paragraph is one line.
        pages: the plain text of each page, with its lines.
    """
    lines: list[_Line] = []
    for page in pages:
        words = [tuple(line.split()) for line in page.splitlines() if line.strip()]
        width = max((len(" ".join(line)) for line in words), default=0)
        lines += [_Line(line, width) for line in words]
    places: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        places[line.words[0]].append(number)
    return "\n".join(
        paragraph if _NO_TEXT.match(paragraph) else "\n\n".join(_rows(paragraph, lines, places))
        for paragraph in markdown.split("\n")
    )


def _rows(paragraph: str, lines: Sequence[_Line], places: Mapping[str, Sequence[int]]) -> list[str]:
    words = tuple(paragraph.split())
    starts = places.get(words[0], ()) if words else ()
    held = next((found for at in starts if (found := _lines_of(words, lines, at))), [])
    ends = _ends(held)
    if not any(ends):
        return [paragraph]
    rows = [list(held[0].words)]
    for line, is_end in zip(held[1:], ends, strict=True):
        # A word alone is a piece of a narrow cell; what follows belongs to it.
        if is_end and len(rows[-1]) > 1:
            rows.append([])
        rows[-1] += line.words
    return [" ".join(row) for row in rows]


def _lines_of(words: _Words, lines: Sequence[_Line], at: int) -> list[_Line]:
    """Return the lines from `at` on that the words are, or none."""
    held: list[_Line] = []
    done = 0
    while done < len(words) and at < len(lines) and words[done : done + len(lines[at].words)] == lines[at].words:
        held.append(lines[at])
        done += len(lines[at].words)
        at += 1
    return held if done == len(words) else []


def _ends(held: Sequence[_Line]) -> list[bool]:
    """Say of each line but the last whether a row ends with it."""
    pairs = list(pairwise(held))
    items = [_begins_item(line, following) for line, following in pairs]
    if len(held) < _FEWEST_LINES:
        return items
    own = max(map(len, held))
    with_room = sum(item or _has_room(*pair, own) for item, pair in zip(items, pairs, strict=True))
    if with_room < _LEAST_SHARE * len(pairs) and not _are_values(held, own):
        return items
    return [item or _ends_row(*pair, own) for item, pair in zip(items, pairs, strict=True)]


def _are_values(held: Sequence[_Line], own: int) -> bool:
    """Say whether lines are rows of about one length: narrow, most with figures, and none that goes on in the next."""
    is_narrow = all(own <= _NARROW * line.width for line in held)
    figures = sum(any(map(str.isdigit, " ".join(line.words))) for line in held)
    begin_anew = not any(line.words[0][0].islower() for line in held[1:])
    return is_narrow and begin_anew and figures >= _LEAST_SHARE * len(held)


def _ends_row(line: _Line, following: _Line, own: int) -> bool:
    """Say whether a line ends a row, among rows of which the longest line has `own` characters.

    How far a line can reach the widest one of the page says. One that is long for its paragraph may still be cut.
    """
    goes_on = following.words[0][0].islower() and (line.words[-1][-1].isalpha() or line.words[-1].endswith(","))
    return _has_room(line, following, own) or (not goes_on and _has_room(line, following, max(own, line.width)))


def _has_room(line: _Line, following: _Line, width: int) -> bool:
    return len(line) + 1 + len(following.words[0]) <= _FULL * width


def _begins_item(line: _Line, following: _Line) -> bool:
    first = following.words[0]
    is_clause = _CLAUSE.match(first) is not None and line.words[-1].endswith(_END) and len(following.words) > 1
    return _BULLET.match(first) is not None or is_clause
