"""Looking for conflicts in an installation: documents, vectors and what people settled, put together.

A conflict that a person settled stays settled while both statements stand as they were; what changes is asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.ledger import accepted
from gristmill.corpus.report import Change, StageReport
from gristmill.errors import SettingsError
from gristmill.evaluation.retrieving import KeptVectors
from gristmill.fingerprint import fingerprint
from gristmill.models.vectors import Vectors
from gristmill.monitoring.conflicts import Conflict, Document, find_conflicts, statements_of
from gristmill.storage.lake import Lake
from gristmill.storage.lists import KeptList
from gristmill.storage.tables import SETTLED_CONFLICTS, TEXTS
from gristmill.workspace import Workspace


def look_for_conflicts(workspace: Workspace) -> list[Conflict]:
    """Return where two documents in force say the same with different figures, likeliest first.

    The encoder is loaded only for statements that are new.
    """

    def encode(texts: list[str]) -> Vectors:
        return KeptVectors(workspace.home / "cache", "conflicts").of(texts, workspace.encoder, only=True)

    return find_conflicts(statements_of(documents_in_force(workspace.lake)), encode)


def documents_in_force(lake: Lake) -> list[Document]:
    """Return the accepted documents of which no newer version is known, in order."""
    rows = accepted(lake).filter(pl.col("superseded_by").is_null()).sort("document")
    texts = dict(
        lake.read(TEXTS, ["text_hash", "text"], pl.col("text_hash").is_in(rows["text_hash"].implode())).iter_rows()
    )
    return [
        Document(
            row["document"], row["family"] or row["document"], row["title"] or "", row["language"] or "",
            row["modified"] if row["dated"] else None, texts[row["text_hash"]],
            [(span["start"], span["end"]) for span in row["boilerplate"] or ()],
        )
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip


def conflicts_list(home: Path) -> KeptList:
    """Return the conflicts of a home as they are kept for the pages."""
    return KeptList(home, "conflicts")


def write_conflicts(workspace: Workspace, conflicts: Sequence[Conflict]) -> Path:
    """Keep the conflicts for the pages; return the file."""
    kept = conflicts_list(workspace.home)
    kept.write([one.as_json() for one in conflicts])
    return kept.file


def kept_conflicts(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the conflicts as they were kept, each with how it was settled (`settled`: None while it is open)."""
    kept = conflicts_list(workspace.home).read()
    settled = settled_conflicts(workspace.lake) if kept else {}
    return [one | {"settled": settled.get(one["conflict"])} for one in kept]


def settled_conflicts(lake: Lake) -> dict[str, dict[str, Any]]:
    """Return what people settled, by conflict: the latest word on each, if that is not that it is open again."""
    rows = lake.read(SETTLED_CONFLICTS).sort("at", "decision")
    latest = {row["conflict"]: row for row in rows.iter_rows(named=True)}
    said = ("reason", "who", "at")
    return {key: {name: row[name] for name in said} for key, row in latest.items() if row["settled"]}


def settle(
    workspace: Workspace,
    conflict: str,
    reason: str,
    who: str,
    *,
    settled: bool = True,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, Any]:
    """Record that a conflict is none, or is none any more; or, with `settled=False`, that it is open again.

    Args:
        workspace: the installation.
        conflict: its id, or the first letters of it.
        reason: why.
        who: who says so.
        settled: False takes it back.
        now: the clock.

    Raises:
        SettingsError: there is no such conflict, there are several, or no reason was given.
    """
    if not reason.strip():
        raise SettingsError("A decision needs a reason.", "Give it with --reason.")
    matching = [one for one in kept_conflicts(workspace) if conflict and one["conflict"].startswith(conflict)]
    if len(matching) != 1:
        many = f"{len(matching)} conflicts begin with" if matching else "There is no conflict"
        raise SettingsError(f"{many} '{conflict}'.", "Look at all of them with 'gristmill documents conflicts --all'.")
    made = {"conflict": matching[0]["conflict"], "settled": settled, "reason": reason.strip(), "who": who, "at": now()}
    key = fingerprint(made["conflict"], settled, made["at"].isoformat())
    workspace.lake.append(SETTLED_CONFLICTS, pl.DataFrame([{"decision": key, **made}], schema=SETTLED_CONFLICTS.schema))
    return made


def conflicts_stage(workspace: Workspace) -> tuple[StageReport, Contents]:
    """Look for conflicts and keep them."""
    began = time.perf_counter()
    conflicts = look_for_conflicts(workspace)
    file = write_conflicts(workspace, conflicts)
    settled = settled_conflicts(workspace.lake)
    still = [one for one in conflicts if one.conflict not in settled]
    pairs = {frozenset((one.one.document, one.other.document)) for one in still}
    numbers = {
        "conflicts": len(conflicts), "open": len(still), "pairs_of_documents": len(pairs),
        "seconds": round(time.perf_counter() - began, 3),
    }  # fmt: skip
    # Their texts are for people who may see both documents; what a run tells is seen by more.
    changes = [
        Change(one.one.document, "open", f"{one.other.document} says otherwise: {', '.join(one.differs)}")
        for one in still
    ]
    held = fingerprint([(one.conflict, one.conflict in settled) for one in conflicts])
    return StageReport.of("conflicts", numbers, changes), Contents(str(file), len(conflicts), held)


def check_conflicts(workspace: Workspace) -> CheckResult:
    """Check that each statement of the kept conflicts stands in its document, word for word."""
    texts = {one.document: one.text for one in documents_in_force(workspace.lake)}
    statements = [statement for one in kept_conflicts(workspace) for statement in one["statements"]]
    wrong = [
        f"{one['document']}: {one['text']}"
        for one in statements
        if texts.get(one["document"], "")[one["start"] : one["end"]] != one["text"]
    ]
    again = "Materialise 'conflicts' again."
    return result(
        {"statements": len(statements)}, (found("statements do not stand in their documents.", wrong, again),)
    )
