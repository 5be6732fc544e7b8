"""Approximate dense search: one Chroma collection for each index version, in its folder or on a server.

Chroma holds ids, vectors and audiences, never text: its file keeps what was deleted. It is a cache of the matrix, never
the truth, and a version whose collection cannot be used is searched exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from gristmill.errors import SearchIndexError
from gristmill.models.vectors import Vectors

CHROMA = "chroma"
LOCAL_COLLECTION = "chunks"
# Chroma takes no empty list; no group can have this name.
_NOBODY = ["-"]
_ADD_ROWS = 2_000
_GET_ROWS = 5_000
# Width of Chroma's search to begin with; its default of 100 loses neighbours when a filter leaves few of them.
FIRST_WIDTH = 400
_REMEDY = "Run 'gristmill index rebuild' to build it again."


@dataclass(frozen=True)
class ChromaPlace:
    """Where a version's collection is: in the version's own folder, or on a server."""

    url: str = ""  # of a server; empty: the version's folder
    collection: str = LOCAL_COLLECTION


LOCAL = ChromaPlace()


class ChromaIndex:
    """The Chroma collection of one index version."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    @classmethod
    def create(cls, folder: Path, place: ChromaPlace = ChromaPlace()) -> ChromaIndex:
        """Make an empty collection for the version in `folder`."""
        settings = {"hnsw": {"space": "ip", "ef_search": FIRST_WIDTH, "ef_construction": 200}}
        with_it = {"embedding_function": None, "configuration": settings}
        return cls(_client(folder, place).create_collection(place.collection, **with_it))

    @classmethod
    def open(cls, folder: Path, place: ChromaPlace = ChromaPlace()) -> ChromaIndex:
        """Open the collection of the version in `folder`.

        Raises:
            SearchIndexError: it is not there, or Chroma cannot read it.
        """
        try:
            if not place.url and not (folder / CHROMA / "chroma.sqlite3").is_file():  # Chroma would make an empty one
                raise OSError("chroma.sqlite3 is missing")
            return cls(_client(folder, place).get_collection(place.collection, embedding_function=None))
        except Exception as error:
            raise _as_index_error(f"The index version {folder.name} is damaged", error) from error

    @property
    def width(self) -> int:
        """How many records a search looks at before it chooses the nearest (`ef_search`)."""
        return int(self._collection.configuration["hnsw"]["ef_search"])

    def widen(self, width: int) -> None:
        """Let every later search look at `width` records."""
        self._collection.modify(configuration={"hnsw": {"ef_search": width}})

    def add(self, chunks: Sequence[str], vectors: Vectors, audiences: Sequence[Sequence[str]]) -> None:
        """Add records, in steps that keep memory flat."""
        for at in range(0, len(chunks), _ADD_ROWS):
            step = slice(at, at + _ADD_ROWS)
            metadata = [{"audience": list(groups) or _NOBODY} for groups in audiences[step]]
            self._collection.add(ids=list(chunks[step]), embeddings=np.asarray(vectors[step]), metadatas=metadata)

    def delete(self, chunks: Sequence[str]) -> None:
        """Delete records by id."""
        for at in range(0, len(chunks), _ADD_ROWS):
            self._collection.delete(ids=list(chunks[at : at + _ADD_ROWS]))

    def ids(self) -> set[str]:
        """Return all ids."""
        return {chunk for page in self._pages() for chunk in page["ids"]}

    def audiences(self) -> dict[str, frozenset[str]]:
        """Return whom each record is for, by id."""
        return {
            chunk: frozenset(metadata["audience"]) - {*_NOBODY}
            for page in self._pages(["metadatas"])
            for chunk, metadata in zip(page["ids"], page["metadatas"], strict=True)
        }

    def search(self, vectors: Vectors, k: int, groups: Iterable[str] | None = None) -> list[list[tuple[str, float]]]:
        """Return for each vector the ids nearest to it, with their cosine; `groups` filters inside the query.

        Raises:
            SearchIndexError: Chroma cannot answer, for instance because its server is away.
        """
        asked = None if groups is None else list(groups)
        if asked == []:  # Chroma refuses a filter without a clause; who is in no group sees nothing
            return [[] for _ in vectors]
        try:
            found = self._collection.query(
                query_embeddings=np.asarray(vectors), n_results=k, where=_where(asked), include=["distances"]
            )
        except Exception as error:
            raise _as_index_error("Chroma does not answer", error) from error
        return [
            [(chunk, 1.0 - distance) for chunk, distance in zip(*pair, strict=True)]
            for pair in zip(found["ids"], found["distances"], strict=True)
        ]

    def _pages(self, include: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        at = 0
        while (page := self._collection.get(include=list(include), limit=_GET_ROWS, offset=at))["ids"]:
            yield page
            at += len(page["ids"])


def sweep_server(url: str, prefix: str, keep: Iterable[str]) -> list[str]:
    """Delete the collections on a server whose names begin with `prefix` and are not in `keep`; return their names."""
    client, kept = _client(Path(), ChromaPlace(url, "")), set(keep)
    try:
        doomed = [c.name for c in client.list_collections() if c.name.startswith(prefix) and c.name not in kept]
        for name in doomed:
            client.delete_collection(name)
    except Exception as error:
        raise _as_index_error("Old collections cannot be deleted", error) from error
    return doomed


def _as_index_error(what: str, error: Exception) -> SearchIndexError:
    # Chroma raises its own errors, those of HTTP clients, ValueError and bare Exception for one and the same cause.
    return SearchIndexError(f"{what}: {str(error) or type(error).__name__}.", _REMEDY)


def _where(groups: Sequence[str] | None) -> dict[str, Any] | None:
    if groups is None:
        return None
    clauses: list[dict[str, Any]] = [{"audience": {"$contains": group}} for group in groups]
    return clauses[0] if len(clauses) == 1 else {"$or": clauses}


def _client(folder: Path, place: ChromaPlace) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not place.url:
        return chromadb.PersistentClient(str(folder / CHROMA), settings=settings)
    address = urlsplit(place.url)
    secure = address.scheme == "https"
    try:
        return chromadb.HttpClient(
            host=address.hostname or "localhost", port=address.port or (443 if secure else 8000), ssl=secure,
            settings=settings,
        )  # fmt: skip
    except Exception as error:
        remedy = "Start it ('chroma run'), or leave 'chroma_url' below [search] empty."
        raise SearchIndexError(f"The Chroma server at {place.url} does not answer: {error}.", remedy) from error
