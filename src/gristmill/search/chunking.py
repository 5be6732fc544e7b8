"""From accepted texts to `chunks`: verbatim spans, sized in the encoder's own tokens, each with its context.

A chunk is embedded and searched with its context (title, heading path, and the header row when it begins inside a
table), because a row of figures means nothing alone. What is stored and quoted is the verbatim span.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.corpus.pages import PageStart, page_at
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.fingerprint import fingerprint, text_hash
from gristmill.models.encoder import Encoder
from gristmill.search.rows import with_context
from gristmill.settings import ChunkerSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, TEXTS

# Whoever cuts nothing loads no chunker.
if TYPE_CHECKING:
    from gristmill.search.chunkers import Chunker, Span

_CODE_VERSION = 3
# A document's chunks lie in one commit; taking one out writes the commit's file anew.
_COMMIT_CHARACTERS = 2_000_000
_BATCH_TEXTS = 256


def chunker_fingerprint(settings: ChunkerSettings, encoder: Encoder) -> str:
    """Return the hash of everything that decides where a text is cut."""
    splitter = version("semantic-text-splitter")
    parts = ["chunker", _CODE_VERSION, splitter, settings.model_dump(), encoder.tokenizer_hash, encoder.window]
    # Only this strategy asks a model where to cut.
    return fingerprint(*parts, *([encoder.fingerprint] if settings.strategy == "semantic" else []))


def chunk_set(document: str, title: str, text: str, marked: Sequence[object] | None, *, chunker: str) -> str:
    """Return the key of a document's chunks: other words, marks, another title or another chunker make another set.

    Args:
        document: its name.
        title: embedded with each chunk.
        text: hash of its text.
        marked: what of it is boilerplate.
        chunker: fingerprint.
    """
    return fingerprint(document, title, text, chunker, *([marked] if marked else []))


def chunk_documents(lake: Lake, settings: ChunkerSettings, encoder: Encoder, progress: Progress) -> StageReport:
    """Bring `chunks` up to date with the accepted documents."""
    chunker = chunker_fingerprint(settings, encoder)
    documents = accepted(lake).select("document", "title", "text_hash", "boilerplate")
    sets = [chunk_set(*row, chunker=chunker) for row in documents.iter_rows()]
    documents = documents.with_columns(pl.Series("chunk_set", sets, dtype=pl.String))
    stored = lake.read(CHUNKS, ["chunk_set"]).unique()
    missing = documents.join(stored, on="chunk_set", how="anti", maintain_order="left")
    progress.start("chunk", missing.height)
    began, added = time.perf_counter(), 0
    for rows in _chunked(lake, missing, settings, encoder, progress):
        added += lake.append(CHUNKS, pl.DataFrame(rows, schema=CHUNKS.schema))
    removed = _forget_others(lake, documents)
    numbers = {"chunks": lake.read(CHUNKS, ["chunk"]).height, "new": added, "removed": removed}
    changes = (Change(document, "chunked") for document in missing["document"])
    return StageReport.of("chunks", {**numbers, "seconds": round(time.perf_counter() - began, 3)}, changes)


def _chunked(
    lake: Lake, missing: pl.DataFrame, settings: ChunkerSettings, encoder: Encoder, progress: Progress
) -> Iterator[list[dict[str, Any]]]:
    """Yield rows in lists that hold whole documents, so that a commit never holds a part of one."""
    if missing.is_empty():
        return
    from gristmill.search.chunkers import make_chunker

    chunker = make_chunker(settings, encoder)
    rows: list[dict[str, Any]] = []
    characters = 0
    wanted = pl.col("text_hash").is_in(missing["text_hash"].unique().implode())
    for texts in lake.batches(TEXTS, TEXTS.schema.names(), _BATCH_TEXTS, wanted):
        for row in missing.join(texts, on="text_hash", how="inner", maintain_order="left").iter_rows(named=True):
            rows += _rows(row, chunker)
            characters += len(row["text"])
            progress.advance()
            if characters > _COMMIT_CHARACTERS:
                yield rows
                rows, characters = [], 0
    if rows:
        yield rows


def _rows(document: dict[str, Any], chunker: Chunker) -> list[dict[str, Any]]:
    text = document["text"]
    pages = [PageStart(page["page"], page["start"]) for page in document["pages"] or []]
    spans = without_boilerplate(chunker.spans(text, document["title"]), text, document["boilerplate"] or [])
    following = [span.start for span in spans[1:]]
    return [
        {
            "chunk": fingerprint(document["chunk_set"], span.start, span.end),
            "document": document["document"],
            "chunk_set": document["chunk_set"],
            "ordinal": ordinal,
            "start": span.start,
            "end": span.end,
            "text": text[span.start : span.end],
            "parent_start": span.parent_start,
            "parent_end": span.parent_end,
            "gap": text[span.end : following[ordinal]] if ordinal < len(following) else "",
            "headings": list(span.headings),
            "page": page_at(pages, span.start),
            "tokens": span.tokens,
            "context": span.context,
            "embedding_key": text_hash(with_context(span.context, text[span.start : span.end])),
        }
        for ordinal, span in enumerate(spans)
    ]


def without_boilerplate(spans: Sequence[Span], text: str, marked: Sequence[Mapping[str, int]]) -> list[Span]:
    """Return the spans without marked text at their ends, and without those that hold nothing else.

    Each is still verbatim, and no larger. Marked text inside a chunk stays: cutting there would part a sentence that
    goes on over a page. A document that is all boilerplate keeps its chunks.
    """
    if not marked:
        return list(spans)
    places = [(one["start"], one["end"]) for one in marked]
    kept = [shorter for span in spans if (shorter := _trimmed(span, text, places))]
    return kept or list(spans)


def _trimmed(span: Span, text: str, marked: Sequence[tuple[int, int]]) -> Span | None:
    from gristmill.search.chunkers import says_something

    start, end = span.start, span.end
    for begin, stop in marked:
        if begin < end and not text[start : max(start, begin)].strip():
            start = max(start, stop)
    for begin, stop in reversed(marked):
        if stop > start and not text[min(end, stop) : end].strip():
            end = min(end, begin)
    if start >= end or not says_something(text[start:end]):
        return None
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _forget_others(lake: Lake, documents: pl.DataFrame) -> int:
    stored = lake.read(CHUNKS, ["chunk", "chunk_set"])
    return lake.delete(CHUNKS, stored.join(documents, on="chunk_set", how="anti")["chunk"])
