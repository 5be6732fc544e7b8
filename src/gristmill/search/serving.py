"""The index that questions are asked of: a version with the wanted content, or, while none is whole, the lake itself.

Each look costs a few calls of stat(2): a file that changed is compared with the manifest. A damaged part is never
searched, because what is left of it would answer as if nothing were missing. It is read from the tables that the index
was built from instead, and somebody is told to heal. Which content is wanted is the business of releases.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock, Thread

from gristmill.errors import GristmillError, SearchIndexError
from gristmill.search.damage import Damage, Watch, damaged_files, stamp
from gristmill.search.index import verified_file
from gristmill.search.lake_index import LakeIndex
from gristmill.search.rows import wanted_content
from gristmill.search.version import IndexVersion, read_manifest
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake

_log = logging.getLogger(__name__)


def versions_with(store: VersionStore, content: str) -> Iterator[Path]:
    """Yield the folders of the published versions that hold `content`, newest first."""
    for number in reversed(store.numbers()):
        try:
            if read_manifest(store.folder(number)).content == content:
                yield store.folder(number)
        except SearchIndexError:
            continue  # one without a readable manifest holds nothing; another one may hold the same


class ServedIndex:
    """What to search in now. Safe to use from several threads."""

    def __init__(
        self,
        store: VersionStore,
        lake: Lake,
        content: str,
        encoders: Sequence[str],
        heal: Callable[[], object] | None = None,
    ) -> None:
        """Serve a content.

        Args:
            store: the published versions.
            lake: what damaged parts are read from instead.
            content: what the served version must hold.
            encoders: fingerprints of the encoders that questions are encoded with.
            heal: builds the index again; called in a thread of its own, once for each damage. None: nobody does here.

        Raises:
            SearchIndexError: no version holds it, and neither does the lake.
        """
        self._store, self._lake, self._content, self._encoders = store, lake, content, tuple(encoders)
        self._heal = heal
        self._lock = Lock()
        self._healing: Thread | None = None
        self._healed = False
        self._folder: Path | None = None
        self.damage: tuple[str, ...] = ()
        self._open()

    def index(self) -> IndexVersion:
        """Return what to search in; look at it again for each question."""
        with self._lock:
            if self._has_changed():
                self._open()
            if self.damage and (self._healing is None or not self._healing.is_alive()):
                self._start_healing()
            return self._index

    def _has_changed(self) -> bool:
        if self.damage and stamp(self._pointer) != self._pointed:
            return True  # another version was published; it may hold the same, whole
        return not self._watch.is_unchanged() and not self._was_pruned()

    @property
    def _pointer(self) -> Path:
        return self._store.root / "current"

    def _was_pruned(self) -> bool:
        """Say whether the version was deleted because newer ones are there: what is open of it stays whole."""
        assert self._folder is not None
        return not self._folder.exists() and self._store.current_folder() != self._folder

    def _open(self) -> None:
        self._pointed = stamp(self._pointer)
        folder, damage = self._choose()
        self._folder, self._watch = folder, Watch(folder)
        if not damage:
            self.damage, self._index = (), IndexVersion(folder)
            return
        self._index = LakeIndex(folder, self._lake, self._encoders, damage)
        said = tuple(map(str, damage))
        if said != self.damage:
            _log.error("Index version %s is damaged: %s. Answering from the lake.", folder.name, ", ".join(said))
            self._healed = False
        self.damage = said

    def _choose(self) -> tuple[Path, list[Damage]]:
        """Return the newest whole version, or the newest one with what is damaged of it."""
        damaged: list[tuple[Path, list[Damage]]] = []
        for folder in versions_with(self._store, self._content):
            damage = damaged_files(folder, verified_file(self._store))
            if not damage:
                return folder, []
            damaged.append((folder, damage))
        if damaged:
            return damaged[0]
        folder = self._folder or self._store.current_folder() or self._store.folder(0)
        if self._folder is None and wanted_content(self._lake, self._encoders) != self._content:
            raise SearchIndexError(
                "The search index of this release is no longer kept.",
                "Promote a newer release, or keep more versions with 'keep_versions' below [search].",
            )
        return folder, damaged_files(folder) or [Damage(folder.name, "holds something else")]

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
