"""Reads the simple Markdown that the binary sample documents are written in.

Only what the samples need: front matter, headings, paragraphs, flat lists, tables, quotes (speaker
notes in a presentation), `---` for a new page or slide, and **bold** inside a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

DEFAULT_DATE = "2024-01-15"
_HEADING = re.compile(r"^(#{1,4}) +(.+)$")
_BULLET = re.compile(r"^[-*] +(.+)$")
_NUMBER = re.compile(r"^\d+\. +(.+)$")
_RULE = re.compile(r"^\|[\s:|-]+\|$")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the document's title or a chapter."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, its lines joined."""

    text: str


@dataclass(frozen=True)
class Quote:
    """A `>` block: speaker notes in a presentation, an indented paragraph elsewhere."""

    text: str


@dataclass(frozen=True)
class Items:
    """A flat list."""

    ordered: bool
    items: list[str]


@dataclass(frozen=True)
class Table:
    """A table; the first row is the header."""

    rows: list[list[str]]


@dataclass(frozen=True)
class Break:
    """A new page, or a new slide."""


Block = Heading | Paragraph | Quote | Items | Table | Break


@dataclass
class Source:
    """One source file: what its front matter says, and its blocks."""

    meta: dict[str, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title from the front matter, else the first heading."""
        headings = [block.text for block in self.blocks if isinstance(block, Heading)]
        return self.meta.get("title") or (headings[0] if headings else "Untitled")

    @property
    def author(self) -> str:
        """The author from the front matter, else the company."""
        return self.meta.get("author", "Aldersluice Works Ltd")

    @property
    def language(self) -> str:
        """The language code from the front matter (`lang:`), else English."""
        return self.meta.get("lang", "en")

    @property
    def date(self) -> datetime:
        """The date from the front matter at noon UTC: it becomes the created and modified date."""
        day = datetime.fromisoformat(self.meta.get("date", DEFAULT_DATE))
        return day.replace(hour=12, tzinfo=UTC)


def read_source(path: Path) -> Source:
    """Parse one source file."""
    meta, body = _split_front_matter(path.read_text(encoding="utf-8"))
    return Source(meta, list(_blocks(body.splitlines())))


def runs(text: str) -> list[tuple[str, bool]]:
    """Split a line into (text, is bold) runs."""
    parts = _BOLD.split(text)
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part]


def plain(text: str) -> str:
    """The line without its bold marks."""
    return _BOLD.sub(r"\1", text)


def as_number(cell: str) -> int | float | None:
    """The cell's number if it is written as a plain one (no leading zeros, no units)."""
    if re.fullmatch(r"-?(0|[1-9]\d*)", cell):
        return int(cell)
    if re.fullmatch(r"-?(0|[1-9]\d*)\.\d+", cell):
        return float(cell)
    return None


def _split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Separate `key: value` lines between two `---` lines from the body."""
    if not text.startswith("---\n"):
        return {}, text
    head, _, body = text[4:].partition("\n---\n")
    pairs = (line.partition(":") for line in head.splitlines() if line.strip())
    return {key.strip(): value.strip().strip('"') for key, _, value in pairs}, body


def _blocks(lines: list[str]) -> Iterator[Block]:
    """Yield the blocks of the body, a group of lines at a time."""
    group: list[str] = []
    for line in [*lines, ""]:
        heading = _HEADING.match(line)
        if heading or line.strip() in ("", "---"):
            yield from _group(group)
            group = []
        else:
            group.append(line.strip())
        if heading:
            yield Heading(len(heading[1]), plain(heading[2].strip()))
        elif line.strip() == "---":
            yield Break()


def _group(lines: list[str]) -> Iterator[Block]:
    """Turn lines without a blank line between them into one block (none if there are no lines)."""
    if not lines:
        return
    if lines[0].startswith("|"):
        yield Table([_cells(line) for line in lines if not _RULE.match(line)])
    elif lines[0].startswith(">"):
        yield Quote(" ".join(line.lstrip("> ") for line in lines))
    elif _BULLET.match(lines[0]) or _NUMBER.match(lines[0]):
        yield Items(bool(_NUMBER.match(lines[0])), list(_items(lines)))
    else:
        yield Paragraph(" ".join(lines))


def _items(lines: list[str]) -> Iterator[str]:
    """Yield list items, joining continuation lines to the item before them."""
    item = ""
    for line in lines:
        start = _BULLET.match(line) or _NUMBER.match(line)
        if start and item:
            yield item
        item = start[1] if start else f"{item} {line}"
    yield item


def _cells(line: str) -> list[str]:
    """Split a table line into its cells."""
    return [plain(cell.strip()) for cell in line.strip().strip("|").split("|")]
