"""Writes pictures of text: PNG, and PDF files that look scanned and hold no text."""

from __future__ import annotations

import io
import random
import textwrap
import zlib
from collections.abc import Iterator

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from building.pdf import font_path
from building.source import Heading, Items, Paragraph, Quote, Source, Table, plain

_PAGE = (1240, 1754)
_INK = 25


def build_png(source: Source) -> bytes:
    """A picture of the text, as of a sign or a screen."""
    out = io.BytesIO()
    _drawn(source).save(out, format="PNG", optimize=True)
    return out.getvalue()


def build_scanned(source: Source) -> bytes:
    """A PDF of one page that is only a slightly turned, noisy picture."""
    seed = random.Random(zlib.crc32(source.title.encode()))
    page = _drawn(source).rotate(seed.uniform(-1.2, 1.2), fillcolor=244, resample=Image.Resampling.BICUBIC)
    picture = io.BytesIO()
    _noisy(page, seed).save(picture, format="JPEG", quality=55)
    paper = FPDF(format="A4")
    paper.set_title(source.title)
    paper.set_creation_date(source.date)
    paper.set_producer("Scanner ground floor")
    paper.add_page()
    paper.image(picture, x=0, y=0, w=210, h=297)
    return bytes(paper.output())


def _noisy(page: Image.Image, seed: random.Random) -> Image.Image:
    """Lay a coarse grain and a few specks over the page."""
    width, height = page.size
    small = (width // 4, height // 4)
    grain = Image.frombytes("L", small, seed.randbytes(small[0] * small[1])).resize(page.size)
    page = Image.blend(page, grain, 0.08)
    draw = ImageDraw.Draw(page)
    for _ in range(120):
        x, y = seed.randrange(width), seed.randrange(height)
        draw.ellipse((x, y, x + 2, y + 2), fill=seed.randrange(60, 160))
    return page


def _drawn(source: Source) -> Image.Image:
    """The page as a grey picture."""
    page = Image.new("L", _PAGE, 250)
    draw = ImageDraw.Draw(page)
    y = 110
    for line, size, bold in _lines(source):
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        font = ImageFont.truetype(str(font_path(name)), size, layout_engine=ImageFont.Layout.BASIC)
        draw.text((110, y), line, fill=_INK, font=font)
        y += int(size * 1.45)
    if y > _PAGE[1]:
        raise SystemExit(f"{source.title}: the text does not fit on one page")
    return page


def _lines(source: Source) -> Iterator[tuple[str, int, bool]]:
    """Yield (line, size, is bold) for the whole page."""
    for block in source.blocks:
        if isinstance(block, Heading):
            yield block.text, 46 - 6 * block.level, True
        elif isinstance(block, Items):
            for number, item in enumerate(block.items, start=1):
                yield from _wrapped(f"{f'{number}.' if block.ordered else '•'} {plain(item)}")
        elif isinstance(block, Table):
            for number, row in enumerate(block.rows):
                yield "     ".join(cell.ljust(16) for cell in row), 22, number == 0
        elif isinstance(block, (Paragraph, Quote)):
            yield from _wrapped(plain(block.text))
        yield "", 12, False


def _wrapped(text: str) -> Iterator[tuple[str, int, bool]]:
    """Yield the lines of a paragraph."""
    for line in textwrap.wrap(text, 78):
        yield line, 24, False
