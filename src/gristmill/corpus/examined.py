"""The rows of `parsed_documents` that an examination reads, and the rows of `examined_texts` that it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gristmill.corpus.hygiene import Hidden, HiddenKind
from gristmill.corpus.judging import Judged, ParsedDocument, examine_all
from gristmill.corpus.policies import SourcePolicy

__all__ = ["document_of", "examined_row", "examined_rows"]


def document_of(row: dict[str, Any]) -> ParsedDocument:
    """The document of a row of `parsed_documents`."""
    hidden = tuple(
        Hidden(HiddenKind(one["kind"]), one["text"], one["leaked"], one["times"], one["shown"])
        for one in row["hidden"] or ()
    )
    pages = tuple((page["page"], page["start"]) for page in row["pages"] or ())
    return ParsedDocument(row["text"] or "", row["title"] or "", row["language"] or "", pages, hidden)


def examined_rows(
    rows: Sequence[dict[str, Any]], policies: Mapping[str, SourcePolicy], key: bytes
) -> list[dict[str, Any]]:
    """The rows of `examined_texts` for documents with their `examined_key` and `source`, examined together."""
    documents = [(document_of(row), policies[row["source"]]) for row in rows]
    examined = zip(rows, examine_all(documents, key), strict=True)
    return [examined_row(row["examined_key"], judged) for row, judged in examined]


def examined_row(examined_key: str, judged: Judged) -> dict[str, Any]:
    """The row of `examined_texts` for one examination."""
    return {
        "examined_key": examined_key,
        "text": judged.text,
        "text_hash": judged.text_hash,
        "pages": [{"page": page, "start": start} for page, start in judged.pages],
        "title": judged.title,
        "heading": judged.heading,
        "head": judged.head,
        "characters": len(judged.text),
        "words": judged.words,
        "content_hash": judged.content_hash,
        "signature": judged.signature,
        "findings": [finding.as_row() for finding in judged.findings],
        "masked": [{"kind": kind, "count": count} for kind, count in judged.masked],
        "edges": [line._asdict() for line in judged.edges],
        "page_lines": [span._asdict() for span in judged.page_lines],
        "languages": [run._asdict() for run in judged.languages],
    }
