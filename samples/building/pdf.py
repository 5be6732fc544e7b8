"""Writes PDF files with text: headings with an outline, tables, header and footer on each page."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from building.source import Block, Break, Heading, Items, Source, Table, plain

_FONT_FOLDERS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu", "/Library/Fonts")
_SIZES = {1: 17, 2: 13.5, 3: 11.5, 4: 10.5}


@cache
def font_path(name: str) -> Path:
    """A DejaVu font: from $SAMPLE_FONTS, the usual folders, or an installed matplotlib."""
    folders = [Path(os.environ["SAMPLE_FONTS"])] if "SAMPLE_FONTS" in os.environ else []
    folders += [Path(folder) for folder in _FONT_FOLDERS]
    try:
        import matplotlib  # type: ignore[import-not-found,unused-ignore]

        folders.append(Path(matplotlib.get_data_path()) / "fonts" / "ttf")
    except ImportError:
        pass
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise SystemExit(
        f"The font {name} was not found in {', '.join(map(str, folders))}. Install the package "
        "fonts-dejavu-core, or set SAMPLE_FONTS to the folder that holds it."
    )


class _Paper(FPDF):
    """A page with the company's header and footer."""

    def __init__(self, source: Source) -> None:
        super().__init__(format="A4")
        self.source = source
        self.add_font("Body", "", font_path("DejaVuSans.ttf"))
        self.add_font("Body", "B", font_path("DejaVuSans-Bold.ttf"))
        self.set_auto_page_break(True, margin=20)
        self.set_margins(20, 18, 20)
        self.alias_nb_pages()

    def header(self) -> None:
        """Title on the left, date on the right."""
        self.set_font("Body", "", 8)
        self.set_text_color(110)
        self.cell(0, 5, f"Aldersluice Works · {self.source.title}")
        self.cell(0, 5, f"{self.source.date:%Y-%m-%d}", align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(5)
        self.set_text_color(0)

    def footer(self) -> None:
        """The page number."""
        self.set_y(-15)
        self.set_font("Body", "", 8)
        self.set_text_color(110)
        word = {"de": "Seite", "fr": "page"}.get(self.source.language, "Page")
        self.cell(0, 5, f"{word} {self.page_no()} / {{nb}}", align="C")
        self.set_text_color(0)


def build_pdf(source: Source) -> bytes:
    """A PDF; with `password:` in the front matter an encrypted one."""
    paper = new_paper(source)
    if "password" in source.meta:
        paper.set_encryption("owner-" + source.meta["password"], source.meta["password"])
    paper.add_page()
    for block in source.blocks:
        _add(paper, block)
    return bytes(paper.output())


def new_paper(source: Source) -> _Paper:
    """An empty document with the properties of the source."""
    paper = _Paper(source)
    paper.set_title(source.title)
    paper.set_author(source.author)
    paper.set_lang(source.language)
    paper.set_creation_date(source.date)
    paper.set_producer("Aldersluice Works")
    return paper


def _add(paper: _Paper, block: Block) -> None:
    """Write one block."""
    paper.set_font("Body", "", 10)
    if isinstance(block, Heading):
        _add_heading(paper, block)
    elif isinstance(block, Items):
        for number, item in enumerate(block.items, start=1):
            mark = f"{number}." if block.ordered else "•"
            paper.set_x(26)
            _write(paper, f"{mark} {item}", gap=0.8)
        paper.ln(2)
    elif isinstance(block, Table):
        _add_table(paper, block)
    elif isinstance(block, Break):
        paper.add_page()
    else:
        _write(paper, block.text, gap=2.5)


def _write(paper: _Paper, line: str, gap: float) -> None:
    """Write a paragraph with its bold runs."""
    paper.multi_cell(0, 5.2, line, align="L", markdown=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(gap)


def _add_heading(paper: _Paper, block: Heading) -> None:
    """Write a heading in larger bold type and add it to the outline."""
    size = _SIZES[block.level]
    if paper.will_page_break(size + 12):
        paper.add_page()
    paper.ln(2)
    paper.set_font("Body", "B", size)
    paper.start_section(block.text, level=block.level - 1, strict=False)
    paper.multi_cell(0, size * 0.5, block.text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(2)


def _add_table(paper: _Paper, block: Table) -> None:
    """Write a table whose columns are about as wide as their longest cell asks for."""
    longest = [max(len(row[x]) for row in block.rows) for x in range(len(block.rows[0]))]
    widths = tuple(min(max(length, 6), 38) for length in longest)
    paper.set_font("Body", "", 8.5)
    bold = FontFace(emphasis="BOLD", fill_color=(230, 230, 230))
    with paper.table(col_widths=widths, headings_style=bold, line_height=5, text_align="LEFT") as table:
        for cells in block.rows:
            row = table.row()
            for cell in cells:
                row.cell(plain(cell))
    paper.ln(4)
