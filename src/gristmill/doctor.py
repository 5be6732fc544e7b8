"""The doctor: a list of checks on an installation, each with its name, severity, message and remedy.

A check never raises: what goes wrong inside one is its finding.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

from gristmill.corpus.ledger import counts
from gristmill.corpus.parse_reply import tessdata
from gristmill.errors import GristmillError
from gristmill.models.catalog import encoder_weights, generator_weights
from gristmill.models.memory import MemoryEncoder
from gristmill.models.reader import Reader
from gristmill.search.damage import damaged_files
from gristmill.search.index import open_current
from gristmill.search.probes import compare
from gristmill.search.rows import index_keys
from gristmill.settings import settings_file, unknown_variables
from gristmill.storage.tables import TABLES
from gristmill.workspace import Workspace

_LOW_DISK_BYTES = 2 << 30
_FEW_CORES = 2
# Every process of a run loads it, and it is among what costs most to compile.
_LARGE = "dagster"


class Severity(str, Enum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"

    __str__ = str.__str__


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    severity: Severity
    message: str
    remedy: str = ""


Check = Callable[[Workspace], Finding]


def examine(workspace: Workspace) -> list[Finding]:
    """Run all checks and return what each found."""
    return [_guarded(check, workspace) for check in CHECKS]


def settings(workspace: Workspace) -> Finding:
    """Are the settings read from where the user thinks?"""
    file = settings_file()
    sources = len(workspace.sources())
    said = f"{file or 'defaults, no gristmill.toml'}; {sources} source{'s' * (sources != 1)}; home {workspace.home}"
    if not sources:
        return Finding("settings", Severity.WARNING, said, "Run 'gristmill ingest FOLDER', or 'gristmill init'.")
    return Finding("settings", Severity.OK, said)


def environment(_workspace: Workspace) -> Finding:
    """Is every variable that looks like a setting one?"""
    unknown = unknown_variables()
    if not unknown:
        return Finding("environment", Severity.OK, "no unknown GRISTMILL_ variable")
    near = [f"{name} is probably {nearest}" for name, nearest in sorted(unknown.items()) if nearest]
    return Finding(
        "environment",
        Severity.WARNING,
        f"No setting is named {', '.join(sorted(unknown))}: nothing reads it.",
        f"{'; '.join(near)}." if near else "Unset it, or see the settings in gristmill.toml.",
    )


def home_writable(workspace: Workspace) -> Finding:
    """Can state be written, and is there room?"""
    folder = next(f for f in (workspace.home, *workspace.home.parents) if f.exists())
    if not os.access(folder, os.W_OK):
        return Finding("home", Severity.ERROR, f"{folder} cannot be written.", "Set GRISTMILL_HOME to another folder.")
    free = shutil.disk_usage(folder).free
    if free < _LOW_DISK_BYTES:
        return Finding("home", Severity.WARNING, f"Only {free / 1e9:.1f} GB are free.", "Make room, or move the home.")
    return Finding("home", Severity.OK, f"writable, {free / 1e9:.0f} GB free")


def sources(workspace: Workspace) -> Finding:
    """Can every source be listed?"""
    found = sum(1 for source in workspace.sources() for _ in source.files())
    return Finding("sources", Severity.OK, f"{found} files in {len(workspace.sources())} sources")


def encoder(workspace: Workspace) -> Finding:
    """Are the encoder's weights the pinned ones?"""
    weights = encoder_weights(workspace.settings.encoder)
    weights.verify()
    said = f"{weights.name}, SHA-256 {weights.sha256[:12]}…"
    encoder = workspace.encoder
    if isinstance(encoder, MemoryEncoder):
        said += f", with a memory of {len(encoder.memory.passages):,} passages"
    return Finding("encoder", Severity.OK, said)


def probes(workspace: Workspace) -> Finding:
    """Do the encoders give the vectors that they gave first?"""
    worst = {}
    for name, encoder in zip(("encoder", "second encoder"), workspace.encoders, strict=False):
        found = compare(workspace.lake, encoder)
        if found is not None and not found.holds:
            text = f"The {name} gives other vectors than at first: cosine {found.worst:.4f} for '{found.text[:40]}'."
            return Finding("probes", Severity.ERROR, text, "Put its files and libraries back: 'make setup'.")
        if found is not None:
            worst[name] = found.worst
    said = ", ".join(f"{name} {cosine:.5f}" for name, cosine in worst.items())
    return Finding("probes", Severity.OK, f"as at first: {said}" if said else "nothing was encoded yet")


def generator(workspace: Workspace) -> Finding:
    """Are the generator's weights the pinned ones?"""
    if workspace.settings.generator.engine == "quote":
        return Finding("generator", Severity.OK, "quotes only, no model")
    weights = generator_weights(workspace.settings.generator)
    weights.verify()
    return Finding("generator", Severity.OK, f"{weights.name}, SHA-256 {weights.sha256[:12]}…")


