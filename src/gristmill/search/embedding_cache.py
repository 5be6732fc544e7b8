"""Vectors kept between runs of benchmarks and tuning, by the hash of a text and the fingerprint of its encoder.

It is a cache: deleting the file loses nothing but time. The vectors of the product's own chunks stand in the lake and
do not belong here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gristmill.corpus.report import Progress, Silent
from gristmill.fingerprint import text_hash
from gristmill.models.encoder import Encoder, TextEncoder
from gristmill.models.vectors import Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# What a kill loses at most, and long enough that sorting by length pays.
_BLOCK = 512
_MOST_PARAMETERS = 500


class VectorCache:
    """A file of vectors, safe to use from several processes and to kill at any moment."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        with self._open() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS vectors (encoder TEXT, text TEXT, vector BLOB, "
                "PRIMARY KEY (encoder, text)) WITHOUT ROWID"
            )

    def read(self, encoder: str, keys: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that are there, by key."""
        found: dict[str, Vectors] = {}
        with self._open() as database:
            for at in range(0, len(keys), _MOST_PARAMETERS):
                part = keys[at : at + _MOST_PARAMETERS]
                marks = ",".join("?" * len(part))
                query = f"SELECT text, vector FROM vectors WHERE encoder = ? AND text IN ({marks})"  # noqa: S608
                for key, vector in database.execute(query, [encoder, *part]):
                    found[key] = np.frombuffer(vector, dtype="<f4")
        return found

    def write(self, encoder: str, keys: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors, in one transaction."""
        rows = [(encoder, key, vector.astype("<f4").tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        with self._open() as database, database:
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def _open(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self._file, timeout=60))


class CachedTextEncoder:
    """A text encoder that encodes each text once, ever."""

    def __init__(self, encoder: TextEncoder, cache: VectorCache, progress: Progress | None = None) -> None:
        self._encoder = encoder
        self._cache = cache
        self._progress = progress or Silent()

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides a vector."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, dimensions)."""
        keys = [text_hash(text) for text in texts]
        known = self._cache.read(self.fingerprint, sorted(set(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if len(missing) > _BLOCK // 8:  # a bar for a question's handful of sentences would only flicker
            self._progress.start("encode", len(missing))
        for block in _blocks(missing):
            vectors = self._encoder.encode([text for _, text in block])
            self._cache.write(self.fingerprint, [key for key, _ in block], vectors)
            known |= {key: vector for (key, _), vector in zip(block, vectors, strict=True)}
            self._progress.advance(len(block))
        return np.stack([known[key] for key in keys]) if keys else np.empty((0, 0), dtype=np.float32)


class CachedEncoder(CachedTextEncoder):
    """The main encoder with a cache before it."""

    def __init__(self, encoder: Encoder, cache: VectorCache, progress: Progress | None = None) -> None:
        super().__init__(encoder, cache, progress)
        self._main = encoder

    @property
    def window(self) -> int:
        """Tokens of one text that are read, special tokens included."""
        return self._main.window

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that sizes are counted in."""
        return self._main.tokenizer

    @property
    def tokenizer_hash(self) -> str:
        """Hash of that tokenizer."""
        return self._main.tokenizer_hash


def _blocks(missing: dict[str, str]) -> Iterator[list[tuple[str, str]]]:
    """Yield texts in blocks, the longest first, so that a block's texts are of one length."""
    rows = sorted(missing.items(), key=lambda item: -len(item[1]))
    for at in range(0, len(rows), _BLOCK):
        yield rows[at : at + _BLOCK]
