"""Operating the search index of an installation: its versions, audits, rebuilding, rolling back, pruning."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gristmill.corpus.report import Progress, StageReport
from gristmill.errors import SearchIndexError
from gristmill.mill import working
from gristmill.search.audit import Finding
from gristmill.search.crossing import Crossing, measure
from gristmill.search.damage import damaged_files
from gristmill.search.dense import VECTORS
from gristmill.search.index import audit_version, open_current, prune_index, publish_index, verified_file
from gristmill.search.version import MANIFEST, read_manifest
from gristmill.workspace import Workspace


@dataclass(frozen=True)
class ListedVersion:
    """One published version of the index."""

    number: int
    in_force: bool
    published: datetime
    documents: int
    chunks: int
    megabytes: float
    approximate: str
    damage: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def listed_versions(workspace: Workspace) -> list[ListedVersion]:
    """Return the published versions, oldest first."""
    return [_listed(workspace, number) for number in workspace.index_store.numbers()]


def audited(workspace: Workspace, number: int | None) -> tuple[int, list[Finding]]:
    """Audit a version; the one in force must also hold what the lake asks for.

    Raises:
        SearchIndexError: there is no such version.
    """
    store = workspace.index_store
    current = store.current()
    chosen = current if number is None else number
    if chosen is None or chosen not in store.numbers():
        raise SearchIndexError(f"There is no index version {chosen or ''}.", f"Published are {store.numbers()}.")
    # All files are hashed: a disk that lost a bit changes no time.
    damage = damaged_files(store.folder(chosen))
    if damage:
        return chosen, [Finding("files", f"{found}.") for found in damage]
    budget = workspace.settings.search.audit_rows
    return chosen, audit_version(workspace.lake, store.folder(chosen), budget, against_lake=chosen == current)


def rebuilt(workspace: Workspace, progress: Progress, *, anew: bool) -> StageReport:
    """Build, audit and publish; without `anew` only when the version in force is damaged or behind.

    Raises:
        BusyError: another process is at work on the same home.
    """
    with working(workspace, "rebuild the index"):
        return publish_index(
            workspace.lake, workspace.index_store, workspace.encoders, workspace.settings.search, progress, anew=anew
        )


def rolled_back(workspace: Workspace, number: int | None) -> tuple[int, int]:
    """Put an earlier version in force; return the numbers before and after.

    Raises:
        SearchIndexError: there is none, it is damaged, or other encoders made it.
    """
    store = workspace.index_store
    before = store.current()
    earlier = [n for n in store.numbers() if before is not None and n < before]
    chosen = number if number is not None else (earlier[-1] if earlier else None)
    if before is None or chosen is None or chosen not in store.numbers():
        raise SearchIndexError("There is no version to go back to.", f"Published are {store.numbers()}.")
    folder = store.folder(chosen)
    if damage := damaged_files(folder):
        raise SearchIndexError(f"Version {chosen} is damaged: {', '.join(map(str, damage))}.", "Choose another one.")
    if read_manifest(folder).encoders != tuple(encoder.fingerprint for encoder in workspace.encoders):
        remedy = "Set that encoder below [encoder] first: questions must be encoded by the same one."
        raise SearchIndexError(f"Version {chosen} was made with another encoder.", remedy)
    with working(workspace, "roll the index back"):
        store.point_to(chosen)
    return before, chosen


def pruned(workspace: Workspace, keep: int | None) -> list[int]:
    """Delete old versions; return their numbers."""
    settings = workspace.settings.search
    with working(workspace, "prune the index"):
        return prune_index(workspace.index_store, settings.model_copy(update={"keep_versions": keep} if keep else {}))


def measured_crossing(workspace: Workspace, rows: int) -> Crossing:
    """Measure exact against approximate search with vectors like those of the index in force."""
    version = open_current(workspace.index_store)
    return measure(np.load(version.folder / VECTORS, allow_pickle=False), rows)


def _listed(workspace: Workspace, number: int) -> ListedVersion:
    store = workspace.index_store
    folder = store.folder(number)
    in_force = number == store.current()
    damage = "; ".join(map(str, damaged_files(folder, verified_file(store) if in_force else None)))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    file = folder / MANIFEST
    published = datetime.fromtimestamp((file if file.exists() else folder).stat().st_mtime, UTC)
    try:
        manifest = read_manifest(folder)
    except SearchIndexError:
        return ListedVersion(number, in_force, published, 0, 0, size, "", damage)
    found = manifest.approximate
    approximate = "exact only" if found is None else f"{found.place.url or 'Chroma'}, recall {found.recall:.3f}"
    return ListedVersion(
        number, in_force, published, manifest.documents, manifest.chunks, round(size, 2), approximate, damage
    )
