"""Structure first: sections are kept apart, lists and small tables whole, large tables cut between groups of rows.

A section that fits is one chunk. One that does not is packed block by block into chunks of about the same size; only a
block that does not fit alone is cut: a table between rows, a list between items, running text between sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from gristmill.search.chunkers.cutting import Cuts, TokenRuler, packed, trimmed
from gristmill.search.units import sentences

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_HEADING = re.compile(r"(#{1,6})[ \t]+\S")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")
_FENCE = ("```", "~~~")
# A section below this share of a chunk is joined with the sections below it or beside it.
_SMALL = 0.35


class Block(NamedTuple):
    """A block of a text: a paragraph, a list, a table or code."""

    kind: str
    start: int
    end: int


class Section(NamedTuple):
    """A heading's level (0: before the first heading) and its span, up to the next heading."""

    level: int
    start: int
    end: int


class StructureCutter:
    """Cuts between sections, then blocks, and inside a block only where it does not fit."""

    def __init__(self, tokenizer: Tokenizer, tokens: int) -> None:
        self._tokenizer = tokenizer
        self._tokens = tokens

    def cut(self, text: str) -> Cuts:
        """Return spans of about so many tokens at most."""
        ruler = TokenRuler(text, self._tokenizer)
        cuts: Cuts = []
        for start, end in self._joined(text, ruler):
            parts = self._parts(text, start, end, ruler)
            cuts += [trimmed(text, *span) for span in packed(parts, ruler, self._tokens)]
        return [cut for cut in cuts if cut[1] > cut[0]]

    def _joined(self, text: str, ruler: TokenRuler) -> Iterator[tuple[int, int]]:
        """Yield sections, small ones joined with what follows them under the same heading."""
        start = end = level = 0
        for section in sections_of(text):
            size, grown = ruler.tokens(start, end), ruler.tokens(start, section.end)
            small = min(size, ruler.tokens(section.start, section.end)) < _SMALL * self._tokens
            if end > start and not (small and section.level >= level and grown <= self._tokens):
                yield start, end
                start, level = section.start, section.level
            if end <= start:
                level = section.level
            end = section.end
        if end > start:
            yield start, end

    def _parts(self, text: str, start: int, end: int, ruler: TokenRuler) -> Iterator[tuple[int, int]]:
        """Yield the blocks of a section, those that are too large in pieces."""
        for block in blocks_of(text, start, end):
            if ruler.tokens(block.start, block.end) <= self._tokens:
                yield block.start, block.end
            else:
                yield from _pieces(text, block)


def sections_of(text: str) -> Iterator[Section]:
    """Yield the sections of a text, in order; together they are the whole text."""
    level, start, fenced = 0, 0, False
    for at, line in _lines(text, 0, len(text)):
        if line.lstrip().startswith(_FENCE):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line)
        if heading is not None:
            if at > start:
                yield Section(level, start, at)
            level, start = len(heading[1]), at
    if len(text) > start:
        yield Section(level, start, len(text))


def blocks_of(text: str, start: int, end: int) -> Iterator[Block]:
    """Yield the blocks of a span; a heading is part of the block that follows it."""
    kind, begin, last, fenced = "", start, start, False
    for at, line in _lines(text, start, end):
        found = "code" if fenced or line.lstrip().startswith(_FENCE) else _kind(line, kind)
        if line.lstrip().startswith(_FENCE):
            fenced = not fenced
        if found in {"blank", "heading"}:
            # A blank line does not end a list: its items may stand apart.
            if kind in {"text", "table"} or (kind and found == "heading"):
                yield Block(kind, begin, last)
                kind, begin = "", at
            continue
        if kind not in {"", found}:
            yield Block(kind, begin, last)
            begin = at
        kind, last = found, at + len(line)
    if text[begin:end].strip():
        yield Block(kind or "text", begin, end)


def _kind(line: str, before: str) -> str:
    stripped = line.strip()
    if not stripped:
        return "blank"
    if _HEADING.match(line):
        return "heading"
    if "|" in stripped:
        return "table"
    # An indented line after an item goes on with it.
    return "list" if _ITEM.match(line) or (before == "list" and line[0] in " \t") else "text"


def _pieces(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the rows, items, lines or sentences of a block, without gaps but for blanks."""
    if block.kind == "text":
        starts = [block.start + at for at, _ in sentences(text[block.start : block.end])]
    else:
        lines = list(_lines(text, block.start, block.end))
        starts = [at for at, line in lines if block.kind != "list" or _ITEM.match(line)]
    yield from pairwise([block.start, *starts[1:], block.end])


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    at = start
    for line in text[start:end].splitlines(keepends=True):
        yield at, line
        at += len(line)
