"""Writes docx, pptx and xlsx."""

from __future__ import annotations

import io
from typing import Any

import docx
import openpyxl  # type: ignore[import-untyped]
import pptx
from openpyxl.styles import Font  # type: ignore[import-untyped]
from pptx.util import Cm, Pt

from building.packing import repack
from building.source import (
    Break,
    Heading,
    Items,
    Paragraph,
    Quote,
    Source,
    Table,
    as_number,
    plain,
    runs,
)


def build_docx(source: Source) -> bytes:
    """A Word document with real heading and list styles, tables, and a page header."""
    document: Any = docx.Document()
    _set_core(document.core_properties, source)
    document.sections[0].header.paragraphs[0].text = f"Aldersluice Works — {source.title}"
    for block in source.blocks:
        _add_to_docx(document, block)
    return _saved(document, source)


def _add_to_docx(document: Any, block: object) -> None:
    """Append one block to the Word document."""
    if isinstance(block, Heading):
        document.add_heading(block.text, level=block.level)
    elif isinstance(block, Items):
        style = "List Number" if block.ordered else "List Bullet"
        for item in block.items:
            _add_runs(document.add_paragraph(style=style), item)
    elif isinstance(block, Table):
        _add_docx_table(document, block)
    elif isinstance(block, Break):
        document.add_page_break()
    elif isinstance(block, Quote):
        _add_runs(document.add_paragraph(style="Quote"), block.text)
    elif isinstance(block, Paragraph):
        _add_runs(document.add_paragraph(), block.text)


def _add_runs(paragraph: Any, text: str) -> None:
    """Add a line's runs, keeping bold."""
    for part, bold in runs(text):
        paragraph.add_run(part).bold = bold or None


def _add_docx_table(document: Any, block: Table) -> None:
    """Append a table with a bold header row."""
    table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
    for number, row in enumerate(block.rows):
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=False):
            cell.paragraphs[0].add_run(text).bold = number == 0 or None


def build_pptx(source: Source) -> bytes:
    """A presentation: `---` parts the slides, a slide's first heading is its title."""
    deck: Any = pptx.Presentation()
    _set_core(deck.core_properties, source)
    slide: list[object] = []
    for block in [*source.blocks, Break()]:
        if not isinstance(block, Break):
            slide.append(block)
        elif slide:
            _add_slide(deck, slide)
            slide = []
    return _saved(deck, source)


def _add_slide(deck: Any, blocks: list[object]) -> None:
    """Append one slide: title, text, tables below the text, quotes as speaker notes."""
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    lines: list[tuple[str, int]] = []
    for number, block in enumerate(blocks):
        if number == 0 and isinstance(block, Heading):
            slide.shapes.title.text = block.text
        elif isinstance(block, Items):
            lines += [(item, 1) for item in block.items]
        elif isinstance(block, Table):
            _add_slide_table(slide, block)
        elif isinstance(block, Quote):
            slide.notes_slide.notes_text_frame.text = plain(block.text)
        elif isinstance(block, (Heading, Paragraph)):
            lines.append((block.text, 0))
    _fill_body(slide.placeholders[1], lines)


def _fill_body(body: Any, lines: list[tuple[str, int]]) -> None:
    """Fill the slide's body, or remove it if there is no text for it."""
    if not lines:
        body.element.getparent().remove(body.element)
        return
    for number, (line, level) in enumerate(lines):
        frame = body.text_frame
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text, paragraph.level = plain(line), level


def _add_slide_table(slide: Any, block: Table) -> None:
    """Place a table in the slide's lower half."""
    rows, columns = len(block.rows), len(block.rows[0])
    size = (Cm(2), Cm(9), Cm(21), Cm(0.8) * rows)
    table = slide.shapes.add_table(rows, columns, *size).table
    for y, row in enumerate(block.rows):
        for x, text in enumerate(row):
            table.cell(y, x).text = text
            table.cell(y, x).text_frame.paragraphs[0].font.size = Pt(11)


def build_xlsx(source: Source) -> bytes:
    """A workbook: each level 1 heading starts a sheet; tables and text fill its rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    _set_core(book.properties, source)
    for block in source.blocks:
        if isinstance(block, Heading) and block.level == 1:
            book.create_sheet(block.text[:31])
        else:
            _add_to_sheet(book.worksheets[-1], block)
    return _saved(book, source)


def _add_to_sheet(sheet: Any, block: object) -> None:
    """Append one block's rows to the sheet, then a blank row."""
    if isinstance(block, Table):
        for number, row in enumerate(block.rows):
            values = [as_number(cell) for cell in row]
            sheet.append([c if v is None else v for c, v in zip(row, values, strict=False)])
            if number == 0:
                _embolden_last_row(sheet)
    elif isinstance(block, Items):
        for item in block.items:
            sheet.append([plain(item)])
    elif isinstance(block, (Heading, Paragraph, Quote)):
        sheet.append([plain(block.text)])
        if isinstance(block, Heading):
            _embolden_last_row(sheet)
    sheet.append([])


def _embolden_last_row(sheet: Any) -> None:
    """Set the last written row in bold type."""
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)


def _set_core(properties: Any, source: Source) -> None:
    """Set title, author and dates (the three libraries name the author differently)."""
    date = source.date.replace(tzinfo=None)
    properties.title = source.title
    properties.description = properties.comments = ""
    setattr(properties, "creator" if hasattr(properties, "creator") else "author", source.author)
    properties.created = properties.modified = date


def _saved(document: Any, source: Source) -> bytes:
    """The document's bytes, the same on each build."""
    out = io.BytesIO()
    document.save(out)
    return repack(out.getvalue(), source.date)
