"""Hidden text of PDF pages: invisible, tiny, off the page, or in the colour of what lies below; and the properties.

Invisible text over a scanned page is the scan's own text layer, and is not hidden text.
"""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import c_int, c_uint
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from gristmill.corpus.hygiene.hidden_kinds import MAX_HIDDEN, Hidden, HiddenKind, Reading
from gristmill.corpus.hygiene.styles import WHITE, Colour, same

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfObject, PdfPage, PdfTextObj

__all__ = ["hidden_in_pdf"]

# Points. Print below 4 cannot be read; footnotes and drawings go down to 5.
_SMALLEST_READABLE = 3.0
_MAX_PAGES = 2_000
_MAX_OBJECTS_PER_PAGE = 20_000
# A picture over this share of the page makes it a scan.
_SCAN_SHARE = 0.5
_FORM_DEPTH = 5
_TEXT_KEYS = ("Title", "Author", "Subject", "Keywords")


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    @property
    def area(self) -> float:
        return max(0.0, self.right - self.left) * max(0.0, self.top - self.bottom)


class _Ink(NamedTuple):
    """A filled shape or picture drawn so far; a picture has no one colour."""

    box: _Box
    colour: Colour | None


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    kind: HiddenKind | None


def hidden_in_pdf(raw: bytes) -> Reading:
    """Hidden text page by page, then the document's properties; nothing for a damaged or locked file."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError:
        return Reading([])
    with document:
        return Reading(list(islice(_document(document), MAX_HIDDEN)))


def _document(document: PdfDocument) -> Iterator[Hidden]:
    for number in range(min(len(document), _MAX_PAGES)):
        yield from _readable_page(document, number)
    properties = document.get_metadata_dict()
    yield from (Hidden(HiddenKind.METADATA, properties[key]) for key in _TEXT_KEYS if properties.get(key))


def _readable_page(document: PdfDocument, number: int) -> list[Hidden]:
    from pypdfium2 import PdfiumError

    try:
        page = document[number]
        try:
            return list(_page(page))
        finally:
            page.close()
    except PdfiumError:
        return []


def _page(page: PdfPage) -> Iterator[Hidden]:
    pieces, inks = _drawn(page)
    if _is_scan(page, inks):
        pieces = [piece for piece in pieces if piece.kind is not HiddenKind.INVISIBLE]
    for kind, run in groupby(pieces, key=lambda piece: piece.kind):
        text = " ".join(" ".join(piece.text for piece in run).split())
        if kind is not None and text:
            yield Hidden(kind, text)


def _drawn(page: PdfPage) -> tuple[list[_Piece], list[_Ink]]:
    """The text objects in the order they are drawn, each with how it is hidden, and what was painted."""
    import pypdfium2.raw as pdfium

    sheet = _Box(*page.get_cropbox())
    pieces: list[_Piece] = []
    inks: list[_Ink] = []
    for item in islice(page.get_objects(max_depth=_FORM_DEPTH), _MAX_OBJECTS_PER_PAGE):
        if item.type == pdfium.FPDF_PAGEOBJ_TEXT:
            kind = _kind(item, sheet, inks)
            pieces.append(_Piece(_extracted(item, page) if kind else "", kind))
        elif item.type in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
            inks += _painted(item)
    return pieces, inks


def _extracted(item: PdfTextObj, page: PdfPage) -> str:
    """The text of a hidden piece. The page's text is made only here: it costs as much as all the rest."""
    item.textpage = page.get_textpage()
    try:
        return str(item.extract())
    finally:
        item.textpage.close()


def _painted(item: PdfObject) -> list[_Ink]:
    import pypdfium2.raw as pdfium

    if item.type != pdfium.FPDF_PAGEOBJ_PATH:
        return [_Ink(_Box(*item.get_bounds()), None)]
    mode, stroke = c_int(), c_int()
    pdfium.FPDFPath_GetDrawMode(item, mode, stroke)
    return [_Ink(_Box(*item.get_bounds()), _fill(item))] if mode.value != pdfium.FPDF_FILLMODE_NONE else []


def _kind(item: PdfTextObj, sheet: _Box, inks: list[_Ink]) -> HiddenKind | None:
    import pypdfium2.raw as pdfium

    if pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
        return HiddenKind.INVISIBLE
    matrix = item.get_matrix()
    if item.get_font_size() * max(abs(matrix.d), abs(matrix.b)) < _SMALLEST_READABLE:
        return HiddenKind.TINY
    colour = _fill(item)
    if item.container is None and not _on_sheet(item, sheet):
        return HiddenKind.OFF_SCREEN
    below = _below(item, inks) if colour is not None and item.container is None else None
    return HiddenKind.SAME_COLOUR if below is not None and colour is not None and same(colour, below) else None


def _on_sheet(item: PdfTextObj, sheet: _Box) -> bool:
    left, bottom, right, top = item.get_bounds()
    return bool(right >= sheet.left and left <= sheet.right and top >= sheet.bottom and bottom <= sheet.top)


def _below(item: PdfTextObj, inks: list[_Ink]) -> Colour | None:
    left, bottom, right, top = item.get_bounds()
    x, y = (left + right) / 2, (bottom + top) / 2
    return next((ink.colour for ink in reversed(inks) if ink.box.holds(x, y)), WHITE)


def _fill(item: PdfObject) -> Colour | None:
    """The fill colour; None where it is a pattern, or the path is only stroked."""
    import pypdfium2.raw as pdfium

    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        return None
    return red.value, green.value, blue.value


def _is_scan(page: PdfPage, inks: list[_Ink]) -> bool:
    width, height = page.get_size()
    pictures = sum(ink.box.area for ink in inks if ink.colour is None)
    return bool(pictures > _SCAN_SHARE * width * height)
