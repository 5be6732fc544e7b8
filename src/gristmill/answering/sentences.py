"""Cutting passages into the units that are quoted: sentences, list items and table rows, each a verbatim span."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gristmill.search.outline import Outline, plain
from gristmill.search.retrieval import Passage

# Ends of sentences: a stop, perhaps a closing mark, blanks, then what can begin a sentence.
_END = re.compile(r"(?<=[.!?])[\"'»”’)\]]*\s+(?=[\"'«“‘(\[]*[A-ZÀ-ÖØ-Þ0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Art|Abs|bzw|ca|cf|e\.g|i\.e|etc|vs|approx|min|max|incl|z\.B|u\.a|d\.h|"
    r"M|Mme|env|tel|fig|vol|pp|p|resp|ggf|usw|inkl)|(?:^|\s)\d{1,2})\.[\"')\]]*\s*$"
)
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")
_RULE = re.compile(r"[ \t|:+=_-]*")
# Plain text sets tables with blanks.
_COLUMNS = re.compile(r"\S {3,}\S|\t")
_LONGEST = 600


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
    for start, line in _lines(passage.text):
        headings = outline.path_at(start) or passage.headings[-1:]
        if "|" in line.strip().strip("|") and _RULE.fullmatch(line) is None:
            header = outline.header_at(start) or carried
            says = any(character.isalnum() for character in line)
            if says and header.strip() != line.strip() and not _is_header(outline, start):
                yield _row(number, passage, start, line, header, headings)
        else:
            for at, sentence in _sentences(line):
                yield _sentence(number, passage, start + at, sentence, headings)


def readable(unit: Unit) -> str:
    """Return a unit as plain text; of a table row, its cells with their names."""
    if not unit.row:
        return plain(unit.text)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in unit.row) + "."


def split_sentences(text: str) -> list[str]:
    """Return the sentences of running text."""
    return [sentence for line in text.splitlines() for _, sentence in _sentences(line)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
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


def _sentences(block: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a block with their offsets, without blanks at their ends and without a bullet."""
    bullet = _BULLET.match(block)
    begin = bullet.end() if bullet else 0
    for match in [*_END.finditer(block), None]:
        end = match.start() if match else len(block)
        if match and _ABBREVIATION.search(block[begin:end]) and end - begin < _LONGEST:
            continue
        piece = block[begin:end]
        stripped = piece.strip()
        if any(character.isalnum() for character in stripped):
            yield begin + len(piece) - len(piece.lstrip()), stripped
        begin = match.end() if match else end


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
