"""A version that is damaged, made whole in memory: its sound parts from its files, the others from the lake.

A part is sound when its files are what was built, and its rows are those that the other parts count on. It answers as
the version did; it costs memory and a slower first question, so it is what serves until the version is built again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import polars as pl

from gristmill.errors import SearchIndexError
from gristmill.models.vectors import Vectors
from gristmill.search.building import records
from gristmill.search.chroma import CHROMA
from gristmill.search.damage import Damage
from gristmill.search.dense import BRIDGE, VECTORS
from gristmill.search.embedding import vectors_of
from gristmill.search.lexical import LEXICAL, LEXICAL_ROWS, LexicalIndex
from gristmill.search.rows import content_hash, embeddings_for, index_rows
from gristmill.search.version import MANIFEST, ROWS_FILE, IndexVersion, Manifest, read_manifest
from gristmill.storage.lake import Lake

_log = logging.getLogger(__name__)


class LakeIndex(IndexVersion):
    """A damaged version with its damaged parts read from the lake."""

    def __init__(self, folder: Path, lake: Lake, encoders: Sequence[str], damage: Sequence[Damage]) -> None:
        """Read what is damaged.

        Args:
            folder: of the version.
            lake: the tables that it was built from, as they are now.
            encoders: fingerprints of the encoders that questions are encoded with.
            damage: what is damaged of it.

        Raises:
            SearchIndexError: the lake holds no vectors by one of the encoders.
        """
        self.folder = self._chroma_folder = folder
        self._lake = lake
        self._broken = {found.file for found in damage}
        stored = self._stored_manifest()
        if stored is not None and self._is_sound(ROWS_FILE):
            self._held, self._agrees = pl.read_ipc(folder / ROWS_FILE), True
        else:
            self._held = index_rows(lake)
            self._agrees = stored is not None and content_hash(self._held, encoders) == stored.content
        if stored is not None and self._agrees:
            self.manifest = stored if self._is_sound(CHROMA) else replace(stored, approximate=None)
        else:
            self.manifest = self._described(encoders)
        # Read now, by whoever opens it: left to the first questions, each of them would read it all.
        _ = self.matrix, self.bridge, self.lexical

    @cached_property
    def rows(self) -> pl.DataFrame:
        """All rows, with their texts."""
        return self._held

    @cached_property
    def matrix(self) -> Vectors:
        """The main encoder's vectors."""
        return self._vectors(VECTORS, self.manifest.encoders[0])

    @cached_property
    def bridge(self) -> Vectors | None:
        """The bridge encoder's vectors, if there is one."""
        return self._vectors(BRIDGE, self.manifest.encoders[1]) if len(self.manifest.encoders) > 1 else None

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The lexical index, made in memory where that of the version is damaged."""
        if self._agrees and self._is_sound(LEXICAL, LEXICAL_ROWS):
            return LexicalIndex.open(self.folder, self.manifest.languages)
        return LexicalIndex.in_memory(records(self._held), self.manifest.languages)

    def _vectors(self, name: str, encoder: str) -> Vectors:
        if self._agrees and self._is_sound(name):
            return self._mapped(name)
        found = embeddings_for(self._lake, self._held, encoder)
        missing = found.null_count()
        if missing and missing == len(found):
            said = f"The index version {self.folder.name} is damaged, and the lake has no vectors of its encoder."
            raise SearchIndexError(said, "Promote a release of the configured encoder.")
        if missing:
            # Words find what has no vector; leaving the row out would lose it without a word.
            _log.error("%s of %s chunks have no vector in the lake: words alone find them.", missing, len(found))
            found = found.fill_null(bytes(len(found.drop_nulls()[0])))
        return vectors_of(found)

    def _is_sound(self, *parts: str) -> bool:
        return not any(file == part or file.startswith(f"{part}/") for file in self._broken for part in parts)

    def _stored_manifest(self) -> Manifest | None:
        try:
            return read_manifest(self.folder) if self._is_sound(MANIFEST, self.folder.name) else None
        except SearchIndexError:
            return None

    def _described(self, encoders: Sequence[str]) -> Manifest:
        languages = tuple(sorted(set(self._held["language"]) - {""}))
        documents = self._held["document"].n_unique()
        return Manifest(content_hash(self._held, encoders), tuple(encoders), self._held.height, documents, languages)
