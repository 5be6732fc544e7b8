"""Writes odt, epub and rtf."""

from __future__ import annotations

import html
import io
from typing import Any

from ebooklib import epub  # type: ignore[import-untyped]
from odf import dc, meta, opendocument, style, table, text  # type: ignore[import-untyped]

from building.packing import repack
from building.source import (
    Block,
    Break,
    Heading,
    Items,
    Paragraph,
    Quote,
    Source,
    Table,
    plain,
    runs,
)


def build_odt(source: Source) -> bytes:
    """An OpenDocument text with real headings, lists and tables."""
    document = opendocument.OpenDocumentText()
    _set_odt_meta(document, source)
    bold = style.Style(name="Bold", family="text")
    bold.addElement(style.TextProperties(fontweight="bold"))
    document.automaticstyles.addElement(bold)
    for block in source.blocks:
        for element in _odt_elements(block, bold):
            document.text.addElement(element)
    out = io.BytesIO()
    document.save(out)
    return repack(out.getvalue(), source.date)


def _set_odt_meta(document: Any, source: Source) -> None:
    """Set title, author and dates."""
    stamp = source.date.strftime("%Y-%m-%dT%H:%M:%S")
    for element, value in (
        (dc.Title(), source.title),
        (meta.InitialCreator(), source.author),
        (dc.Creator(), source.author),
        (meta.CreationDate(), stamp),
        (dc.Date(), stamp),
        (dc.Language(), source.language),
    ):
        element.addText(value)
        document.meta.addElement(element)


def _odt_elements(block: Block, bold: Any) -> list[Any]:
    """The elements that one block becomes."""
    if isinstance(block, Heading):
        return [text.H(outlinelevel=block.level, text=block.text)]
    if isinstance(block, Items):
        listing = text.List()
        for item in block.items:
            entry = text.ListItem()
            entry.addElement(_odt_paragraph(item, bold))
            listing.addElement(entry)
        return [listing]
    if isinstance(block, Table):
        return [_odt_table(block)]
    if isinstance(block, Break):
        return []
    return [_odt_paragraph(block.text, bold)]


def _odt_paragraph(line: str, bold: Any) -> Any:
    """A paragraph with its bold runs."""
    paragraph = text.P()
    for part, is_bold in runs(line):
        paragraph.addElement(text.Span(text=part, **({"stylename": bold} if is_bold else {})))
    return paragraph


def _odt_table(block: Table) -> Any:
    """A table element."""
    element = table.Table()
    element.addElement(table.TableColumn(numbercolumnsrepeated=len(block.rows[0])))
    for row in block.rows:
        line = table.TableRow()
        for value in row:
            cell = table.TableCell(valuetype="string")
            cell.addElement(text.P(text=value))
            line.addElement(cell)
        element.addElement(line)
    return element


def build_epub(source: Source) -> bytes:
    """An e-book; each level 1 heading starts a chapter."""
    book = epub.EpubBook()
    book.set_identifier(f"aldersluice-{source.date:%Y%m%d}-{source.title}")
    book.set_title(source.title)
    book.set_language(source.language)
    book.add_author(source.author)
    book.add_metadata("DC", "date", source.date.strftime("%Y-%m-%d"))
    chapters = [_chapter(book, n, part) for n, part in enumerate(_parts(source.blocks))]
    book.toc = chapters
    book.spine = chapters
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    out = io.BytesIO()
    epub.write_epub(out, book, {"mtime": source.date})
    return repack(out.getvalue(), source.date)


def _parts(blocks: list[Block]) -> list[list[Block]]:
    """The blocks parted before each level 1 heading."""
    parts: list[list[Block]] = []
    for block in blocks:
        if not parts or (isinstance(block, Heading) and block.level == 1):
            parts.append([])
        parts[-1].append(block)
    return parts


