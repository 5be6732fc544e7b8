"""The stages of a release as the orchestrator runs them: evaluate and decide, put in force, report.

Each is one function that an asset calls. What is decided stands in `releasing.py`, what is written in `reporting.py`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from gristmill.asking import in_force, pending
from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Split
from gristmill.evaluation.report import Content
from gristmill.evaluation.ruling import Outcome
from gristmill.releasing import evaluate, follow_up, gate, promote
from gristmill.reporting import report_of, write_page
from gristmill.workspace import Workspace

NO_QUESTIONS = Change("no questions", "nothing measured", "name a question file below [evaluation]")
# Attributes and rules with which a page fetches something.
_LOADS = re.compile(r"<(?:script|link|img|iframe)\b[^>]*|@import[^;]*|url\([^)]*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Standing:
    """How the candidate that the settings make stands with the gate; `passed` is that nothing has to be done."""

    passed: bool
    candidate: str
    in_force: str
    reason: str
    recovery: str
    offered: bool = True  # what was rolled back is not: it stands in nobody's way, and nobody is asked again


@dataclass(frozen=True)
class Reported:
    """What writing a report came to; without questions there is no page."""

    report: StageReport
    contents: Contents
    content: Content | None


def evaluation_stage(workspace: Workspace, progress: Progress) -> tuple[StageReport, Contents]:
    """Follow up on new documents, then let the gate decide on what the settings make, if that is not in force."""
    began = time.perf_counter()
    place = str(workspace.home)
    if not read_set(workspace.lake, Split.GATE, counting=True):
        numbers = {"questions": 0, "right": 0.0, "seconds": round(time.perf_counter() - began, 3)}
        return StageReport.of("release_evaluation", numbers, [NO_QUESTIONS]), Contents(place, 0, "no questions")
    followed = follow_up(workspace, progress)
    waiting = pending(workspace)
    held = waiting is None or waiting in workspace.registry.withdrawn()
    made = None if held else gate(workspace, waiting, progress)
    measured = made.candidate if made is not None else evaluate(workspace, progress=progress)
    changes = [
        Change(each.candidate.release, str(each.verdict.outcome), each.verdict.reason)
        for each in (followed, made)
        if each is not None
    ] or [Change(measured.release, "measured", "it is in force")]
    summary = measured.summary
    numbers = {
        "questions": summary.questions,
        **{name: round(summary.measures[name].estimate, 4) for name in ("right", "recall", "f1", "refusal_recall")},
        **summary.safety,
        "latency_ms": summary.cost.latency_median_ms,
        "seconds": round(time.perf_counter() - began, 3),
    }
    contents = Contents(place, summary.questions, f"{measured.release}@{standing(workspace).reason}")
    return StageReport.of("release_evaluation", numbers, changes), contents


def standing(workspace: Workspace) -> Standing:
    """Return how the candidate that the settings make stands: in force, promoted by the gate, or not."""
    present, candidate = in_force(workspace), workspace.candidate().name
    if candidate == present:
        return Standing(True, candidate, present, "It is in force.", "")
    rows = workspace.registry.decisions(candidate)
    if candidate in workspace.registry.withdrawn():
        reason = f"It was rolled back and is not offered again: {present} goes on answering."
        recovery = f"Change the settings or the documents, or 'gristmill release promote {candidate}'."
        return Standing(True, candidate, present, reason, recovery, offered=False)
    if not rows:
        recovery = "Name a question file below [evaluation] and materialise 'release_evaluation'."
        return Standing(False, candidate, present, "Nothing was decided on it.", recovery)
    passed = rows[-1].outcome == Outcome.PROMOTE and rows[-1].baseline == present
    recovery = "" if passed else f"See 'gristmill report release {candidate}'; {present} goes on answering."
    return Standing(passed, candidate, present, f"{rows[-1].outcome}: {rows[-1].reason}", recovery)


def release_stage(workspace: Workspace) -> tuple[StageReport, Contents]:
    """Put the candidate in force if it is not, and was not rolled back; its stored decision is read again.

    Raises:
        GateError: the stored decision is not to promote it.
    """
    began = time.perf_counter()
    stands = standing(workspace)
    moved = stands.offered and stands.candidate != stands.in_force
    if moved:
        promote(workspace, stands.candidate, who="orchestrator")
    registry = workspace.registry
    changes = [Change(move.release, str(move.how), move.reason) for move in registry.moves()[-1:]]
    numbers = {"promoted": int(moved), "moves": len(registry.moves()), "seconds": round(time.perf_counter() - began, 3)}
    name = in_force(workspace)
    place = str(workspace.home / "releases" / f"{name}.json")
    return StageReport.of("release", numbers, changes), Contents(place, 1, name)


def report_stage(workspace: Workspace, progress: Progress) -> Reported:
    """Write the report of the release in force."""
    began = time.perf_counter()
    if not read_set(workspace.lake, Split.GATE, counting=True):
        report = StageReport.of("evaluation_report", {"questions": 0, "seconds": 0.0}, [NO_QUESTIONS])
        return Reported(report, Contents(str(workspace.home), 0, "no questions"), None)
    content = report_of(workspace, None, progress)
    file = write_page(workspace, content)
    numbers = {"questions": content.evaluation.summary.questions, "seconds": round(time.perf_counter() - began, 3)}
    contents = Contents(str(file), 1, f"{content.release}@{content.state}")
    report = StageReport.of("evaluation_report", numbers, [Change(content.release, "reported", content.decision)])
    return Reported(report, contents, content)


def check_report(workspace: Workspace) -> CheckResult:
    """Check that the report of the release in force is whole and loads nothing; without questions there is none."""
    file = workspace.home / "reports" / f"release-{in_force(workspace)}.html"
    if not read_set(workspace.lake, Split.GATE, counting=True):
        return result({"characters": 0}, ())
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    again = "Materialise 'evaluation_report'."
    cut = [] if text.rstrip().endswith("</html>") else [file.name]
    loads = _LOADS.findall(text)
    return result(
        {"characters": len(text)},
        (found("the page is missing or cut off.", cut, again), found("the page loads from elsewhere.", loads, again)),
    )
