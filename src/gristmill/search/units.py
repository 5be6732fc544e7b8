"""The smallest spans that say something alone: sentences, list items and table rows, each a verbatim span of a text.

Chunkers cut between them, focus keeps or drops them, answers quote them. What one means belongs to those who use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Ends of sentences: a stop, perhaps a closing mark, blanks, then what can begin a sentence.
_END = re.compile(r"(?<=[.!?])[\"'»”’)\]]*\s+(?=[\"'«“‘(\[]*[A-ZÀ-ÖØ-Þ0-9])")
# The same for a text that was put into lower case as a whole.
_LOWER_END = re.compile(r"(?<=[.!?;])[\"'»”’)\]]*\s+(?=[\"'«“‘(\[]*[^\W_])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Art|Abs|bzw|ca|cf|e\.g|i\.e|etc|vs|approx|min|max|incl|z\.B|u\.a|d\.h|"
    r"M|Mme|env|tel|fig|vol|pp|p|resp|ggf|usw|inkl)|(?:^|\s)\d{1,2})\.[\"')\]]*\s*$"
)
_LOWER_ABBREVIATION = re.compile(r"(?:\b(?:[a-z]|\w\.\w|inc|corp|co|ltd|approx|no|vs|fig|mr|mrs|dr|etc|u\.s))\.\s*$")
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")
_RULE = re.compile(r"[ \t|:+=_-]*")
# Plain text sets tables with blanks.
_COLUMNS = re.compile(r"\S {3,}\S|\t")
_LONGEST = 600


class Sentence(NamedTuple):
    """A unit of a text: `text[start:end]`; `row` says that it is a row of a table."""

    start: int
    end: int
    row: bool = False


def units(text: str) -> Iterator[Sentence]:
    """Yield all units of a text, in order and apart; headings and rules are none."""
    for start, block in blocks(text):
        if is_row(block):
            line = block.strip()
            at = start + block.index(line)
            if any(character.isalnum() for character in line):
                yield Sentence(at, at + len(line), row=True)
        else:
            for at, sentence in sentences(block):
                yield Sentence(start + at, start + at + len(sentence))


def is_row(block: str) -> bool:
    """Say whether a block that `blocks` yielded is a row of a table."""
    return "|" in block.strip().strip("|") and _RULE.fullmatch(block) is None


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield blocks: table rows and list items by line, running text by paragraph; headings and rules are left out."""
    at, held, begin = 0, "", 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        columns = _COLUMNS.search(stripped) is not None
        alone = not stripped or stripped.startswith(("#", ">")) or "|" in stripped or columns or _BULLET.match(line)
        if alone and held:
            yield begin, held
            held = ""
        if stripped and not stripped.startswith("#") and _RULE.fullmatch(stripped) is None:
            if "|" in stripped or stripped.startswith(">") or columns:
                yield at, line
            else:
                begin, held = (begin, held + line) if held else (at, line)
        at += len(line)
    if held:
        yield begin, held


def sentences(block: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a block with their offsets, without blanks at their ends and without a bullet."""
    bullet = _BULLET.match(block)
    begin = bullet.end() if bullet else 0
    lower = block == block.lower()
    ends, abbreviation = (_LOWER_END, _LOWER_ABBREVIATION) if lower else (_END, _ABBREVIATION)
    for match in [*ends.finditer(block), None]:
        end = match.start() if match else len(block)
        if match and abbreviation.search(block[begin:end]) and end - begin < _LONGEST:
            continue
        piece = block[begin:end]
        stripped = piece.strip()
        if any(character.isalnum() for character in stripped):
            yield begin + len(piece) - len(piece.lstrip()), stripped
        begin = match.end() if match else end