def _chapter(book: Any, number: int, blocks: list[Block]) -> Any:
    """Add one chapter to the book."""
    first = blocks[0]
    name = first.text if isinstance(first, Heading) else f"Part {number + 1}"
    chapter = epub.EpubHtml(title=name, file_name=f"part{number + 1}.xhtml", uid=f"part{number + 1}")
    chapter.content = "\n".join(_xhtml(block) for block in blocks)
    book.add_item(chapter)
    return chapter


def _xhtml(block: Block) -> str:
    """One block as XHTML."""
    if isinstance(block, Heading):
        return f"<h{block.level}>{html.escape(block.text)}</h{block.level}>"
    if isinstance(block, Items):
        tag = "ol" if block.ordered else "ul"
        items = "".join(f"<li>{_xhtml_runs(item)}</li>" for item in block.items)
        return f"<{tag}>{items}</{tag}>"
    if isinstance(block, Table):
        return f"<table>{''.join(_xhtml_row(n, row) for n, row in enumerate(block.rows))}</table>"
    if isinstance(block, (Paragraph, Quote)):
        return f"<p>{_xhtml_runs(block.text)}</p>"
    return ""


def _xhtml_row(number: int, row: list[str]) -> str:
    """One table row; the first is the header."""
    tag = "th" if number == 0 else "td"
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"


def _xhtml_runs(line: str) -> str:
    """A line with its bold runs."""
    parts = ((html.escape(part), bold) for part, bold in runs(line))
    return "".join(f"<strong>{part}</strong>" if bold else part for part, bold in parts)


def build_rtf(source: Source) -> bytes:
    """A rich text file (written by hand: there is little to it)."""
    date = source.date
    info = (
        rf"{{\info{{\title {_rtf(source.title)}}}{{\author {_rtf(source.author)}}}"
        rf"{{\revtim\yr{date.year}\mo{date.month}\dy{date.day}}}}}"
    )
    head = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}}"
    body = "\n".join(_rtf_block(block) for block in source.blocks)
    return f"{head}\n{info}\n{body}\n}}\n".encode("ascii")


def _rtf(line: str) -> str:
    """Escape a line: RTF is ASCII, other characters are given by number."""
    escaped = line.replace("\\", r"\\").replace("{", r"\{").replace("}", r"\}")
    return "".join(c if ord(c) < 128 else rf"\u{ord(c)}?" for c in escaped)


def _rtf_runs(line: str) -> str:
    """A line with its bold runs."""
    return "".join(rf"{{\b {_rtf(p)}}}" if bold else _rtf(p) for p, bold in runs(line))


def _rtf_block(block: Block) -> str:
    """One block as RTF."""
    if isinstance(block, Heading):
        size = {1: 36, 2: 30, 3: 26}.get(block.level, 24)
        return rf"{{\pard\sb240\sa120\outlinelevel{block.level - 1}\b\fs{size} {_rtf(block.text)}\par}}"
    if isinstance(block, Items):
        marks = (f"{n}." if block.ordered else r"\bullet" for n in range(1, len(block.items) + 1))
        lines = (rf"{mark}\tab {_rtf_runs(item)}\par" for mark, item in zip(marks, block.items, strict=False))
        return rf"{{\pard\li360\fi-360 {' '.join(lines)}}}"
    if isinstance(block, Table):
        return "\n".join(_rtf_row(row) for row in block.rows)
    if isinstance(block, Break):
        return r"\page"
    return rf"{{\pard\sa160\fs22 {_rtf_runs(plain(block.text) if isinstance(block, Quote) else block.text)}\par}}"


def _rtf_row(row: list[str]) -> str:
    """One table row with evenly wide cells."""
    edges = "".join(rf"\cellx{9000 * (n + 1) // len(row)}" for n in range(len(row)))
    cells = "".join(rf"\pard\intbl {_rtf(cell)}\cell " for cell in row)
    return rf"\trowd\trgaph80 {edges} {cells}\row"
