"""Looking for missing knowledge in an installation: questions, vectors and the gate's outcomes, put together."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.report import Change, StageReport
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.retrieving import KeptVectors
from gristmill.evaluation.running import OutcomeCache
from gristmill.fingerprint import fingerprint
from gristmill.models.vectors import Vectors
from gristmill.monitoring.gaps import Gap, failed_questions, gather
from gristmill.monitoring.gaps.clusters import Measured
from gristmill.storage.lists import KeptList
from gristmill.workspace import Workspace


def look_for_gaps(workspace: Workspace) -> list[Gap]:
    """Return what people asked in vain, gathered by subject; the model is loaded only for questions that are new."""
    failed = failed_questions(workspace.database)
    if not failed:
        return []
    measured, texts = _measured(workspace)
    vectors = _vectors(workspace, [one.text for one in failed])
    return gather(failed, vectors, measured, _vectors(workspace, texts))


def gaps_list(home: Path) -> KeptList:
    """Return the gaps of a home as they are kept for the pages."""
    return KeptList(home, "gaps")


def write_gaps(workspace: Workspace, gaps: list[Gap]) -> Path:
    """Keep the gaps for the pages; return the file."""
    kept = gaps_list(workspace.home)
    kept.write([gap.as_json() for gap in gaps])
    return kept.file


def gaps_stage(workspace: Workspace) -> tuple[StageReport, Contents]:
    """Gather the gaps and keep them."""
    began = time.perf_counter()
    gaps = look_for_gaps(workspace)
    file = write_gaps(workspace, gaps)
    still = [gap for gap in gaps if gap.open]
    numbers = {
        "gaps": len(gaps), "open": len(still), "asked": sum(gap.weight for gap in still),
        "seconds": round(time.perf_counter() - began, 3),
    }  # fmt: skip
    changes = [Change(gap.title, "open", f"asked {gap.weight} times by {gap.people} people") for gap in still]
    held = fingerprint([(gap.gap, gap.weight, gap.open) for gap in gaps])
    return StageReport.of("missing_knowledge", numbers, changes), Contents(str(file), len(gaps), held)


def check_gaps(workspace: Workspace) -> CheckResult:
    """Check that every question that went wrong is in one gap, as far as gaps show their numbers."""
    kept = gaps_list(workspace.home).read()
    counted = sum(sum(gap["why"].values()) for gap in kept)
    wanted = len(failed_questions(workspace.database))
    wrong = [] if counted <= wanted and (counted or not wanted) else [f"{counted} of {wanted}"]
    again = "Materialise 'missing_knowledge' again."
    return result({"questions": counted}, (found("questions are counted otherwise than they are.", wrong, again),))


def _measured(workspace: Workspace) -> tuple[list[Measured], list[str]]:
    release = workspace.registry.in_force()
    outcomes = OutcomeCache.of(workspace.home, release).read().values() if release else ()
    right = {outcome.question: outcome.right >= 1 for outcome in outcomes}
    asked = [question for question in read_set(workspace.lake, counting=True) if question.id in right]
    return [Measured(q.id, row, right[q.id]) for row, q in enumerate(asked)], [question.text for question in asked]


def _vectors(workspace: Workspace, texts: list[str]) -> Vectors:
    if not texts:
        return np.empty((0, 1), dtype=np.float32)
    return KeptVectors(workspace.home / "cache").of(texts, workspace.encoder)
