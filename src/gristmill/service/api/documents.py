"""The documents: one with its highlighted places, and for curators the ledger with the reasons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gristmill.corpus.ledger import Status, find
from gristmill.identity import Person, Role
from gristmill.service.api.receipts import readable_receipt
from gristmill.service.auth import Asking, Curating
from gristmill.service.documents import Span, parts, placed, read_document
from gristmill.service.problems import not_found
from gristmill.service.sight import Sight
from gristmill.service.state import Service, TheService

router = APIRouter(tags=["documents"])

_MOST_ROWS = 500
SpanText = Annotated[str, Field(pattern=r"^\d{1,9}-\d{1,9}$")]


class PartOut(BaseModel):
    """A piece of the text, in or outside a highlighted place. Put together, the pieces are the whole text."""

    text: str
    start: int
    end: int
    highlight: int | None = Field(description="The number of the place: of an answer, its citation's.")


class PageOut(BaseModel):
    """Where a page begins."""

    page: int
    start: int


class DocumentOut(BaseModel):
    """A document as the release in force knows it."""

    document: str
    title: str
    language: str
    modified: datetime | None
    release: str
    parts: list[PartOut]
    pages: list[PageOut]
    lost: list[int] = Field(description="Numbers of places that are not in the document any more: it was edited.")


class LedgerRow(BaseModel):
    """A document with its status and the reason for it."""

    document: str
    status: Status
    reason: str | None
    audience: list[str]
    title: str | None
    media_type: str | None
    language: str | None
    bytes: int | None
    modified: datetime | None
    changed: datetime | None


class Ledger(BaseModel):
    """The documents, worst first."""

    documents: list[LedgerRow]
    more: int = Field(description="How many more there are.")


@router.get("/documents")
def ledger(
    service: TheService,
    person: Curating,
    status: Status | None = None,
    contains: Annotated[str, Query(max_length=200, description="Part of the document's name.")] = "",
) -> Ledger:
    """Return the ledger, for curators: the documents of their groups; an admin's of all. Texts are not in it."""
    rows = find(service.workspace.lake, None if status is None else str(status), contains)
    if not person.role.includes(Role.ADMIN):
        rows = rows.filter(pl.col("audience").list.set_intersection(list(person.groups)).list.len() > 0)
    names = list(LedgerRow.model_fields)
    shown = [
        LedgerRow.model_validate(row | {"audience": row["audience"] or []})
        for row in rows.head(_MOST_ROWS).select(names).iter_rows(named=True)
    ]
    return Ledger(documents=shown, more=max(0, rows.height - _MOST_ROWS))


@router.get("/documents/{document:path}")
def document(
    document: str,
    service: TheService,
    person: Asking,
    receipt: Annotated[str | None, Query(max_length=40, description="Highlight what this answer cites.")] = None,
    span: Annotated[
        list[SpanText] | None, Query(max_length=50, description="Without a receipt: highlight these characters.")
    ] = None,
) -> DocumentOut:
    """Return a document that the asker may see, cut at the places to highlight."""
    tools = service.current.take().tools
    if document not in (sight := Sight.of(person, tools.index)).audiences:
        raise not_found("document")
    if not sight.sees(document):
        service.journal.note(person.name, "denied", f"document {document}")
        raise not_found("document")
    found = read_document(tools.index, document)
    assert found is not None
    spans = _cited(service, person, document, receipt) if receipt is not None else _asked(span or ())
    places, lost = placed(found, spans)
    return DocumentOut(
        document=found.document,
        title=found.title,
        language=found.language,
        modified=found.modified,
        release=tools.release,
        parts=[PartOut.model_validate(part, from_attributes=True) for part in parts(found, places)],
        pages=[PageOut.model_validate(page, from_attributes=True) for page in found.pages],
        lost=lost,
    )


def _cited(service: Service, person: Person, document: str, receipt: str) -> list[Span]:
    """Return the citations of an answer that are in this document, with their numbers in the answer."""
    row = readable_receipt(service, person, receipt)
    return [
        Span(number, int(str(cited["start"])), int(str(cited["end"])), str(cited["quote"]))
        for number, cited in enumerate(row.citations, 1)
        if cited["document"] == document
    ]


def _asked(texts: Iterable[str]) -> list[Span]:
    places = (text.partition("-") for text in texts)
    return [Span(number, int(start), int(end)) for number, (start, _, end) in enumerate(places, 1)]
