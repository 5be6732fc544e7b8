"""Opening the search index of a release, with what was withdrawn since then taken out of it.

A release may stand on an older index than the newest one: after a rollback, or while a candidate waits for its gate.
A document that was removed or whose audience was narrowed in the meantime must be gone from answers all the same, so
each row's audience is met with the one the ledger has now before anything is searched.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.errors import SearchIndexError
from gristmill.fingerprint import fingerprint
from gristmill.models.encoder import TextEncoder
from gristmill.release.manifest import Release
from gristmill.search.rows import audience_groups
from gristmill.search.version import IndexVersion, read_manifest
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake


def version_of(store: VersionStore, content: str) -> int:
    """Return the newest published version that holds `content`.

    Raises:
        SearchIndexError: none does any more.
    """
    for number in reversed(store.numbers()):
        try:
            if read_manifest(store.folder(number)).content == content:
                return number
        except SearchIndexError:
            continue  # a damaged version holds nothing; another one may hold the same
    raise SearchIndexError(
        "The search index of this release is no longer kept.",
        "Promote a newer release, or keep more versions with 'keep_versions' below [search].",
    )


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
        SearchIndexError: it is no longer kept, or damaged.
    """
    index = IndexVersion(store.folder(version_of(store, release.index)))
    today = dict(accepted(lake).select("document", "audience").iter_rows())
    rows = narrowed(index.rows, today)
    if rows is not None:
        index.rows = rows  # a cached property: this is the value from here on
        # It answers otherwise than it says: what was kept of its answers must not be taken for those of this one.
        keys = sorted(rows.select("document", "audience_key").unique().iter_rows())
        index.manifest = replace(index.manifest, content=fingerprint(index.manifest.content, keys))
    return index


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
