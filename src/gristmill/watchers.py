"""What the sensors ask: each function looks at an installation, decides, and tells people where there is trouble.

The decisions are pure and stand in `monitoring.deciding`; when the questions are asked stands in `sensors`.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain

from sqlalchemy import func, select

from gristmill.access.people import People
from gristmill.asking import in_force
from gristmill.errors import GristmillError, SearchIndexError
from gristmill.fingerprint import fingerprint
from gristmill.identity import Role
from gristmill.monitoring.alerts import Alert, Outbox, Severity, send_by_apprise
from gristmill.monitoring.deciding import (
    Decision,
    Fall,
    FeedbackStanding,
    Lived,
    Memory,
    decide_on_documents,
    decide_on_feedback,
    decide_on_looking,
    falls,
    listed,
)
from gristmill.monitoring.drift.page import DriftReport
from gristmill.releasing import rollback
from gristmill.search.index import open_current
from gristmill.search.version import hash_files
from gristmill.storage.records import FeedbackRow, ReceiptRow
from gristmill.storage.tables import DOCUMENTS
from gristmill.watching import model_changes, report_file
from gristmill.workspace import Workspace

_COMPARED = 200
_NEW_ANSWERS = 30


def outbox(workspace: Workspace) -> Outbox:
    """Return the alerts of an installation."""
    settings = workspace.settings.watching.alerts
    return Outbox(workspace.home, settings, send_by_apprise(settings))


def on_documents(workspace: Workspace, memory: Memory, now: datetime, *, busy: bool) -> Decision:
    """Decide whether to take documents in."""
    sources = workspace.sources()
    if not sources:
        return Decision(False, "There is no source of documents.", memory)
    try:
        found = listed(chain.from_iterable(source.files() for source in sources))
    except GristmillError as error:
        outbox(workspace).tell(
            Alert("source", Severity.ERROR, "a source cannot be listed", error.message, "gristmill doctor")
        )
        return Decision(False, error.message, memory)
    outbox(workspace).over("source")
    return decide_on_documents(memory, found, now, busy=busy, pace=workspace.settings.watching.pace)


def on_drift(workspace: Workspace, memory: Memory, now: datetime, *, busy: bool) -> Decision:
    """Decide whether to look for drift."""
    release = workspace.registry.in_force()
    if release is None:
        return Decision(False, "There is no release yet.", memory)
    with workspace.database.reading() as session:
        asked = session.scalar(select(func.count()).select_from(ReceiptRow)) or 0
    came = asked + workspace.lake.read(DOCUMENTS, ["document"]).height
    return decide_on_looking(memory, release, came, now, busy=busy, pace=workspace.settings.watching.pace)


def tell_drift(workspace: Workspace, report: DriftReport) -> None:
    """Tell people what moved, each kind of drift once; what came back to the reference is over."""
    box = outbox(workspace)
    for each in report.monitors:
        key = f"drift-{each.verdict.name}"
        if not each.verdict.moved:
            box.over(key)
            continue
        text = f"{each.verdict.in_words()} See {report_file(workspace.home)}."
        box.tell(Alert(key, Severity.WARNING, f"{each.verdict.name} drifted", text, "gristmill drift"))


def on_models(workspace: Workspace, memory: Memory, *, busy: bool) -> Decision:
    """Decide whether everything must be made anew, because the encoder or the chunker is another one.

    It asks once for each set of models: what a run did not cure is told, and asked for by a person.
    """
    if workspace.registry.in_force() is None:
        return Decision(False, "There is no release yet.", memory)
    changed = model_changes(workspace)
    if not changed:
        outbox(workspace).over("models")
        return Decision(False, "Encoder and chunker are those of the release in force.", Memory())
    told = "; ".join(f"{each.what}: {each.told}" for each in changed)
    text = f"{told}. The release in force answers with its own models meanwhile."
    outbox(workspace).tell(Alert("models", Severity.ERROR, "encoder or chunker changed", text, "gristmill gate"))
    models = fingerprint(
        *sorted(encoder.fingerprint for encoder in workspace.encoders), workspace.settings.chunker.model_dump()
    )
    if busy or memory.handled == models:
        return Decision(False, f"{told}. A run was asked for already.", memory)
    return Decision(True, told, Memory(handled=models), f"models-{models[:16]}")


def on_feedback(workspace: Workspace, memory: Memory, now: datetime, *, busy: bool) -> Decision:
    """Decide whether there is enough feedback to learn from."""
    pace = workspace.settings.watching.pace
    return decide_on_feedback(memory, feedback_standing(workspace), now, busy=busy, pace=pace)


def feedback_standing(workspace: Workspace) -> FeedbackStanding:
    """Return how much feedback there is, and how much of it is confirmed."""
    judges = {person.name for person in People(workspace.database, workspace.journal).all()
              if person.role.includes(Role.REVIEWER)}  # fmt: skip
    query = select(FeedbackRow.receipt, FeedbackRow.person, FeedbackRow.rating, FeedbackRow.at).distinct()
    with workspace.database.reading() as session:
        rows = session.execute(query).tuples().all()
    agree = Counter((receipt, rating) for receipt, _, rating in {row[:3] for row in rows})
    confirmed = [_utc(at) for receipt, person, rating, at in rows if person in judges or agree[receipt, rating] > 1]
    return FeedbackStanding(len(rows), len(confirmed), min(confirmed, default=None))


def on_quality(workspace: Workspace, memory: Memory) -> Decision:
    """Tell when live answers became worse; decide whether to go back to the release before.

    It goes back at most once from a release, and only when its answers are worse than those before it beyond doubt.
    """
    release = workspace.registry.in_force()
    if release is None:
        return Decision(False, "There is no release yet.", memory)
    before, now, given = _lived(workspace, release)
    handled = f"{release} {given // _NEW_ANSWERS}"
    if memory.handled == handled:
        return Decision(False, "Too few new answers to say anything.", memory)
    remembered = Memory(handled=handled)
    worse = falls(before, now)
    if not worse:
        outbox(workspace).over("quality")
        return Decision(False, f"{given} answers of {release}, none worse than before.", remembered)
    back = _may_go_back(workspace, worse)
    text = " ".join(fall.in_words() for fall in worse) + (" Going back to the release before." if back else "")
    outbox(workspace).tell(
        Alert("quality", Severity.ERROR, f"answers of {release} became worse", text, "gristmill release rollback")
    )
    return Decision(back, text, remembered, f"roll-back-{release}")


def go_back(workspace: Workspace, reason: str) -> str:
    """Put the release before in force again; return its name."""
    return rollback(workspace, who="gristmill", reason=reason).release


def on_disk(workspace: Workspace) -> str:
    """Tell when the disk of the home is nearly full; return what was seen."""
    free = shutil.disk_usage(workspace.home).free / 1e9
    said = f"{free:.1f} GB are free."
    if free >= workspace.settings.watching.low_disk_gb:
        outbox(workspace).over("disk")
    else:
        outbox(workspace).tell(Alert("disk", Severity.ERROR, "the disk is nearly full", said, "gristmill retain"))
    return said


def on_index(workspace: Workspace, memory: Memory) -> Decision:
    """Tell when files of the index in force are damaged; never run anything, because answers may still be right."""
    try:
        version = open_current(workspace.index_store)
        found = hash_files(version.folder)
    except (SearchIndexError, OSError) as error:
        known = workspace.index_store.current() is not None
        return Decision(known, str(error), memory)
    changed = [name for name, sha in version.manifest.files.items() if found.get(name) != sha]
    if changed:
        return Decision(True, f"Version {version.folder.name} has damaged files: {', '.join(changed[:3])}.", memory)
    return Decision(False, f"Version {version.folder.name} is intact.", memory)


def audit_index(workspace: Workspace) -> str:
    """Look whether the index in force is intact, and tell people when it is not; return what was seen."""
    found = on_index(workspace, Memory())
    if found.run:
        outbox(workspace).tell(
            Alert("index", Severity.ERROR, "the search index is damaged", found.reason, "gristmill ingest")
        )
    else:
        outbox(workspace).over("index")
    return found.reason


def tell_run(workspace: Workspace, kind: str, job: str, run: str, text: str) -> None:
    """Tell that a run failed or is late, once for each job until a run of it succeeds."""
    command = f"dg launch --job {job}"
    outbox(workspace).tell(Alert(f"run-{kind}-{job}", Severity.ERROR, f"{job} {kind}", f"Run {run}: {text}", command))


def run_is_well(workspace: Workspace, job: str) -> None:
    """Notice that a run of a job succeeded."""
    box = outbox(workspace)
    box.over(f"run-failed-{job}")
    box.over(f"run-late-{job}")


def _lived(workspace: Workspace, release: str) -> tuple[list[Lived], list[Lived], int]:
    """Return what became of answers before a release and of its newest ones, and how many answers it gave.

    Where nothing was asked before it, its own first answers are what the newest ones are compared with.
    """
    began = next(_utc(move.at) for move in reversed(workspace.registry.moves()) if move.release == release)
    columns = select(ReceiptRow.receipt, ReceiptRow.refused)
    mine = columns.where(ReceiptRow.release == release, ReceiptRow.at >= began).order_by(ReceiptRow.at)
    others = columns.where(ReceiptRow.at < began).order_by(ReceiptRow.at.desc()).limit(_COMPARED)
    with workspace.database.reading() as session:
        own, before = session.execute(mine).tuples().all(), session.execute(others).tuples().all()
        down: dict[str, bool] = {}
        for receipt, rating in session.execute(select(FeedbackRow.receipt, FeedbackRow.rating)).tuples():
            down[receipt] = down.get(receipt, False) or rating == "down"
    newest = own[-_COMPARED:]
    if not before:
        before, newest = own[:_COMPARED], own[_COMPARED:][-_COMPARED:]
    return _measured(before, down), _measured(newest, down), len(own)


def _measured(rows: Sequence[tuple[str, bool]], down: dict[str, bool]) -> list[Lived]:
    rated = [down[receipt] for receipt, _ in rows if receipt in down]
    return [
        Lived("refused", len(rows), sum(refused for _, refused in rows)),
        Lived("not helpful", len(rated), sum(rated)),
    ]


def _may_go_back(workspace: Workspace, worse: Sequence[Fall]) -> bool:
    moves = workspace.registry.moves()
    earlier = {move.release for move in moves} - {moves[-1].release} - workspace.registry.withdrawn()
    return workspace.settings.watching.roll_back and any(fall.sure for fall in worse) and bool(earlier)


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


__all__ = [
    "audit_index", "feedback_standing", "go_back", "in_force", "on_disk", "on_documents", "on_drift", "on_feedback",
    "on_index", "on_models", "on_quality", "outbox", "run_is_well", "tell_drift", "tell_run",
]  # fmt: skip
