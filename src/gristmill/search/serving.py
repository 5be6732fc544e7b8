"""The index that questions are asked of: the version in force, or, while a file of it is damaged, the lake itself.

Each look costs a few calls of stat(2): a pointer that moved opens the new version, a file that changed is compared with
the manifest. A damaged version is never searched: what is left whole of it would answer as if nothing were missing.
Meanwhile questions are answered exactly from the tables that the index was built from, and somebody is told to heal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread

import polars as pl

from gristmill.errors import GristmillError, SearchIndexError
from gristmill.models.encoder import Vectors
from gristmill.search.building import records
from gristmill.search.damage import Watch, damaged_files, stamp
from gristmill.search.embedding import vectors_of
from gristmill.search.index import verified_file
from gristmill.search.lexical import LexicalIndex
from gristmill.search.rows import content_hash, embeddings_for, index_rows
from gristmill.search.version import IndexVersion, Manifest
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake

_log = logging.getLogger(__name__)


class LakeIndex(IndexVersion):
    """The same as a version that was just built, held in memory and read from the lake; it has no Chroma store."""

    def __init__(self, folder: Path, lake: Lake, encoders: Sequence[str]) -> None:
        self.folder = folder
        rows = index_rows(lake)
        vectors = pl.DataFrame([embeddings_for(lake, rows, encoder).alias(encoder) for encoder in encoders])
        complete = vectors.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
        self._held, vectors = rows.filter(complete), vectors.filter(complete)
        self._matrices = [vectors_of(vectors[encoder]) for encoder in encoders]
        languages = tuple(sorted(set(self._held["language"]) - {""}))
        content = content_hash(self._held, encoders)
        documents = self._held["document"].n_unique()
        self.manifest = Manifest(content, tuple(encoders), self._held.height, documents, languages)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """All rows, with their texts."""
        return self._held

    @cached_property
    def matrix(self) -> Vectors:
        """The main encoder's vectors."""
        return self._matrices[0]

    @cached_property
    def bridge(self) -> Vectors | None:
        """The bridge encoder's vectors, if there is one."""
        return self._matrices[1] if len(self._matrices) > 1 else None

    @cached_property
    def lexical(self) -> LexicalIndex:
        """A lexical index in memory."""
        return LexicalIndex.in_memory(records(self._held), self.manifest.languages)


class ServedIndex:
    """What to search in now. Safe to use from several threads.

    It stays with the version that was in force when it was made, unless it was told to follow the pointer.
    """

    def __init__(
        self,
        store: VersionStore,
        lake: Lake,
        encoders: Sequence[str],
        heal: Callable[[], object] | None = None,
        *,
        follow: bool = False,
    ) -> None:
        """Serve the version in force.

        Args:
            store: the published versions.
            lake: what is searched in while the version in force is damaged.
            encoders: fingerprints of the encoders that questions are encoded with.
            heal: builds the index again; called in a thread of its own, once for each damage. None: nobody does here.

            follow: open another version when the pointer moves.

        Raises:
            SearchIndexError: nothing was published yet.
        """
        self._store, self._lake, self._encoders, self._heal = store, lake, tuple(encoders), heal
        self._follow = follow
        self._lock = Lock()
        self._healing: Thread | None = None
        self._healed = False
        self.damage: tuple[str, ...] = ()
        self._open(self._in_force())

    def index(self) -> IndexVersion:
        """Return what to search in; look at it again for each question."""
        with self._lock:
            if self._follow and stamp(self._pointer) != self._pointed:
                self._open(self._in_force())
            elif not self._watch.is_unchanged() and not self._was_pruned():
                self._open(self._folder)
            if self.damage and (self._healing is None or not self._healing.is_alive()):
                self._start_healing()
            return self._index

    @property
    def _pointer(self) -> Path:
        return self._store.root / "current"

    def _in_force(self) -> Path:
        self._pointed = stamp(self._pointer)
        folder = self._store.current_folder()
        if folder is None:
            raise SearchIndexError("There is no search index yet.", "Run 'gristmill ingest FOLDER' first.")
        return folder

    def _was_pruned(self) -> bool:
        """Say whether the version was deleted because newer ones are there: what is open of it stays whole."""
        return not self._folder.exists() and self._store.current_folder() != self._folder

    def _open(self, folder: Path) -> None:
        self._folder = folder
        self._watch = Watch(folder)
        damage = damaged_files(folder, verified_file(self._store))
        if not damage:
            self.damage, self._index = (), IndexVersion(folder)
            return
        self.damage = tuple(map(str, damage))
        _log.error("Index version %s is damaged: %s. Answering from the lake.", folder.name, ", ".join(self.damage))
        self._healed = False
        self._index = LakeIndex(folder, self._lake, self._encoders)

    def _start_healing(self) -> None:
        if self._heal is None or self._healed:
            return
        self._healed = True
        self._healing = Thread(target=self._guarded, args=(self._heal,), name="heal the index", daemon=True)
        self._healing.start()

    def _guarded(self, heal: Callable[[], object]) -> None:
        try:
            heal()
        except GristmillError as error:
            # Not tried again for the same damage: the next ingest does, and so does a new start.
            _log.error("The index could not be built again: %s", error)
        except Exception:  # noqa: BLE001 - logged with its trace; serving goes on
            _log.exception("The index could not be built again")
