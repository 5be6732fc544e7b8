"""A document in sections: what is screened together, and bounds the work of one step.

A section ends at a heading, or where it grows beyond a limit. Spans cover the text without gaps.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gristmill.corpus.headings import heading_starts

SECTION_CHARACTERS = 1500
# A section may be cut inside a sentence; matching reads this far into the next one.
OVERLAP_CHARACTERS = 240
# Shorter than this, the text under a heading joins what follows: a page of bare headings is not a thousand sections.
_LEAST_CHARACTERS = 300
# A cut looks for these, best first, in the second half of the window.
_BREAKS = ("\n\n", "\n", ". ", " ")


class Section(NamedTuple):
    """A span of a document."""

    start: int
    end: int


class Piece(NamedTuple):
    """A text of one document inside several that are joined: the visible one, or one that no reader sees.

    `shift` leads from a place in the joined texts to its place in the document's own.
    """

    start: int
    end: int
    is_hidden: bool = False
    document: int = 0
    shift: int = 0


class Place(NamedTuple):
    """A section and the piece it belongs to: nothing is read across."""

    span: Section
    piece: Piece

    @property
    def reach(self) -> int:
        """How far the section is read."""
        return min(self.span.end + OVERLAP_CHARACTERS, self.piece.end)


def places_of(text: str, pieces: Iterable[Piece]) -> Iterator[Place]:
    """The sections of every piece of a text, in order."""
    for piece in pieces:
        for start, end in split_sections(text[piece.start : piece.end]):
            yield Place(Section(start + piece.start, end + piece.start), piece)


def split_sections(text: str) -> Iterator[Section]:
    """Sections of a Markdown text in order, each at most `SECTION_CHARACTERS` long."""
    starts = _heading_starts(text)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield from _split_long(text, start, end)


def _heading_starts(text: str) -> list[int]:
    starts = [0]
    for start in heading_starts(text):
        if start - starts[-1] >= _LEAST_CHARACTERS:
            starts.append(start)
    return starts


def _split_long(text: str, start: int, end: int) -> Iterator[Section]:
    while end - start > SECTION_CHARACTERS:
        cut = _cut(text, start)
        yield Section(start, cut)
        start = cut
    if start < end:
        yield Section(start, end)


def _cut(text: str, start: int) -> int:
    limit = start + SECTION_CHARACTERS
    for mark in _BREAKS:
        found = text.rfind(mark, start + SECTION_CHARACTERS // 2, limit)
        if found >= 0:
            return found + len(mark)
    return limit


class SectionFinder:
    """Which section, or piece, a position belongs to."""

    def __init__(self, sections: Iterable[Section | Piece]) -> None:
        self._starts = [section.start for section in sections]

    def index(self, position: int) -> int:
        """The number of the section that holds a position."""
        return max(bisect_right(self._starts, position) - 1, 0)
