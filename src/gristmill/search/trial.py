"""A search index of texts at hand, for measuring: cut, encoded and searched by the same code as the published one.

It has no Chroma collection, because search in it is always exact. Publishing and auditing do not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from gristmill.fingerprint import fingerprint, text_hash
from gristmill.identity import EVERYONE
from gristmill.models.encoder import TextEncoder
from gristmill.search.chunkers import Chunker, Span
from gristmill.search.dense import BRIDGE, VECTORS
from gristmill.search.lexical import LexicalIndex
from gristmill.search.rows import ROWS, with_context
from gristmill.search.version import ROWS_FILE, IndexVersion, Manifest, write_manifest


@dataclass(frozen=True)
class TrialText:
    """A document to search: its name, its title, its text and its language (empty: English)."""

    document: str
    title: str
    text: str
    language: str = ""


def build_trial(
    folder: Path, texts: Sequence[TrialText], chunker: Chunker, encoders: Sequence[TextEncoder]
) -> IndexVersion:
    """Cut and index `texts` below `folder`, which is empty, by the main encoder and perhaps the bridge."""
    rows = pl.concat([ROWS.to_frame(), *(_rows(text, chunker.spans(text.text, text.title)) for text in texts)])
    meanings = [with_context(*row) for row in rows.select("context", "text").iter_rows()]
    for name, encoder in zip((VECTORS, BRIDGE), encoders, strict=False):
        np.save(folder / name, encoder.encode(meanings))
    rows.write_ipc(folder / ROWS_FILE, compression="uncompressed")
    records = zip(rows["chunk"], meanings, rows["language"], rows["audience"].to_list(), strict=True)
    LexicalIndex.create(folder, records)
    languages = tuple(sorted(set(rows["language"]) - {""}))
    fingerprints = tuple(encoder.fingerprint for encoder in encoders)
    write_manifest(folder, Manifest("trial", fingerprints, rows.height, len(texts), languages, {}))
    return IndexVersion(folder)


def _rows(source: TrialText, spans: Sequence[Span]) -> pl.DataFrame:
    starts = [*(span.start for span in spans[1:]), *(span.end for span in spans[-1:])]
    texts = [source.text[span.start : span.end] for span in spans]
    columns = {
        "chunk": [fingerprint(source.document, span.start, span.end) for span in spans],
        "headings": [list(span.headings) for span in spans],
        "context": [span.context for span in spans],
        "text": texts,
        "gap": [source.text[span.end : start] for span, start in zip(spans, starts, strict=True)],
        "start": [span.start for span in spans],
        "end": [span.end for span in spans],
        "parent_start": [span.parent_start for span in spans],
        "parent_end": [span.parent_end for span in spans],
        "embedding_key": [text_hash(with_context(s.context, t)) for s, t in zip(spans, texts, strict=True)],
    }
    same = {
        "document": source.document, "title": source.title, "language": source.language,
        "audience_key": EVERYONE, "superseded": False,
    }  # fmt: skip
    frame = pl.DataFrame({name: column for name, column in columns.items() if name in ROWS})
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in same.items())
    frame = frame.with_columns(pl.lit([EVERYONE], dtype=pl.List(pl.String)).alias("audience"))
    absent = [pl.lit(None, kind).alias(name) for name, kind in ROWS.items() if name not in frame.columns]
    return frame.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in ROWS.items())
