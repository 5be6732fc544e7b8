"""One search-index version on disk: its manifest, its rows, and what opens them.

manifest.json   what the version holds: equal for equal content, however it was built
files.json      what its files are: the size of each, the SHA-256 of those that opening does not change
rows.arrow      one row per chunk
vectors.npy     the same rows' vectors, memory-mapped; bridge.npy those of the second encoder
tantivy/        the same for lexical search; lexical.npy the rows of its records, where these are not in order
chroma/         the same for approximate search, where the index is large enough to need it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gristmill.errors import SearchIndexError
from gristmill.fingerprint import file_hash, fingerprint
from gristmill.models.vectors import Vectors
from gristmill.search.chroma import CHROMA, ChromaIndex, ChromaPlace
from gristmill.search.dense import BRIDGE, VECTORS, Run, runs_of
from gristmill.search.lexical import LexicalIndex

MANIFEST = "manifest.json"
FILES = "files.json"
ROWS_FILE = "rows.arrow"
# Recall against exact search that approximate search must reach to be used.
LEAST_RECALL = 0.99
_HASHED_AT_ONCE = 2
_REMEDY = "Run 'gristmill index rebuild' to build it again."


@dataclass(frozen=True)
class Approximate:
    """A version's Chroma collection: where it is, and how well it finds what exact search finds."""

    place: ChromaPlace
    width: int  # records that a search looks at
    recall: float  # share of the exact nearest that it returned for the corpus's own questions

    @property
    def usable(self) -> bool:
        """Whether it finds enough to be searched in."""
        return self.recall >= LEAST_RECALL


@dataclass(frozen=True)
class Manifest:
    """What an index version holds."""

    content: str  # hash of all that decides what the index answers
    encoders: tuple[str, ...]  # fingerprints: the main encoder's, then the bridge's if there is one
    chunks: int
    documents: int
    languages: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)  # path inside the version, SHA-256
    sizes: dict[str, int] = field(default_factory=dict)  # path inside the version, bytes
    approximate: Approximate | None = None
    deleted: int = 0  # records that the lexical index still counts though they are gone


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a version.

    Raises:
        SearchIndexError: it is missing or damaged.
    """
    try:
        fields = _sealed(folder / MANIFEST) | _sealed(folder / FILES)
        found = fields.pop("approximate")
        if found is not None:
            found = Approximate(ChromaPlace(**found["place"]), found["width"], found["recall"])
        listed = {name: tuple(fields[name]) for name in ("languages", "encoders")}
        return Manifest(**fields | listed, approximate=found)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SearchIndexError(f"The index version {folder.name} has no readable manifest.", _REMEDY) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a version."""
    fields = asdict(manifest)
    physical = {name: fields.pop(name) for name in ("files", "sizes", "approximate", "deleted")}
    for name, part in ((MANIFEST, fields), (FILES, physical)):
        sealed = part | {"seal": _seal(part)}
        (folder / name).write_text(json.dumps(sealed, indent=2, sort_keys=True) + "\n")


def _sealed(file: Path) -> dict[str, Any]:
    """Return the fields of a file that carries a hash of itself; a file that was altered is no manifest."""
    fields: dict[str, Any] = json.loads(file.read_text())
    if fields.pop("seal") != _seal(fields):
        raise ValueError(f"{file.name} was altered")
    return fields


def _seal(fields: dict[str, Any]) -> str:
    return fingerprint(json.loads(json.dumps(fields)))


def files_of(folder: Path) -> dict[str, Path]:
    """Return every file of a version but the manifest's two, by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {MANIFEST, FILES})
    return {str(path.relative_to(folder)): path for path in files}


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a version but the manifest's two, by path."""
    return hashes_of(files_of(folder))


def hashes_of(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the SHA-256 of files by their names, two at a time."""
    with ThreadPoolExecutor(_HASHED_AT_ONCE) as pool:
        return dict(zip(files, pool.map(file_hash, files.values()), strict=True))


def described(folder: Path, manifest: Manifest) -> Manifest:
    """Return the manifest with sizes and hashes of the files as they are now."""
    files = files_of(folder)
    hashes = hashes_of({name: path for name, path in files.items() if is_fixed(name)})
    sizes = {name: path.stat().st_size for name, path in files.items() if ".lock" not in name}
    return replace(manifest, files=hashes, sizes=sizes)


def is_fixed(name: str) -> bool:
    """Say whether opening the version leaves this file as it is: not so with Chroma's files, and locks."""
    return not name.startswith(f"{CHROMA}/") and ".lock" not in name


class IndexVersion:
    """An open version. Parts are opened when they are first used."""

    def __init__(self, folder: Path, chroma: Path | None = None) -> None:
        """Open the version in `folder`, with its Chroma store from another folder where one is given."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        self._chroma_folder = chroma or folder

    @cached_property
    def rows(self) -> pl.DataFrame:
        """All rows, with their texts."""
        try:
            return pl.read_ipc(self.folder / ROWS_FILE)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from error

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
            raise self._damaged(error) from error
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
        except (ValueError, OSError) as error:  # ValueError is what tantivy raises for anything it cannot open
            raise self._damaged(error) from error

    @cached_property
    def chroma(self) -> ChromaIndex:
        """The approximate index.

        Raises:
            SearchIndexError: the version has none, or it is damaged.
        """
        if self.manifest.approximate is None:
            raise SearchIndexError(f"The index version {self.folder.name} has no approximate index.", _REMEDY)
        return ChromaIndex.open(self._chroma_folder, self.manifest.approximate.place)

    def is_approximate(self, permitted: int, exact_rows: int) -> bool:
        """Say whether to search approximately among so many permitted rows: beyond the crossing, or on a server."""
        found = self.manifest.approximate
        return found is not None and found.usable and (permitted > exact_rows or bool(found.place.url))

    def _damaged(self, error: Exception) -> SearchIndexError:
        return SearchIndexError(f"The index version {self.folder.name} is damaged: {error}.", _REMEDY)
