"""Cutting passages into the units that are quoted: sentences, list items and table rows, each a verbatim span."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gristmill.search.outline import Outline, plain
from gristmill.search.retrieval import Passage
from gristmill.search.units import blocks, is_row, sentences


@dataclass(frozen=True)
class Unit:
    """One sentence, list item or table row of a passage.

    `start` and `end` are offsets into the document's text; `text` is the verbatim span. `meaning` is what it says with
    its headings and column names, for models that see it alone.
    """

    passage: int
    start: int
    end: int
    text: str
    meaning: str
    row: tuple[tuple[str, str], ...] = ()  # (column name, cell) of a table row


def units_of(passages: list[Passage]) -> list[Unit]:
    """Return all units of all passages, in order."""
    return [unit for number, passage in enumerate(passages) for unit in _units(number, passage)]


def _units(number: int, passage: Passage) -> Iterator[Unit]:
    outline = Outline(passage.text)
    carried = passage.context.rsplit("\n", 1)[-1] if "|" in passage.context else ""
    for start, line in blocks(passage.text):
        headings = outline.path_at(start) or passage.headings[-1:]
        if is_row(line):
            header = outline.header_at(start) or carried
            says = any(character.isalnum() for character in line)
            if says and header.strip() != line.strip() and not _is_header(outline, start):
                yield _row(number, passage, start, line, header, headings)
        else:
            for at, sentence in sentences(line):
                yield _sentence(number, passage, start + at, sentence, headings)


def readable(unit: Unit) -> str:
    """Return a unit as plain text; of a table row, its cells with their names."""
    if not unit.row:
        return plain(unit.text)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in unit.row) + "."


def split_sentences(text: str) -> list[str]:
    """Return the sentences of running text."""
    return [sentence for line in text.splitlines() for _, sentence in sentences(line)]


def _sentence(number: int, passage: Passage, start: int, text: str, headings: tuple[str, ...]) -> Unit:
    meaning = " ".join([*_distinct(passage.title, headings), plain(text)])
    begin = passage.start + start
    return Unit(number, begin, begin + len(text), text, meaning)


def _row(number: int, passage: Passage, start: int, line: str, header: str, headings: tuple[str, ...]) -> Unit:
    text = line.strip()
    begin = passage.start + start + line.index(text)
    names, cells = _cells(header), _cells(text)
    if len(names) != len(cells):
        names = [""] * len(cells)
    pairs = tuple((name, cell) for name, cell in zip(names, cells, strict=True) if cell)
    said = "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs)
    meaning = " ".join([*_distinct(passage.title, headings), said])
    return Unit(number, begin, begin + len(text), text, meaning, pairs)


def _cells(line: str) -> list[str]:
    return [plain(cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] if line else []


def _is_header(outline: Outline, start: int) -> bool:
    return any(table.start <= start < table.body for table in outline.tables)


def _distinct(title: str, headings: tuple[str, ...]) -> list[str]:
    named = [name for name in (title, *headings[-1:]) if name]
    return [f"{' – '.join(dict.fromkeys(named))}:"] if named else []
