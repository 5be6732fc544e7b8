"""From accepted texts to `chunks`: verbatim spans, sized in the encoder's own tokens, each with its context.

A chunk is embedded and searched with its context (title, heading path, and the header row when it begins inside a
table), because a row of figures means nothing alone. What is stored and quoted is the verbatim span.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import polars as pl
from tokenizers import Tokenizer

from gristmill.corpus.ledger import accepted
from gristmill.corpus.pages import PageStart, page_at
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint, text_hash
from gristmill.models.encoder import Encoder
from gristmill.search.outline import Outline
from gristmill.settings import ChunkerSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, TEXTS

_CODE_VERSION = 2
_COMMIT_CHARACTERS = 8_000_000
_BATCH_DOCUMENTS = 256


@dataclass(frozen=True)
class Span:
    """One chunk of a text: `text[start:end]`, with what it means alone."""

    start: int
    end: int
    headings: tuple[str, ...]
    context: str
    tokens: int


class Chunker:
    """Cuts Markdown at its structure into spans of at most so many tokens."""

    def __init__(self, settings: ChunkerSettings, tokenizer: Tokenizer, window: int) -> None:
        from semantic_text_splitter import MarkdownSplitter

        special = tokenizer.num_special_tokens_to_add(is_pair=False)
        if settings.tokens + settings.context_tokens + special > window:
            raise SettingsError(
                f"Chunks of {settings.tokens} tokens with {settings.context_tokens} of context and {special} of the "
                f"encoder's own exceed its window of {window}; it would cut the rest off silently.",
                "Make 'tokens' or 'context_tokens' below [chunker] smaller.",
            )
        self._tokenizer = tokenizer
        self._context_tokens = settings.context_tokens
        self._splitter = MarkdownSplitter.from_huggingface_tokenizer(tokenizer, settings.tokens)

    def spans(self, text: str, title: str) -> list[Span]:
        """Return the chunks of a text, in order; `text[span.start:span.end]` is each one's text."""
        outline = Outline(text)
        pieces = self._splitter.chunk_indices(text)
        tokens = self._tokenizer.encode_batch([piece for _, piece in pieces])
        return [
            self._span(text, title, start, piece, len(encoding.ids), outline)
            for (start, piece), encoding in zip(pieces, tokens, strict=True)
            if _says_something(piece)
        ]

    def _span(self, text: str, title: str, start: int, piece: str, tokens: int, outline: Outline) -> Span:
        headings = outline.path_at(start)
        header = outline.header_at(start)
        above = [name for name in (title, *headings) if name and name not in piece]
        lines = [" > ".join(dict.fromkeys(above)), header]
        context = self._shortened("\n".join(line for line in lines if line))
        return Span(start, start + len(piece), headings, context, tokens)

    def _shortened(self, context: str) -> str:
        encoding = self._tokenizer.encode(context, add_special_tokens=False)
        if len(encoding.ids) <= self._context_tokens:
            return context
        cut: int = encoding.offsets[self._context_tokens - 1][1] if self._context_tokens else 0
        return context[:cut]


def _says_something(piece: str) -> bool:
    """Say whether a piece is more than headings, which the following chunks carry as their path, and marks."""
    lines = (line for line in piece.splitlines() if not line.lstrip().startswith("#"))
    return any(character.isalnum() for line in lines for character in line)


def chunker_fingerprint(settings: ChunkerSettings, encoder: Encoder) -> str:
    """Return the hash of everything that decides where a text is cut."""
    tokenizer = text_hash(encoder.tokenizer.to_str())
    splitter = version("semantic-text-splitter")
    return fingerprint("chunker", _CODE_VERSION, splitter, settings.model_dump(), tokenizer, encoder.window)


def chunk_documents(lake: Lake, settings: ChunkerSettings, encoder: Encoder, progress: Progress) -> StageReport:
    """Bring `chunks` up to date with the accepted documents."""
    chunker = chunker_fingerprint(settings, encoder)
    documents = accepted(lake).select("document", "title", "text_hash")
    sets = [fingerprint(*row, chunker) for row in documents.iter_rows()]
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
    chunker = Chunker(settings, encoder.tokenizer, encoder.window)
    rows: list[dict[str, Any]] = []
    characters = 0
    for at in range(0, missing.height, _BATCH_DOCUMENTS):
        batch = missing.slice(at, _BATCH_DOCUMENTS)
        texts = lake.read(TEXTS, where=pl.col("text_hash").is_in(batch["text_hash"].implode()))
        for row in batch.join(texts, on="text_hash", how="left", maintain_order="left").iter_rows(named=True):
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
    spans = chunker.spans(text, document["title"])
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
            "gap": text[span.end : following[ordinal]] if ordinal < len(following) else "",
            "headings": list(span.headings),
            "page": page_at(pages, span.start),
            "tokens": span.tokens,
            "context": span.context,
            "embedding_key": text_hash(with_context(span.context, text[span.start : span.end])),
        }
        for ordinal, span in enumerate(spans)
    ]


def with_context(context: str, text: str) -> str:
    """Return what is embedded and searched for a chunk."""
    return f"{context}\n{text}" if context else text


def _forget_others(lake: Lake, documents: pl.DataFrame) -> int:
    stored = lake.read(CHUNKS, ["chunk", "chunk_set"])
    return lake.delete(CHUNKS, stored.join(documents, on="chunk_set", how="anti")["chunk"])
