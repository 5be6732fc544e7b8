"""A lake of made-up chunks, written straight into its tables: drawn words, and vectors around real ones.

Texts follow Zipf's law over a vocabulary of 50,000 words, and five groups share the documents, so that lexical search
and filters have the work that a real corpus gives them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from gristmill.fingerprint import fingerprint
from gristmill.models.vectors import Vectors
from gristmill.search.crossing import draw_vectors
from gristmill.search.embedding import embedding_id
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, DOCUMENTS, EMBEDDINGS

ENCODER = fingerprint("made up")
GROUPS = ("everyone", "hr", "it", "board", "sales")
CHUNKS_PER_DOCUMENT = 10
WORDS_PER_CHUNK = 120
_VOCABULARY = 50_000
_SENTENCES = 40  # of a document
_WORDS = (
    "the and of to in for with from before after under over water wheel mill stone river gate keeper morning evening "
    "opens closes carries brings turns holds repairs measures counts paints lifts lowers old new small large quiet "
    "broken heavy light yellow copper timber rope barrel ladder window door bridge field garden winter summer letter "
    "ledger invoice worker engineer foreman clerk visitor nobody somebody everyone always seldom never twice together"
)
_BLOCK = 10_000
_LONGEST = 2_000  # characters that a chunk takes up at most


def write_lake(url: str, chunks: int, like: Vectors) -> Lake:
    """Write `chunks` chunks with their documents and vectors; `like` are vectors of real texts."""
    lake = Lake(url)
    draw = np.random.default_rng(1)
    for at in range(0, chunks, _BLOCK):
        count = min(_BLOCK, chunks - at)
        _write_block(lake, at, count, draw, draw_vectors(like, count, seed=at + 1))
    return lake


def write_documents(folder: Path, chunks: int) -> None:
    """Write Markdown files of single sentences, each a chunk of some 16 tokens, in words that a language test knows."""
    folder.mkdir(parents=True)
    draw, words = np.random.default_rng(2), _WORDS.split()
    for number in range(chunks // _SENTENCES):
        told = (" ".join(draw.choice(words, 12)).capitalize() + "." for _ in range(_SENTENCES))
        (folder / f"{number:05d}.md").write_text("\n\n".join(told) + "\n")


def real_vectors(home: Path) -> Vectors:
    """Return the vectors of an ingested home, whose texts the made-up vectors lie among."""
    from gristmill.search.embedding import vectors_of

    rows = Lake(str(home / "lake")).read(EMBEDDINGS, ["encoder", "vector"])
    lengths = rows["vector"].bin.size()
    return vectors_of(rows.filter(lengths == 384 * 4)["vector"])


def draw_text(draw: np.random.Generator, words: int) -> str:
    """Return so many words, the frequent ones frequently."""
    ranks = np.minimum(draw.zipf(1.15, words), _VOCABULARY)
    return " ".join(f"w{rank}" for rank in ranks)


def _write_block(lake: Lake, first: int, count: int, draw: np.random.Generator, vectors: Vectors) -> None:
    numbers = range(first, first + count)
    documents = [f"d{number // CHUNKS_PER_DOCUMENT:06d}.md" for number in numbers]
    keys = [fingerprint("made up", number) for number in numbers]
    texts = [draw_text(draw, WORDS_PER_CHUNK) for _ in numbers]
    starts = [number % CHUNKS_PER_DOCUMENT * _LONGEST for number in numbers]
    chunks = pl.DataFrame(
        {
            "chunk": [fingerprint("chunk", number) for number in numbers],
            "document": documents,
            "ordinal": [number % CHUNKS_PER_DOCUMENT for number in numbers],
            "text": texts,
            "start": starts,
            "end": [start + len(text) for start, text in zip(starts, texts, strict=True)],
            "context": "A made-up heading",
            "headings": [["A made-up heading"]] * count,
            "parent_start": 0,
            "parent_end": CHUNKS_PER_DOCUMENT * _LONGEST,
            "gap": "\n\n",
            "embedding_key": keys,
            "tokens": 150,
        }
    )
    names = sorted(set(documents))
    ledger = pl.DataFrame(
        {
            "document": names,
            "status": "accepted",
            "title": names,
            "language": "eng",
            "audience": [[GROUPS[int(name[1:-3]) % len(GROUPS)]] for name in names],
        }
    )
    embeddings = {
        "embedding": [embedding_id(ENCODER, key) for key in keys],
        "embedding_key": keys,
        "encoder": ENCODER,
        "vector": [vector.tobytes() for vector in vectors],
    }
    for table, rows in ((CHUNKS, chunks), (DOCUMENTS, ledger), (EMBEDDINGS, pl.DataFrame(embeddings))):
        absent = [pl.lit(None, kind).alias(name) for name, kind in table.schema.items() if name not in rows.columns]
        lake.append(table, rows.with_columns(absent))
