"""Puts the text of merged cells into every cell that they cover, so that each row of a table says what it belongs to.

The parsing library leaves all but the first empty. Tables of its Markdown and of the file are matched by their order;
where they do not agree, the table stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gristmill.corpus.office import local, parts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["fill_sheets", "fill_slides"]

_SLIDE = re.compile(r"ppt/slides/slide\d+\.xml")
_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
_WORKBOOK, _RELATIONS = re.compile(r"xl/workbook\.xml"), re.compile(r"xl/_rels/workbook\.xml\.rels")
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_WORD = re.compile(r"[^\W_]")
_MOST_FILLED = 10_000
_RULE = re.compile(r"\|(?: *:?-{3,}:? *\|)+ *")

Table = list[list[str]]


class Merge(NamedTuple):
    """Cells that are one: the row and column of the first, and of the last; the text, where it is known."""

    row: int
    column: int
    last_row: int
    last_column: int
    text: str | None = None


def fill_slides(markdown: str, data: bytes) -> str:
    """The Markdown of a presentation with its merged cells filled."""
    tables = [
        list(_merged_in_table(table))
        for _, root in parts(data, _SLIDE)
        for table in root.iter()
        if local(table) == "tbl"
    ]
    return _filled(markdown, tables) if any(tables) else markdown


def fill_sheets(markdown: str, data: bytes) -> str:
    """The Markdown of a workbook with its merged cells filled."""
    sheets = {name: _merged_in_sheet(root) for name, root in parts(data, _SHEET)}
    tables = [merges for name in _order(data) if (merges := sheets.get(name)) is not None]
    return _filled(markdown, tables) if any(tables) else markdown


def _order(data: bytes) -> list[str]:
    """The parts of the sheets in the order of the workbook, which is that of the Markdown."""
    targets = {one.get("Id"): one.get("Target", "") for _, root in parts(data, _RELATIONS) for one in root}
    sheets = (one for _, root in parts(data, _WORKBOOK) for one in root.iter() if local(one) == "sheet")
    named = (targets.get(next((v for k, v in one.items() if k.endswith("}id")), None), "") for one in sheets)
    return [f"xl/{target.removeprefix('/xl/')}" for target in named]


def _merged_in_table(table: Element) -> Iterator[Merge]:
    rows = (one for one in table if local(one) == "tr")
    for row, cells in enumerate(rows):
        for column, cell in enumerate(one for one in cells if local(one) == "tc"):
            down, right = int(cell.get("rowSpan", "1")), int(cell.get("gridSpan", "1"))
            if down > 1 or right > 1:
                text = "".join(one.text or "" for one in cell.iter() if local(one) == "t")
                yield Merge(row, column, row + down - 1, column + right - 1, text)


def _merged_in_sheet(root: Element) -> list[Merge] | None:
    """The merged cells of a sheet, counted from its first cell with content; None for an empty sheet."""
    filled = [place for cell in root.iter() if local(cell) == "c" and len(cell) and (place := _place(cell.get("r")))]
    if not filled:
        return None
    first_row, first_column = min(row for row, _ in filled), min(column for _, column in filled)
    spans = (one.get("ref", "").partition(":") for one in root.iter() if local(one) == "mergeCell")
    corners = ((_place(start), _place(end)) for start, _, end in spans)
    return [
        Merge(start[0] - first_row, start[1] - first_column, end[0] - first_row, end[1] - first_column)
        for start, end in corners
        if start and end
    ]


def _place(name: str | None) -> tuple[int, int] | None:
    match = _PLACE.fullmatch(name or "")
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


def _filled(markdown: str, tables: Sequence[Sequence[Merge]]) -> str:
    lines = markdown.split("\n")
    blocks = [(start, end) for start, end in _blocks(lines) if _RULE.fullmatch(lines[start + 1])]
    if len(blocks) != len(tables):
        return markdown
    for (start, end), merges in zip(blocks, tables, strict=True):
        if merges:
            lines[start:end] = _with_merges(lines[start:end], merges)
    return "\n".join(lines)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where tables of two or more lines begin and end."""
    start = None
    for at, line in enumerate([*lines, ""]):
        if line.startswith("|"):
            start = at if start is None else start
        elif start is not None:
            if at - start > 1:
                yield start, at
            start = None


def _with_merges(lines: Sequence[str], merges: Sequence[Merge]) -> list[str]:
    table = [[cell.strip() for cell in _CELL_EDGE.split(line.strip())[1:-1]] for line in (lines[0], *lines[2:])]
    room = _MOST_FILLED
    for merge in merges:
        room -= (merge.last_row - merge.row + 1) * (merge.last_column - merge.column + 1)
        if room < 0:
            break
        _fill(table, merge)
    head, *rows = (f"| {' | '.join(row)} |" for row in table)
    return [head, lines[1], *rows]


def _fill(table: Table, merge: Merge) -> None:
    if not 0 <= merge.row < len(table) or not 0 <= merge.column < len(table[merge.row]):
        return
    text = table[merge.row][merge.column]
    others = [cell for at, cell in enumerate(table[merge.row]) if not merge.column <= at <= merge.last_column]
    if merge.text is not None and _WORD.findall(merge.text) != _WORD.findall(text):
        return
    # A title over the whole width is one line, not a row of equal cells.
    if not text or (merge.last_row == merge.row and not any(others)):
        return
    for row in table[merge.row : merge.last_row + 1]:
        for column in range(merge.column, min(merge.last_column + 1, len(row))):
            row[column] = row[column] or text
