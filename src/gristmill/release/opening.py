"""Opening the search index of a release, with what was withdrawn since then taken out of it.

A release may stand on an older index than the newest one: after a rollback, or while a candidate waits for its gate.
A document that was removed or whose audience was narrowed in the meantime must be gone from answers all the same, so
each row's audience is met with the one the ledger has now before anything is searched. A damaged index is served all
the same: `search/serving.py` reads from the lake what its files no longer hold.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import replace
from threading import Lock

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.errors import SearchIndexError
from gristmill.fingerprint import fingerprint
from gristmill.models.encoder import TextEncoder
from gristmill.release.manifest import Release
from gristmill.search.damage import Damage, damaged_files
from gristmill.search.index import open_current, verified_file
from gristmill.search.rows import audience_groups
from gristmill.search.serving import ServedIndex, versions_with
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS


def version_of(store: VersionStore, content: str) -> int:
    """Return the newest published version that holds `content` and is whole.

    Raises:
        SearchIndexError: none is, or none holds it any more.
    """
    damage: list[Damage] = []
    for folder in versions_with(store, content):
        found = damaged_files(folder, verified_file(store))
        if not found:
            return int(folder.name)
        damage += found
    if damage:
        said = ", ".join(map(str, damage[:3]))
        raise SearchIndexError(
            f"The search index of this release is damaged: {said}.", "Run 'gristmill index rebuild'."
        )
    raise SearchIndexError(
        "The search index of this release is no longer kept.",
        "Promote a newer release, or keep more versions with 'keep_versions' below [search].",
    )


def follow(store: VersionStore, release: Release) -> None:
    """Point to an index of what came into force, where the newest one has other encoders.

    So the next documents are worked into an index with its encoders.
    """
    with suppress(SearchIndexError):
        if open_current(store).manifest.encoders != release.encoders:
            store.point_to(version_of(store, release.index))


class ReleaseIndex:
    """The index of a release, followed through damage and through changes of the ledger. Safe in several threads."""

    def __init__(
        self, store: VersionStore, release: Release, lake: Lake, heal: Callable[[], object] | None = None
    ) -> None:
        """Open it.

        Args:
            store: the published versions.
            release: names the content and the encoders.
            lake: says who may see what now, and holds what a damaged version lost.
            heal: builds the index again when it is damaged. None: nobody does here.

        Raises:
            SearchIndexError: no version holds it, and neither does the lake.
        """
        self._lake = lake
        self._content = release.index
        self._served = ServedIndex(store, lake, release.index, release.encoders, heal)
        self._lock = Lock()
        self._ledger = -2  # version of the ledger that the audiences were read from; none yet
        self._found: IndexVersion | None = None

    def index(self) -> IndexVersion:
        """Return what to search in now, with today's audiences; the same object until something changes."""
        with self._lock:
            found, ledger = self._served.index(), self._lake.version(DOCUMENTS)
            if found is not self._found or ledger != self._ledger:
                self._today = _today(found, self._lake)
                self._found, self._ledger = found, ledger
            return self._today

    @property
    def damage(self) -> tuple[str, ...]:
        """What is damaged, as far as was noticed; the lake holds in for it."""
        return self._served.damage

    @property
    def is_as_released(self) -> bool:
        """Whether it holds what the release names; a damaged one whose documents have changed since does not."""
        return self._served.index().manifest.content == self._content


def require_own_encoders(release: Release, encoder: TextEncoder, bridge: TextEncoder | None) -> None:
    """Refuse encoders that the release's index was not made with: their vectors cannot be compared.

    Raises:
        SearchIndexError: the index was made with another one.
    """
    at_hand = (encoder, *(() if bridge is None else (bridge,)))
    for name, wanted, found in zip(("encoder", "second encoder"), release.encoders, at_hand, strict=False):
        if found.fingerprint != wanted:
            raise SearchIndexError(
                f"The search index of {release.name} was made with another {name} than the one at hand.",
                "Run 'gristmill ingest' to make it anew, or put the former model back.",
            )


def open_index(store: VersionStore, release: Release, lake: Lake) -> IndexVersion:
    """Return the open index of a release, with today's audiences.

    Raises:
        SearchIndexError: no version holds it any more, and neither does the lake.
    """
    return ReleaseIndex(store, release, lake).index()


def _today(index: IndexVersion, lake: Lake) -> IndexVersion:
    """Return an index, or a view of it with what was withdrawn since taken out."""
    today = dict(accepted(lake).select("document", "audience").iter_rows())
    rows = narrowed(index.rows, today)
    if rows is None:
        return index
    # What is open of it is shared; the properties that hang on audiences are made anew from these rows.
    view = copy(index)
    view.__dict__.pop("runs", None)
    view.rows = rows
    # It answers otherwise than it says: what was kept of its answers must not be taken for those of this one.
    keys = sorted(rows.select("document", "audience_key").unique().iter_rows())
    view.manifest = replace(index.manifest, content=fingerprint(index.manifest.content, keys))
    return view


def narrowed(rows: pl.DataFrame, today: dict[str, list[str]]) -> pl.DataFrame | None:
    """Return the rows of an index, each for those groups alone that may still see it; None when nothing narrows.

    Args:
        rows: of the index.
        today: the audience of each accepted document; a document that is missing is seen by nobody.
    """
    pairs = rows.select("document", "audience_key").unique().iter_rows()
    changed: dict[str, str] = {}
    for document, key in pairs:
        held = audience_groups(key)
        kept = held & set(today.get(document, ()))
        if kept != held:
            changed[document] = ",".join(sorted(kept))
    if not changed:
        return None
    key = pl.col("document").replace_strict(changed, default=pl.col("audience_key"), return_dtype=pl.String)
    keyed = rows.with_columns(key.alias("audience_key"))
    groups = pl.col("audience_key").str.split(",").list.eval(pl.element().filter(pl.element() != ""))
    return keyed.with_columns(groups.alias("audience"))
