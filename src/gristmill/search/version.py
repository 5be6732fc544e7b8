"""One search-index version on disk: its manifest, its rows, and what opens them.

manifest.json   what the version holds, with the hash of every other file
rows.arrow      one row per chunk
vectors.npy     the same rows' vectors, memory-mapped; bridge.npy those of the second encoder
chroma/         the same for approximate search
tantivy/        the same for lexical search
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from gristmill.errors import SearchIndexError
from gristmill.fingerprint import file_hash
from gristmill.models.encoder import Vectors
from gristmill.search.dense import BRIDGE, VECTORS, ChromaIndex, Run, runs_of
from gristmill.search.lexical import LexicalIndex

MANIFEST = "manifest.json"
ROWS_FILE = "rows.arrow"
_REMEDY = "Run 'gristmill ingest' to build it again."


@dataclass(frozen=True)
class Manifest:
    """What an index version holds."""

    content: str  # hash of all that decides what the index answers
    encoders: tuple[str, ...]  # fingerprints: the main encoder's, then the bridge's if there is one
    chunks: int
    documents: int
    languages: tuple[str, ...]
    files: dict[str, str]  # path inside the version, SHA-256


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a version.

    Raises:
        SearchIndexError: it is missing or damaged.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_text())
        return Manifest(**fields | {name: tuple(fields[name]) for name in ("languages", "encoders")})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SearchIndexError(f"The index version {folder.name} has no readable manifest.", _REMEDY) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a version."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n")


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a version but the manifest, by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {str(path.relative_to(folder)): file_hash(path) for path in files}


class IndexVersion:
    """An open version. Parts are opened when they are first used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """All rows, with their texts."""
        try:
            return pl.read_ipc(self.folder / ROWS_FILE)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SearchIndexError(f"The index version {self.folder.name} is damaged: {error}.", _REMEDY) from error

    @cached_property
    def matrix(self) -> Vectors:
        """The main encoder's vectors, memory-mapped, shape (chunks, dimensions)."""
        return self._mapped(VECTORS)

    @cached_property
    def bridge(self) -> Vectors | None:
        """The bridge encoder's vectors, memory-mapped; None when the version has none."""
        return self._mapped(BRIDGE) if len(self.manifest.encoders) > 1 else None

    def _mapped(self, name: str) -> Vectors:
        try:
            matrix: Vectors = np.load(self.folder / name, mmap_mode="r", allow_pickle=False)
        except (ValueError, OSError) as error:
            raise SearchIndexError(f"The index version {self.folder.name} is damaged: {error}.", _REMEDY) from error
        return matrix

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of rows with one audience."""
        return runs_of(self.rows["audience_key"])

    @cached_property
    def documents(self) -> list[str]:
        """The document of each row."""
        return self.rows["document"].to_list()

    @cached_property
    def superseded(self) -> list[bool]:
        """Whether a newer version of each row's document is in the corpus."""
        return self.rows["superseded"].to_list()

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each chunk."""
        return {chunk: row for row, chunk in enumerate(self.rows["chunk"])}

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The lexical index."""
        try:
            return LexicalIndex.open(self.folder, self.manifest.languages)
        except ValueError as error:  # what tantivy raises for anything it cannot open
            raise SearchIndexError(f"The index version {self.folder.name} is damaged: {error}.", _REMEDY) from error

    @cached_property
    def chroma(self) -> ChromaIndex:
        """The approximate index."""
        return ChromaIndex.open(self.folder)
