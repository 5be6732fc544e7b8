"""Publishing search-index versions: wanted against published, build, audit, publish.

Nothing happens when the version in force already holds what the lake asks for. A version that fails its audit is built
once more from nothing; a second failure leaves the current version in place and is an error.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.corpus.stage_gate import require_passed
from gristmill.errors import AuditError, SearchIndexError
from gristmill.models.encoder import TextEncoder
from gristmill.search.audit import Finding
from gristmill.search.encoder_records import write_records
from gristmill.search.probes import require_same, write_probes
from gristmill.search.rows import content_hash, index_rows
from gristmill.search.version import IndexVersion, read_manifest
from gristmill.settings import SearchSettings
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS

_TRIES = 2


def publish_index(
    lake: Lake,
    store: VersionStore,
    encoders: Sequence[TextEncoder],
    settings: SearchSettings,
    progress: Progress,
) -> StageReport:
    """Bring the search index up to date with `chunks` and `embeddings`.

    Raises:
        GateError: the stored decision on the ledger forbids it.
        AuditError: the new version failed its audit twice, or an encoder gives other vectors than it did; the
            current one stays in force.
        SearchIndexError: the building process ended with an error.
        FencedError: a newer run took over.
    """
    began = time.perf_counter()
    require_passed(lake, DOCUMENTS)
    rows = index_rows(lake)
    fingerprints = [encoder.fingerprint for encoder in encoders]
    wanted = content_hash(rows, fingerprints)
    if _current_content(store) == wanted:
        return _report(store, rows.height, began, published=False)
    probes = [require_same(lake, encoder, again=True) for encoder in encoders]
    progress.start("index", rows.height)
    for attempt in range(_TRIES):
        staging = store.stage()
        write_records(staging.folder, encoders)
        write_probes(staging.folder, encoders, probes)
        task: dict[str, object] = {"folder": str(staging.folder), "lake": lake.url, "encoders": fingerprints}
        _build(task, progress)
        findings = _audit({**task, "budget": settings.audit_rows})
        if not findings:
            store.publish(staging)
            store.prune(settings.keep_versions)
            return _report(store, rows.height, began, published=True)
        if attempt == _TRIES - 1:
            said = " ".join(finding.message for finding in findings)
            raise AuditError(f"The new index failed its audit twice: {said}", "The current one stays in force.")
    raise AssertionError("the loop returns or raises")


def open_current(store: VersionStore) -> IndexVersion:
    """Return the version in force, open.

    Raises:
        SearchIndexError: nothing was published yet, or the version is damaged.
    """
    folder = store.current_folder()
    if folder is None:
        raise SearchIndexError("There is no search index yet.", "Run 'gristmill ingest FOLDER' first.")
    return IndexVersion(folder)


def _current_content(store: VersionStore) -> str | None:
    folder = store.current_folder()
    try:
        return None if folder is None else read_manifest(folder).content
    except SearchIndexError:
        return None


def _build(task: dict[str, object], progress: Progress) -> None:
    done = 0
    with _process("build", task) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if said["stage"] == "chroma":
                progress.advance(said["done"] - done)
                done = said["done"]
        _, errors = process.communicate()
    if process.returncode != 0:
        raise SearchIndexError(f"The index could not be built: {_last_line(errors)}", "See 'gristmill doctor'.")


def _audit(task: dict[str, object]) -> list[Finding]:
    with _process("audit", task) as process:
        output, errors = process.communicate()
    if process.returncode != 0:
        return [Finding("open", f"Auditing ended with code {process.returncode}: {_last_line(errors)}")]
    return [Finding(*fields) for fields in json.loads(output.splitlines()[-1])["findings"]]


def _process(kind: str, task: dict[str, object]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "gristmill.search.worker", kind, json.dumps(task)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _last_line(errors: str) -> str:
    return next((line for line in reversed(errors.splitlines()) if line.strip()), "no message")[:300]


def _report(store: VersionStore, chunks: int, began: float, *, published: bool) -> StageReport:
    number = store.current()
    seconds = round(time.perf_counter() - began, 3)
    numbers = {"version": number or 0, "chunks": chunks, "published": int(published), "seconds": seconds}
    return StageReport.of("search_index", numbers, [Change(f"version {number}", "published")] if published else [])


def index_store(home: Path) -> VersionStore:
    """Return the store of search-index versions of a home folder."""
    return VersionStore(home / "index")
