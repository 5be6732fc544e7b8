"""Publishing search-index versions: wanted against published, build, audit, publish.

Nothing happens when the version in force is whole and holds what the lake asks for. A version that fails its audit is
built once more from nothing; a second failure leaves the current version in place and is an error.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.corpus.stage_gate import require_passed
from gristmill.errors import AuditError, GristmillError, SearchIndexError
from gristmill.models.encoder import TextEncoder
from gristmill.search.audit import Finding
from gristmill.search.building import build_task
from gristmill.search.child import Child
from gristmill.search.chroma import LOCAL_COLLECTION, sweep_server
from gristmill.search.damage import damaged_files, damaged_sizes, remember_hashed, stamps
from gristmill.search.rows import index_keys, wanted_content
from gristmill.search.version import IndexVersion, Manifest, read_manifest
from gristmill.settings import SearchSettings
from gristmill.storage.artifacts import Staging, VersionStore, write_durably
from gristmill.storage.lake import Lake

_TRIES = 2
# Up to so many chunks a build takes less time and memory than the start of a process for it: from nothing, and from the
# version before, most of which is copied.
_BUILT_HERE, _CHANGED_HERE = 5_000, 50_000


@dataclass(frozen=True)
class Publication:
    """What a publication works with."""

    lake: Lake
    store: VersionStore
    encoders: tuple[str, ...]  # fingerprints, the main encoder's first
    settings: SearchSettings
    progress: Progress
    protected: Callable[[], Collection[str]] = tuple  # tells the contents of versions that releases answer from


def publish_index(
    lake: Lake,
    store: VersionStore,
    encoders: Sequence[TextEncoder],
    settings: SearchSettings,
    progress: Progress,
    protected: Callable[[], Collection[str]] = tuple,
    auditor: Child | None = None,
    *,
    anew: bool = False,
) -> StageReport:
    """Bring the search index up to date with `chunks` and `embeddings`.

    Args:
        lake: the tables.
        store: where versions are published.
        encoders: the main encoder first.
        settings: of search.
        progress: told how far it is.
        protected: tells the contents of versions that are kept: releases answer from them. It is asked while the
            auditor is at work.
        auditor: a process that audits, one version after another, started ahead of need; whoever started it ends it.
        anew: build from nothing, also when the version in force is whole and up to date.

    Raises:
        GateError: a stored decision on the tables that lead here forbids it, or there is none on them as they are.
        AuditError: the new version failed its audit twice; the current one stays in force.
        SearchIndexError: the building process ended with an error.
        FencedError: a newer run took over.
    """
    began = time.perf_counter()
    require_passed(lake)
    work = Publication(lake, store, tuple(encoder.fingerprint for encoder in encoders), settings, progress, protected)
    wanted, keys = _wanted(work)
    chunks = keys.height
    if not anew:
        if _holds(work, store.current_folder(), wanted, chunks):
            return _report(store, chunks, began, published=False)
        if (number := _version_with(work, wanted, chunks, auditor)) is not None:
            # Built beside the one in force, or in force before a change that was undone.
            store.point_to(number)
            return _report(store, chunks, began, published=True)
    progress.start("index", chunks)
    _publish(work, keys, anew, auditor=auditor)
    return _report(store, chunks, began, published=True)


def publish_beside(work: Publication) -> int:
    """Publish a version with other encoders beside the one in force, which stays; return the version's number.

    Raises: as `publish_index`.
    """
    require_passed(work.lake)
    wanted, keys = _wanted(work)
    number = _version_with(work, wanted, keys.height)
    if number is not None:
        return number
    work.progress.start("index", keys.height)
    return _publish(work, keys, anew=True, in_force=False)


def open_current(store: VersionStore) -> IndexVersion:
    """Return the version in force, open.

    Raises:
        SearchIndexError: nothing was published yet, or a file of the version is missing or cut short.
    """
    folder = store.current_folder()
    if folder is None:
        raise SearchIndexError("There is no search index yet.", "Run 'gristmill ingest FOLDER' first.")
    version = IndexVersion(folder)
    # A file that was cut short must not be mapped: reading beyond its end kills the process.
    if damage := damaged_sizes(folder):
        said = f"The index version {folder.name} is damaged: {', '.join(map(str, damage))}."
        raise SearchIndexError(said, "Run 'gristmill index rebuild' to build it again.")
    return version


def index_store(home: Path) -> VersionStore:
    """Return the store of search-index versions of a home folder."""
    return VersionStore(home / "index")


def verified_file(store: VersionStore) -> Path:
    """Return the file that remembers which files of published versions were hashed."""
    return store.root / "verified.json"


def audit_version(lake: Lake, folder: Path, budget: int, *, against_lake: bool) -> list[Finding]:
    """Audit a published version in a process of its own; `against_lake`: it must hold what the lake asks for now."""
    with Child.worker("audit") as child:
        child.ask(_audit_task(lake, folder, budget, wanted=against_lake))
        return _told(child)


def prune_index(store: VersionStore, settings: SearchSettings, protected: Collection[str] = ()) -> list[int]:
    """Delete old versions and the collections of versions that are gone; return the deleted numbers.

    Versions with a content in `protected` stay.
    """
    doomed = store.prune(settings.keep_versions, [n for n in store.numbers() if _content(store.folder(n)) in protected])
    if settings.chroma_url:
        kept = [_collection(store.folder(number)) for number in store.numbers()]
        # A server that is away keeps its old collections until the next time.
        with suppress(SearchIndexError):
            sweep_server(settings.chroma_url, _prefix(store), filter(None, kept))
    return doomed


def needs_approximate(settings: SearchSettings, chunks: int) -> bool:
    """Say whether an index of so many chunks gets a Chroma collection: beyond the crossing, or on a server."""
    if settings.approximate == "when needed":
        return bool(settings.chroma_url) or chunks > settings.exact_rows
    return settings.approximate == "always"


def _wanted(work: Publication) -> tuple[str, pl.DataFrame]:
    """Return the content that the lake asks for, and what `index_keys` says of its chunks."""
    return wanted_content(work.lake, work.encoders), index_keys(work.lake)


def _holds(work: Publication, folder: Path | None, wanted: str, chunks: int) -> bool:
    """Say whether a version is whole and holds the wanted content."""
    if folder is None or damaged_files(folder, verified_file(work.store)):
        return False
    manifest = read_manifest(folder)
    return manifest.content == wanted and _has_its_collection(manifest, work.settings, chunks)


def _version_with(work: Publication, wanted: str, chunks: int, auditor: Child | None = None) -> int | None:
    """Return the newest whole version with the wanted content that passes its audit.

    One of before may not: a text that went and came again has another vector in its last bits.
    """
    held = (n for n in reversed(work.store.numbers()) if _content(work.store.folder(n)) == wanted)
    number = next((n for n in held if _holds(work, work.store.folder(n), wanted, chunks)), None)
    if number is None:
        return None
    with _auditing(auditor) as auditing:
        auditing.ask(_audit_task(work.lake, work.store.folder(number), work.settings.audit_rows, wanted=True))
        return None if _told(auditing) else number


def _has_its_collection(manifest: Manifest, settings: SearchSettings, chunks: int) -> bool:
    if not chunks or not needs_approximate(settings, chunks):
        return True
    return manifest.approximate is not None and manifest.approximate.place.url == settings.chroma_url


def _publish(
    work: Publication, keys: pl.DataFrame, anew: bool, in_force: bool = True, auditor: Child | None = None
) -> int:
    for attempt in range(_TRIES):
        # It starts now at the latest, so that its imports are done when the version is built.
        with _auditing(auditor if attempt == 0 else None) as auditing:
            auditing.look_ahead()
            staging = work.store.stage()
            _build(work, _build_task(work, staging, keys.height, from_nothing=anew or attempt > 0), keys)
            task = _audit_task(work.lake, staging.folder, work.settings.audit_rows, wanted=True)
            built = stamps(staging.folder)
            auditing.ask(task)
            # What can be done before it is known whether the version is published.
            protected = work.protected()
            work.store.settle(staging)
            findings = _told(auditing)
        if not findings:
            number = work.store.publish(staging, in_force=in_force)
            remember_hashed(work.store.folder(number), built, verified_file(work.store))
            prune_index(work.store, work.settings, protected)
            return number
    said = " ".join(finding.message for finding in findings)
    raise AuditError(f"The new index failed its audit twice: {said}", "The current one stays in force.")


def _build_task(work: Publication, staging: Staging, chunks: int, *, from_nothing: bool) -> dict[str, Any]:
    previous = None if from_nothing else work.store.current_folder()
    url = work.settings.chroma_url
    return {
        "folder": str(staging.folder),
        "lake": work.lake.url,
        "encoders": work.encoders,
        "approximate": needs_approximate(work.settings, chunks),
        "previous": str(previous or ""),
        "hashed": str(verified_file(work.store)),
        "url": url,
        "collection": f"{_prefix(work.store)}{staging.token:06d}" if url else LOCAL_COLLECTION,
    }


def _audit_task(lake: Lake, folder: Path, budget: int, *, wanted: bool) -> dict[str, Any]:
    # Staging is swept by the next publisher; a copy that an audit leaves behind when it is killed goes with it.
    scratch = str(folder.parent) if folder.parent.name == "staging" else ""
    return {"folder": str(folder), "lake": lake.url, "budget": budget, "wanted": wanted, "scratch": scratch}


def _build(work: Publication, task: dict[str, Any], keys: pl.DataFrame) -> None:
    """Build a version: in a process of its own where Chroma could crash it or memory would stay taken, else here."""
    done = 0

    def told(_part: str, now: int) -> None:
        nonlocal done
        work.progress.advance(max(0, now - done))
        done = max(done, now)

    try:
        if keys.height <= (_CHANGED_HERE if task["previous"] else _BUILT_HERE) and not task["approximate"]:
            build_task(task, told, work.lake, keys)
            return
        with Child.worker("build") as builder:
            builder.ask(task)
            for said in builder.told():
                told(said["stage"], said["done"])
    except (GristmillError, OSError, ValueError, pl.exceptions.PolarsError) as error:
        said_why = error.message if isinstance(error, GristmillError) else str(error)
        raise SearchIndexError(f"The index could not be built: {said_why}.", "See 'gristmill doctor'.") from error


def _auditing(auditor: Child | None) -> AbstractContextManager[Child]:
    """The process that was started ahead of need, which goes on afterwards, or else a new one."""
    return Child.worker("audit") if auditor is None else nullcontext(auditor)


def _told(auditor: Child) -> list[Finding]:
    try:
        return [Finding(*fields) for said in auditor.told() for fields in said["findings"]]
    except SearchIndexError as error:
        return [Finding("open", f"Auditing failed: {error.message}.")]


def _prefix(store: VersionStore) -> str:
    """Return what the collections of this home begin with: several homes can share one server."""
    file = store.root / "collections"
    if not file.exists():
        write_durably(file, f"gristmill-{secrets.token_hex(6)}-")
    return file.read_text()


def _content(folder: Path) -> str | None:
    try:
        return read_manifest(folder).content
    except SearchIndexError:
        return None


def _collection(folder: Path) -> str | None:
    try:
        approximate = read_manifest(folder).approximate
    except SearchIndexError:
        return None
    return approximate.place.collection if approximate is not None else None


def _report(store: VersionStore, chunks: int, began: float, *, published: bool) -> StageReport:
    number = store.current()
    seconds = round(time.perf_counter() - began, 3)
    numbers = {"version": number or 0, "chunks": chunks, "published": int(published), "seconds": seconds}
    return StageReport.of("search_index", numbers, [Change(f"version {number}", "published")] if published else [])
