"""The trend: one small row for each run that changed the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from gristmill.corpus.data_report.fates import Counts, counted, fate
from gristmill.corpus.ledger import Status
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DATA_RUNS, DOCUMENTS, STAGE_GATES

# What a chart shows; older rows stay in the table.
_MOST_SHOWN = 60


class RunCounts(NamedTuple):
    """What a run left in the ledger."""

    at: datetime
    passed: bool
    counts: Counts


def record_run(lake: Lake, stage: str) -> None:
    """Add a row for the ledger as it is now, unless there is one. The stored decision of `stage` is its outcome."""
    run = f"{DOCUMENTS.name}@{lake.version(DOCUMENTS)}"
    decisions = lake.read(STAGE_GATES, ["passed", "at"], pl.col("stage") == stage)
    if decisions.is_empty() or lake.read(DATA_RUNS, ["run"], pl.col("run") == run).height:
        return
    passed, at = decisions.row(0)
    rows = lake.read(DOCUMENTS, ["status", "duplicate_of", "characters"]).with_columns(fate=fate())
    counts = counted(rows)
    removed = rows.filter(pl.col("status") == Status.REMOVED.value).height
    row = {
        "run": run, "at": at, "passed": passed, **counts._asdict(), "removed": removed,
        "characters": rows["characters"].sum(),
    }  # fmt: skip
    lake.append(DATA_RUNS, pl.DataFrame([row], schema=DATA_RUNS.schema))


def runs(lake: Lake) -> Sequence[RunCounts]:
    """Return the last runs, oldest first."""
    rows = lake.read(DATA_RUNS).sort("at").tail(_MOST_SHOWN)
    return [
        RunCounts(row["at"], row["passed"], Counts(*(row[name] or 0 for name in Counts._fields)))
        for row in rows.iter_rows(named=True)
    ]
