"""Dense search in one index version: exact over a memory-mapped matrix, or approximate in Chroma.

The matrix lies in the order of audiences, so the rows an asker may see are a few contiguous runs and an exact search
touches nothing else. Chroma holds ids, vectors and audiences, never text: its file keeps what was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gristmill.errors import SearchIndexError
from gristmill.models.encoder import Vectors
from gristmill.search.rows import audience_groups

VECTORS = "vectors.npy"
BRIDGE = "bridge.npy"
CHROMA = "chroma"
_COLLECTION = "chunks"
# Chroma takes no empty list; no group can have this name.
_NOBODY = ["-"]
_ADD_ROWS = 2_000
# Width of Chroma's search; its default of 100 loses neighbours when a filter leaves few of them.
_SEARCH_WIDTH = 400


@dataclass(frozen=True)
class Run:
    """Rows `start` to `end` of the matrix, all of one audience."""

    groups: frozenset[str]
    start: int
    end: int


def runs_of(audience_keys: pl.Series) -> list[Run]:
    """Return the runs of equal audience in ordered rows."""
    lengths = audience_keys.rle().struct.unnest()
    ends = lengths["len"].cum_sum()
    return [
        Run(frozenset(audience_groups(key)), int(end - length), int(end))
        for length, key, end in zip(lengths["len"], lengths["value"], ends, strict=True)
    ]


def write_matrix(file: Path, vectors: pl.Series) -> Vectors:
    """Write vectors as a matrix that can be memory-mapped, and return it."""
    dimensions = len(vectors[0]) // 4 if len(vectors) else 0
    shape = (len(vectors), dimensions)
    if not len(vectors):
        np.save(file, np.empty(shape, dtype=np.float32))
        return np.empty(shape, dtype=np.float32)
    matrix: Vectors = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=shape)
    for row, vector in enumerate(vectors):
        matrix[row] = np.frombuffer(vector, dtype="<f4")
    matrix.flush()  # type: ignore[attr-defined]
    return matrix


def exact_search(
    matrix: Vectors, runs: Iterable[Run], groups: Iterable[str], vector: Vectors, k: int
) -> list[tuple[int, float]]:
    """Return the rows nearest to `vector` among those the groups may see, with their cosine, nearest first."""
    allowed = frozenset(groups)
    rows: list[NDArray[np.intp]] = []
    scores: list[Vectors] = []
    for run in runs:
        if run.groups & allowed:
            rows.append(np.arange(run.start, run.end))
            scores.append(matrix[run.start : run.end] @ vector)
    if not rows:
        return []
    row, score = np.concatenate(rows), np.concatenate(scores)
    top = np.argpartition(-score, min(k, len(score)) - 1)[:k]
    top = top[np.argsort(-score[top], kind="stable")]
    return [(int(row[i]), float(score[i])) for i in top]


class ChromaIndex:
    """The Chroma collection of one index version."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    @classmethod
    def create(cls, folder: Path) -> ChromaIndex:
        """Make an empty collection in a folder of its own."""
        settings = {"hnsw": {"space": "ip", "ef_search": _SEARCH_WIDTH, "ef_construction": 200}}
        client = _client(folder / CHROMA)
        return cls(client.create_collection(_COLLECTION, embedding_function=None, configuration=settings))

    @classmethod
    def open(cls, folder: Path) -> ChromaIndex:
        """Open the collection of an index version.

        Raises:
            SearchIndexError: it is not there, or Chroma cannot read it.
        """
        from chromadb.errors import ChromaError

        try:
            if not (folder / CHROMA / "chroma.sqlite3").is_file():  # Chroma would make an empty one
                raise OSError("chroma.sqlite3 is missing")
            return cls(_client(folder / CHROMA).get_collection(_COLLECTION, embedding_function=None))
        except (ChromaError, ValueError, OSError) as error:
            remedy = "Run 'gristmill ingest' to build it again."
            raise SearchIndexError(f"The index version {folder.name} is damaged: {error}.", remedy) from error

    def add(self, chunks: Sequence[str], vectors: Vectors, audiences: Sequence[Sequence[str]]) -> None:
        """Add records, in steps that keep memory flat."""
        for at in range(0, len(chunks), _ADD_ROWS):
            step = slice(at, at + _ADD_ROWS)
            metadata = [{"audience": list(groups) or _NOBODY} for groups in audiences[step]]
            self._collection.add(ids=list(chunks[step]), embeddings=np.asarray(vectors[step]), metadatas=metadata)

    def ids(self) -> set[str]:
        """Return all ids."""
        return set(self._collection.get(include=[])["ids"])

    def audiences(self) -> dict[str, frozenset[str]]:
        """Return whom each record is for, by id."""
        held = self._collection.get(include=["metadatas"])
        audiences = (metadata["audience"] for metadata in held["metadatas"])
        return {chunk: frozenset(a) - {*_NOBODY} for chunk, a in zip(held["ids"], audiences, strict=True)}

    def search(self, vectors: Vectors, k: int, groups: Iterable[str] | None = None) -> list[list[tuple[str, float]]]:
        """Return for each vector the ids nearest to it, with their cosine; `groups` filters inside the query."""
        asked = None if groups is None else list(groups)
        if asked == []:  # Chroma refuses a filter without a clause; who is in no group sees nothing
            return [[] for _ in vectors]
        found = self._collection.query(
            query_embeddings=np.asarray(vectors), n_results=k, where=_where(asked), include=["distances"]
        )
        return [
            [(chunk, 1.0 - distance) for chunk, distance in zip(*pair, strict=True)]
            for pair in zip(found["ids"], found["distances"], strict=True)
        ]


def _where(groups: Sequence[str] | None) -> dict[str, Any] | None:
    if groups is None:
        return None
    clauses: list[dict[str, Any]] = [{"audience": {"$contains": group}} for group in groups]
    return clauses[0] if len(clauses) == 1 else {"$or": clauses}


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
