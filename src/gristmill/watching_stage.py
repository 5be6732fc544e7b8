"""The stage of watching as the orchestrator runs it: look for drift, write the page, tell people."""

from __future__ import annotations

import time

from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.report import Change, StageReport
from gristmill.fingerprint import fingerprint
from gristmill.monitoring.fingerprints import mixed_lake
from gristmill.search.chunking import chunker_fingerprint
from gristmill.watchers import tell_drift
from gristmill.watching import look_for_drift, write_drift_report
from gristmill.workspace import Workspace


def drift_stage(workspace: Workspace) -> tuple[StageReport, Contents]:
    """Look for drift; without an index there is nothing to look at, and the page says so."""
    began = time.perf_counter()
    report = look_for_drift(workspace)
    page = write_drift_report(workspace, report)
    tell_drift(workspace, report)
    verdicts = [each.verdict for each in report.monitors]
    numbers: dict[str, float] = {f"{v.name}_moved": int(v.moved) for v in verdicts}
    numbers |= {f"{v.name}_in_reference": v.reference for v in verdicts}
    numbers |= {"changed_models": len(report.changed), "seconds": round(time.perf_counter() - began, 3)}
    changes = [Change(v.name, str(v.state), v.in_words()) for v in verdicts]
    changes += [Change(each.what, "changed", each.told) for each in report.changed]
    held = fingerprint(report.release, [(v.name, str(v.state), len(v.windows)) for v in verdicts], len(report.changed))
    return StageReport.of("drift_report", numbers, changes), Contents(str(page), len(verdicts), held)


def check_models(workspace: Workspace) -> CheckResult:
    """Check that the lake holds the work of one encoder and one chunker: the configured ones."""
    encoders = [encoder.fingerprint for encoder in workspace.encoders]
    chunker = chunker_fingerprint(workspace.settings.chunker, workspace.encoder)
    mixed = mixed_lake(workspace.lake, encoders, chunker)
    problems = [found(f"{each.what} are of more than one kind.", [each.told], each.remedy) for each in mixed]
    return result({"mixed": len(mixed)}, problems)
