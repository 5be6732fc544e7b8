"""Hidden text of Word files: hidden, white or tiny runs, comments and properties.

A docx file is a zip of XML: parts are read with limits on size, by a parser that refuses entities.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from gristmill.corpus.hygiene.hidden_kinds import MAX_HIDDEN, Hidden, HiddenKind, Reading
from gristmill.corpus.hygiene.styles import SMALLEST_READABLE_PX, WHITE, Colour, same

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["hidden_in_docx"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_MAX_PART_BYTES = 32_000_000
_BODY_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_PROPERTY_PARTS = ("docProps/core.xml", "docProps/custom.xml")
# Word counts half points; a point is four thirds of a CSS pixel.
_PX_PER_HALF_POINT = 2 / 3
_ANY = re.compile(b"")
_VANISH = re.compile(b"vanish")
# Hidden by attribute or style, size below 3 points, very light colour, or a shading: without any of these a part is not
# parsed, which saves nine tenths of the time.
_STYLED = re.compile(b"Style")
_CONCEALING = re.compile(rb'vanish|:val="(?:[1-5]|[Ff][0-9A-Fa-f]{5})"|:fill="(?!auto|FFFFFF)')


def hidden_in_docx(raw: bytes) -> Reading:
    """Hidden runs, comments and properties; nothing for a damaged file or one with entities."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, ValueError):
        return Reading([])
    with archive:
        return _archive(archive)


def _archive(archive: zipfile.ZipFile) -> Reading:
    hidden: list[Hidden] = []
    visible: list[str] = []
    vanishing = frozenset(_vanishing_styles(archive))
    for part in _BODY_PARTS:
        for kind, text in _runs(archive, part, vanishing):
            visible += [] if kind else [text]
            hidden += [Hidden(kind, text)] if kind else []
    hidden += [Hidden(HiddenKind.COMMENT, text) for text in _paragraphs(archive, "word/comments.xml")]
    hidden += [Hidden(HiddenKind.METADATA, text) for part in _PROPERTY_PARTS for text in _leaves(archive, part)]
    return Reading(hidden[:MAX_HIDDEN], "\n".join(visible))


def _paragraphs(archive: zipfile.ZipFile, part: str) -> Iterator[str]:
    return filter(None, (" ".join(_text(found).split()) for found in _elements(archive, part, "p")))


def _leaves(archive: zipfile.ZipFile, part: str) -> Iterator[str]:
    leaves = (element for element in _elements(archive, part) if len(element) == 0)
    return filter(None, (" ".join((element.text or "").split()) for element in leaves))


def _elements(archive: zipfile.ZipFile, part: str, name: str = "", sign: re.Pattern[bytes] = _ANY) -> Iterator[Element]:
    """The elements of this local name in a part, or all.

    A part that is missing, too large or malformed, or where the bytes have no `sign`, gives none.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if part not in archive.namelist() or archive.getinfo(part).file_size > _MAX_PART_BYTES:
        return
    try:
        raw = archive.read(part)
        root = fromstring(raw) if sign.search(raw) else None
    except (
        ParseError,
        DefusedXmlException,
        zipfile.BadZipFile,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ):
        return
    if root is not None:
        yield from (element for element in root.iter() if name in ("", _local(element)))


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _vanishing_styles(archive: zipfile.ZipFile) -> Iterator[str]:
    for style in _elements(archive, "word/styles.xml", "style", _VANISH):
        properties = _child(style, "rPr")
        if properties is not None and _is_on(_child(properties, "vanish")):
            yield _attribute(style, "styleId")


def _runs(archive: zipfile.ZipFile, part: str, vanishing: frozenset[str]) -> Iterator[tuple[HiddenKind | None, str]]:
    """Runs of one kind of each paragraph; a part without a sign of hidden text gives none."""
    for paragraph in _elements(archive, part, "p", _STYLED if vanishing else _CONCEALING):
        style = _value(_child(_child(paragraph, "pPr"), "pStyle"))
        shaded = _shade(_child(paragraph, "pPr"))
        runs = ((_run_kind(run, vanishing, style, shaded), _text(run)) for run in _descendants(paragraph, "r"))
        for kind, group in groupby(runs, key=lambda pair: pair[0]):
            if text := " ".join("".join(text for _, text in group).split()):
                yield kind, text


def _run_kind(run: Element, vanishing: frozenset[str], style: str, shaded: Colour | None) -> HiddenKind | None:
    properties = _child(run, "rPr")
    if style in vanishing or _value(_child(properties, "rStyle")) in vanishing or _is_on(_child(properties, "vanish")):
        return HiddenKind.NOT_DISPLAYED
    size = _value(_child(properties, "sz"))
    if size.isdigit() and int(size) * _PX_PER_HALF_POINT < SMALLEST_READABLE_PX:
        return HiddenKind.TINY
    colour = _hex(_value(_child(properties, "color")))
    background = _shade(properties) or shaded
    return HiddenKind.SAME_COLOUR if colour and same(colour, background or WHITE) else None


def _shade(properties: Element | None) -> Colour | None:
    return _hex(_attribute(_child(properties, "shd"), "fill"))


def _hex(value: str) -> Colour | None:
    try:
        number = int(value, 16)
    except ValueError:
        return None
    return (number >> 16 & 255, number >> 8 & 255, number & 255) if len(value) == 6 else None


def _child(element: Element | None, name: str) -> Element | None:
    if element is None:
        return None
    found = element.find(_W + name)
    return element.find(_W_STRICT + name) if found is None else found


def _descendants(element: Element, name: str) -> Iterator[Element]:
    return (found for found in element.iter() if _local(found) == name)


def _attribute(element: Element | None, name: str) -> str:
    return "" if element is None else element.get(_W + name) or element.get(_W_STRICT + name) or ""


def _value(element: Element | None) -> str:
    return _attribute(element, "val")


def _is_on(element: Element | None) -> bool:
    return element is not None and _value(element) not in ("0", "false", "off")


def _text(element: Element) -> str:
    return "".join(found.text or "" for found in _descendants(element, "t"))
