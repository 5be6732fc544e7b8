"""Operating the search index of an installation: its versions, audits, rebuilding, rolling back, pruning.

Which version answers is decided by the release in force, so going back is a move of the releases too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gristmill.corpus.report import Change, Progress
from gristmill.errors import SearchIndexError
from gristmill.mill import Run, rebuild_index, working
from gristmill.release.opening import follow, version_of
from gristmill.search.audit import Finding
from gristmill.search.crossing import Crossing, measure
from gristmill.search.damage import damaged_files
from gristmill.search.dense import VECTORS
from gristmill.search.index import audit_version, open_current, prune_index, verified_file
from gristmill.search.version import MANIFEST, Manifest, read_manifest
from gristmill.workspace import Workspace


@dataclass(frozen=True)
class ListedVersion:
    """One published version of the index."""

    number: int
    in_force: bool  # the release in force answers from it
    newest: bool  # the next release of documents will answer from it
    releases: tuple[str, ...]  # those that were in force and answer from it, newest first
    published: datetime
    documents: int
    chunks: int
    megabytes: float
    approximate: str
    damage: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Rebuilt:
    """What rebuilding came to: the newest version, and what became of the release."""

    version: int
    chunks: int
    published: bool
    release: tuple[Change, ...]


@dataclass(frozen=True)
class RolledBack:
    """A move to a release that answers from an earlier version."""

    before: int | None
    version: int
    release: str


def listed_versions(workspace: Workspace) -> list[ListedVersion]:
    """Return the published versions, oldest first."""
    named = _releases(workspace)
    serving = _serving(workspace)
    return [_listed(workspace, number, named, serving) for number in workspace.index_store.numbers()]


def audited(workspace: Workspace, number: int | None) -> tuple[int, list[Finding]]:
    """Audit a version, the newest when none is named; that one must also hold what the lake asks for.

    Raises:
        SearchIndexError: there is no such version.
    """
    store = workspace.index_store
    newest = store.current()
    chosen = newest if number is None else number
    if chosen is None or chosen not in store.numbers():
        raise SearchIndexError(f"There is no index version {chosen or ''}.", f"Published are {store.numbers()}.")
    # All files are hashed: a disk that lost a bit changes no time.
    damage = damaged_files(store.folder(chosen))
    if damage:
        return chosen, [Finding("files", f"{found}.") for found in damage]
    budget = workspace.settings.search.audit_rows
    return chosen, audit_version(workspace.lake, store.folder(chosen), budget, against_lake=chosen == newest)


def rebuilt(workspace: Workspace, progress: Progress, *, anew: bool) -> Rebuilt:
    """Build, audit and publish, then put the documents in force; without `anew` only when damaged or behind.

    Raises:
        BusyError: another process is at work on the same home.
        GateError: the documents, or what was made of them, did not pass a gate.
    """
    index, release = rebuild_index(Run(workspace, (), anew=anew, progress=progress))
    numbers = dict(index.numbers)
    return Rebuilt(int(numbers["version"]), int(numbers["chunks"]), bool(numbers["published"]), tuple(release.changes))


def rolled_back(workspace: Workspace, number: int | None, *, who: str, reason: str) -> RolledBack:
    """Put the newest release in force again that answers from an earlier version.

    What ingests publish afterwards is held back as long as it is what was rolled back from.

    Args:
        workspace: the installation.
        number: of the version; the newest one before that of the release in force when not given.
        who: recorded with the move.
        reason: recorded with the move.

    Raises:
        SearchIndexError: there is no such version, it is damaged, or no release that was in force answers from it.
    """
    store = workspace.index_store
    before, named = _serving(workspace), _releases(workspace)
    if number is None:
        serving = None if before is None else read_manifest(store.folder(before)).content
        earlier = [n for n in store.numbers() if (before is None or n < before) and _content(workspace, n) in named]
        number = next((n for n in reversed(earlier) if _content(workspace, n) != serving), None)
    if number is None or number not in store.numbers():
        raise SearchIndexError("There is no version to go back to.", "See 'gristmill index versions'.")
    content = _content(workspace, number)
    if content is None or content not in named:
        remedy = "Name one that was: 'gristmill index versions'. A candidate comes into force by 'gristmill gate'."
        raise SearchIndexError(f"No release that was in force answers from version {number}.", remedy)
    whole = version_of(store, content)
    release = named[content][0]
    with working(workspace, "roll the index back"):
        workspace.registry.rollback(who=who, reason=reason, to=release)
        follow(store, workspace.registry.get(release))
    return RolledBack(before, whole, release)


def pruned(workspace: Workspace, keep: int | None) -> list[int]:
    """Delete old versions that no release needs; return their numbers."""
    settings = workspace.settings.search
    chosen = settings.model_copy(update={"keep_versions": keep} if keep else {})
    with working(workspace, "prune the index"):
        return prune_index(workspace.index_store, chosen, workspace.registry.protected(chosen.keep_versions))


def measured_crossing(workspace: Workspace, rows: int) -> Crossing:
    """Measure exact against approximate search with vectors like those of the newest index."""
    version = open_current(workspace.index_store)
    return measure(np.load(version.folder / VECTORS, allow_pickle=False), rows)


def _serving(workspace: Workspace) -> int | None:
    """Return the version that the release in force answers from; None when there is none that is whole."""
    registry = workspace.registry
    present = registry.in_force()
    try:
        return None if present is None else version_of(workspace.index_store, registry.get(present).index)
    except SearchIndexError:
        return None


def _releases(workspace: Workspace) -> dict[str, list[str]]:
    """Return the releases that were in force, newest first, by the content of the index that each answers from."""
    registry = workspace.registry
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(move.release for move in reversed(registry.moves())):
        found.setdefault(registry.get(name).index, []).append(name)
    return found


def _content(workspace: Workspace, number: int) -> str | None:
    manifest = _manifest(workspace, number)
    return None if manifest is None else manifest.content


def _manifest(workspace: Workspace, number: int) -> Manifest | None:
    try:
        return read_manifest(workspace.index_store.folder(number))
    except SearchIndexError:
        return None


def _listed(workspace: Workspace, number: int, named: dict[str, list[str]], serving: int | None) -> ListedVersion:
    store = workspace.index_store
    folder, manifest = store.folder(number), _manifest(workspace, number)
    damage = "; ".join(map(str, damaged_files(folder, verified_file(store))))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    file = folder / MANIFEST
    published = datetime.fromtimestamp((file if file.exists() else folder).stat().st_mtime, UTC)
    newest = number == store.current()
    if manifest is None:
        return ListedVersion(number, False, newest, (), published, 0, 0, round(size, 2), "", damage)
    found = manifest.approximate
    approximate = "exact only" if found is None else f"{found.place.url or 'Chroma'}, recall {found.recall:.3f}"
    return ListedVersion(
        number, number == serving, newest, tuple(named.get(manifest.content, ())), published,
        manifest.documents, manifest.chunks, round(size, 2), approximate, damage,
    )  # fmt: skip