def reader(workspace: Workspace) -> Finding:
    """Is the evidence read, and is what reads it made?"""
    if not workspace.settings.answering.reader or not isinstance(workspace.reader, Reader):
        return Finding("reader", Severity.OK, "evidence is weighed, and not read")
    made = "made" if workspace.reader.is_made else "is made at the first question, in some seconds"
    return Finding("reader", Severity.OK, f"reads the best evidence; {made}")


def learned(workspace: Workspace) -> Finding:
    """Is what the release in force learnt from use still understood?"""
    release = workspace.registry.in_force()
    name = "" if release is None else workspace.registry.get(release).learned
    held = workspace.learned.get(name)
    if held.spans is not None and not held.spans.known:
        said = f"{name} was learnt by another version: answers are quoted whole."
        return Finding("learned", Severity.WARNING, said, "Run 'gristmill learn'.")
    said = f"{name}, {len(held.verified)} verified answers" if name else "nothing yet"
    return Finding("learned", Severity.OK, said)


def reading_scans(workspace: Workspace) -> Finding:
    """Can scans be read?"""
    if not workspace.settings.parser.ocr:
        return Finding("scans", Severity.OK, "not wanted ('ocr = false')")
    if tessdata() is None:
        return Finding(
            "scans",
            Severity.WARNING,
            "Tesseract is not installed: scanned documents stay unread, each with that reason.",
            "Install tesseract-ocr with its languages, then run 'gristmill ingest'.",
        )
    return Finding("scans", Severity.OK, f"Tesseract data in {tessdata()}")


def lake(workspace: Workspace) -> Finding:
    """Can every table be read?"""
    rows = {table.name: workspace.lake.read(table, [table.key]).height for table in TABLES}
    return Finding("lake", Severity.OK, ", ".join(f"{name} {count}" for name, count in rows.items()))


def documents(workspace: Workspace) -> Finding:
    """How do the documents stand?"""
    found = counts(workspace.lake)
    said = ", ".join(f"{count} {status}" for status, count in found.items())
    if found["failed"]:
        return Finding("documents", Severity.WARNING, said, "See 'gristmill documents --status failed'.")
    return Finding("documents", Severity.OK, said)


def search_index(workspace: Workspace) -> Finding:
    """Is the newest index whole, and does it hold what the lake asks for?"""
    version = open_current(workspace.index_store)
    if damage := damaged_files(version.folder):
        said = ", ".join(map(str, damage[:3]))
        return Finding("index", Severity.ERROR, f"Damaged: {said}.", "Run 'gristmill index rebuild'.")
    wanted = set(index_keys(workspace.lake)["chunk"])
    held = set(version.rows["chunk"])
    if wanted != held:
        behind = len(wanted ^ held)
        return Finding("index", Severity.WARNING, f"It is {behind} chunks behind the lake.", "Run 'gristmill ingest'.")
    return Finding(
        "index", Severity.OK, f"version {int(version.folder.name)}, {version.manifest.chunks} chunks, intact"
    )


def machine(_workspace: Workspace) -> Finding:
    """Is the machine fit for it?"""
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    severity = Severity.OK if cores >= _FEW_CORES and memory > 3.5 else Severity.WARNING
    remedy = "" if severity is Severity.OK else "Expect it to be slow; 2 cores and 4 GB are comfortable."
    return Finding("machine", severity, f"{cores} cores, {memory:.0f} GB memory", remedy)


def starts(_workspace: Workspace) -> Finding:
    """Is what Python compiles kept, or compiled anew at each start?"""
    found = find_spec(_LARGE)
    kept = Path(found.cached) if found is not None and found.cached is not None else None
    if kept is None or kept.exists():
        return Finding("starts", Severity.OK, "modules are compiled once")
    if not sys.dont_write_bytecode and os.access(kept.parents[1], os.W_OK):
        return Finding("starts", Severity.OK, "modules are compiled at their first import")
    why = "PYTHONDONTWRITEBYTECODE is set" if sys.dont_write_bytecode else f"{kept.parents[1]} cannot be written"
    return Finding(
        "starts",
        Severity.WARNING,
        f"{why} and modules are not compiled: each start takes some seconds more.",
        "Compile them once, as who may write there: python3 scripts/setup.py --compile.",
    )


CHECKS: tuple[Check, ...] = (
    settings, environment, home_writable, machine, starts, sources, encoder, probes, generator, reader, reading_scans,
    lake, documents, search_index, learned,
)  # fmt: skip


def _guarded(check: Check, workspace: Workspace) -> Finding:
    name = check.__name__.removesuffix("_writable").replace("reading_", "").replace("search_", "")
    try:
        return check(workspace)
    except GristmillError as error:
        return Finding(name, Severity.ERROR, error.message, error.remedy)
    except Exception as error:  # noqa: BLE001 - a doctor that dies of the illness helps nobody
        return Finding(name, Severity.ERROR, f"{type(error).__name__}: {error}", "Please report this.")
