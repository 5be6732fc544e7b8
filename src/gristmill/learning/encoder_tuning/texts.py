"""The passages that an encoder is tuned on, read from a home or from a folder in BEIR's format.

Passages are the chunks that search would encode, with their context. Questions and judgements of a BEIR folder are
never opened here: tuning knows the texts alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gristmill.errors import SettingsError
from gristmill.fingerprint import text_hash
from gristmill.models.encoder import Encoder
from gristmill.search.chunkers import Chunker, make_chunker
from gristmill.search.chunking import with_context
from gristmill.search.rows import index_rows
from gristmill.settings import ChunkerSettings
from gristmill.storage.lake import Lake

_CORPUS = "corpus.jsonl"
_LANGUAGE = "en"


@dataclass(frozen=True)
class TuningText:
    """One passage as search encodes it."""

    document: str
    title: str
    headings: tuple[str, ...]
    context: str
    text: str
    language: str

    @property
    def encoded(self) -> str:
        """What the encoder reads for it."""
        return with_context(self.context, self.text)

    @property
    def key(self) -> str:
        """The key that its vector has in the lake."""
        return text_hash(self.encoded)


def texts_of_home(lake: Lake) -> list[TuningText]:
    """Return the chunks of the accepted documents that no newer version replaces, in the order of documents."""
    rows = index_rows(lake).filter(~_superseded()).sort("document", "start")
    names = ("document", "title", "headings", "context", "text", "language")
    return _distinct(
        TuningText(document, title or "", tuple(headings or ()), context, text, language or _LANGUAGE)
        for document, title, headings, context, text, language in rows.select(names).iter_rows()
    )


def texts_of_folder(folder: Path, settings: ChunkerSettings, encoder: Encoder) -> list[TuningText]:
    """Return the chunks of `corpus.jsonl` in a folder of BEIR's format.

    Raises:
        SettingsError: the file is missing or not in that format.
    """
    chunker = make_chunker(settings, encoder)
    return _distinct(text for document in _documents(folder / _CORPUS) for text in _cut(document, chunker))


def _superseded() -> pl.Expr:
    return pl.col("superseded").fill_null(value=False)


def _documents(file: Path) -> Iterator[tuple[str, str, str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                fields = json.loads(line)
                yield str(fields["_id"]), str(fields.get("title") or "").strip(), str(fields["text"]).strip()
    except (OSError, ValueError, KeyError) as error:
        remedy = f"Give a folder with a '{_CORPUS}' of lines with '_id', 'title' and 'text'."
        raise SettingsError(f"{file} cannot be read: {error!r}.", remedy) from error


def _cut(document: tuple[str, str, str], chunker: Chunker) -> Iterator[TuningText]:
    name, title, text = document
    for span in chunker.spans(text, title):
        yield TuningText(name, title, span.headings, span.context, text[span.start : span.end], _LANGUAGE)


def _distinct(texts: Iterator[TuningText]) -> list[TuningText]:
    """Return the first of equal texts: a twin would be its own false negative."""
    first: dict[str, TuningText] = {}
    for text in texts:
        first.setdefault(text.text, text)
    return list(first.values())
