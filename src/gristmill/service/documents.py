"""The text of a document as the index in force holds it, cut where something is to be highlighted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from gristmill.search.version import IndexVersion


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a document, the number to show there, and what must stand there if it is known."""

    number: int
    start: int
    end: int
    quote: str | None = None


@dataclass(frozen=True)
class Part:
    """A piece of a document's text; `highlight` is the number of the span it belongs to."""

    text: str
    start: int
    end: int
    highlight: int | None


@dataclass(frozen=True)
class Page:
    """A page, and where in the text it begins."""

    page: int
    start: int


@dataclass(frozen=True)
class Document:
    """A document of the index."""

    document: str
    title: str
    language: str
    modified: datetime | None
    start: int  # offset of the first character that was cut into chunks
    text: str
    pages: tuple[Page, ...]


def read_document(index: IndexVersion, document: str) -> Document | None:
    """Return a document of the index, or None. Whether somebody may see it is not asked here."""
    rows = index.rows.filter(pl.col("document") == document).sort("start")
    if rows.is_empty():
        return None
    first = rows.row(0, named=True)
    text = "".join(chunk + gap for chunk, gap in rows.select("text", "gap").iter_rows())
    starts = rows.filter(pl.col("page").is_not_null()).group_by("page").agg(pl.col("start").min()).sort("page")
    pages = tuple(Page(page, start) for page, start in starts.iter_rows())
    end = int(rows["end"].max())  # type: ignore[arg-type]
    text = text[: end - first["start"]]
    return Document(document, first["title"], first["language"], first["modified"], first["start"], text, pages)


def placed(document: Document, spans: Iterable[Span]) -> tuple[list[Span], list[int]]:
    """Return the spans where they are in the document now, and the numbers of those that are gone.

    A quote that moved is looked for.
    """
    found = {span.number: _place(document, span) for span in spans}
    return [span for span in found.values() if span is not None], [n for n, span in found.items() if span is None]


def _place(document: Document, span: Span) -> Span | None:
    first, last = span.start - document.start, span.end - document.start
    inside = 0 <= first < last <= len(document.text)
    if inside and span.quote in {None, document.text[first:last]}:
        return span
    at = -1 if span.quote is None else document.text.find(span.quote)
    if span.quote is None or at < 0:
        return None
    return Span(span.number, at + document.start, at + document.start + len(span.quote), span.quote)


def parts(document: Document, spans: Iterable[Span]) -> list[Part]:
    """Return the whole text in pieces, each inside or outside the spans; where spans overlap, the first one has it."""
    return list(_cut(document, spans))


def _cut(document: Document, spans: Iterable[Span]) -> Iterator[Part]:
    at, end = document.start, document.start + len(document.text)
    for span in sorted(spans, key=lambda span: span.start):
        begin = max(span.start, at)
        if begin >= span.end:
            continue
        if begin > at:
            yield _part(document, at, begin, None)
        yield _part(document, begin, span.end, span.number)
        at = span.end
    if at < end:
        yield _part(document, at, end, None)


def _part(document: Document, start: int, end: int, highlight: int | None) -> Part:
    return Part(document.text[start - document.start : end - document.start], start, end, highlight)
