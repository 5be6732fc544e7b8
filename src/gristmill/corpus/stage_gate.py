"""The stored decision of a stage on its own output: written by the stage, read again by whoever publishes.

A blocking check of an orchestrator holds only within its run. What is stored holds for every run, and only for the
version of the table that it was made for: a ledger changed since then has no decision.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from gristmill.errors import GateError
from gristmill.storage.lake import Lake
from gristmill.storage.tables import STAGE_GATES, Table

_COLUMNS = ("passed", "reason", "subject")


def decide(lake: Lake, table: Table, *, passed: bool, reason: str, at: datetime) -> None:
    """Store the decision on a table as it is now; nothing is written if it is stored already."""
    decision = {"passed": passed, "reason": reason, "subject": _subject(lake, table)}
    stored = lake.read(STAGE_GATES, where=pl.col("stage") == table.name)
    if stored.is_empty() or stored.select(_COLUMNS).row(0, named=True) != decision:
        row = {"stage": table.name, **decision, "at": at}
        lake.upsert(STAGE_GATES, pl.DataFrame([row], schema=STAGE_GATES.schema))


def require_passed(lake: Lake, table: Table) -> None:
    """Return if the decision on the table as it is now is that it passed.

    Raises:
        GateError: it did not pass, or there is no decision on this version of it.
    """
    stored = lake.read(STAGE_GATES, where=pl.col("stage") == table.name)
    decision = None if stored.is_empty() else stored.row(0, named=True)
    if decision is None or decision["subject"] != _subject(lake, table):
        raise GateError(
            f"Nothing was decided yet on '{table.name}' as it is now.", "Run 'gristmill ingest', which judges it first."
        )
    if not decision["passed"]:
        raise GateError(
            decision["reason"],
            "See 'gristmill documents --status quarantined'; repair, exclude or accept, then run 'gristmill ingest'.",
        )


def _subject(lake: Lake, table: Table) -> str:
    return f"{table.name}@{lake.version(table)}"
