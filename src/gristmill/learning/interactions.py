"""The record of interactions in the lake: each answer with what was said of it, copied from the operational database.

Only what changed is copied: answers that are not there yet, and those that were rated since. An answer that is gone
from the database goes from the lake.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import func, select

from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.learning.feedback import Feedback, of_receipts
from gristmill.storage.database import Database
from gristmill.storage.lake import Lake
from gristmill.storage.records import FeedbackRow, ReceiptRow
from gristmill.storage.tables import INTERACTIONS

_BATCH = 1_000


def export_interactions(database: Database, lake: Lake, progress: Progress) -> StageReport:
    """Bring the table `interactions` up to date with the receipts and the feedback on them."""
    began = time.perf_counter()
    there, here = _exported(lake), _given(database)
    wanted = sorted(receipt for receipt, feedback in here.items() if there.get(receipt) != feedback)
    gone = sorted(there.keys() - here.keys())
    progress.start("interactions", len(wanted))
    for batch in _batches(wanted):
        lake.upsert(INTERACTIONS, pl.DataFrame(_rows(database, batch), schema=INTERACTIONS.schema))
        progress.advance(len(batch))
    lake.delete(INTERACTIONS, pl.Series(gone, dtype=pl.String))
    numbers = {
        "interactions": len(here),
        "rated": sum(1 for feedback in here.values() if feedback),
        "copied": len(wanted),
        "removed": len(gone),
        "seconds": round(time.perf_counter() - began, 3),
    }
    changes = [*(Change(name, "copied") for name in wanted), *(Change(name, "removed") for name in gone)]
    return StageReport.of("interactions", numbers, changes)


def check_interactions(database: Database, lake: Lake) -> CheckResult:
    """Check that the table holds every answer once, each with its question, its release and all that was said of it."""
    there, here = _exported(lake), _given(database)
    rows = lake.read(INTERACTIONS, ["receipt", "question", "release"])
    blank = rows.filter(pl.any_horizontal(pl.all().is_null() | (pl.all() == "")))["receipt"]
    twice = rows.filter(pl.col("receipt").is_duplicated())["receipt"].unique()
    missing = sorted(receipt for receipt, feedback in here.items() if there.get(receipt) != feedback)
    again = "Materialise 'interactions' again."
    return result(
        {"interactions": rows.height, "answers": len(here)},
        (
            found("answers are not in the table with all feedback.", missing, again),
            found("rows are of no stored answer.", sorted(there.keys() - here.keys()), again),
            found("rows lack their id, question or release.", blank, "Delete these rows; the next run copies them."),
            found("answers stand in the table twice.", twice, again),
        ),
    )


def _exported(lake: Lake) -> dict[str, int]:
    """Return the receipts in the lake with the number of pieces of feedback on each."""
    rows = lake.read(INTERACTIONS, ["receipt", "feedback"])
    return dict(rows.select("receipt", pl.col("feedback").list.len()).iter_rows())


def _given(database: Database) -> Counter[str]:
    """Return the receipts in the database with the number of pieces of feedback on each."""
    rated = select(FeedbackRow.receipt, func.count()).group_by(FeedbackRow.receipt)
    with database.reading() as session:
        found = Counter(dict.fromkeys(session.scalars(select(ReceiptRow.receipt)), 0))
        found.update(dict(session.execute(rated).tuples().all()))
    return found


def _batches(receipts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(receipts), _BATCH):
        yield receipts[start : start + _BATCH]


def _rows(database: Database, receipts: Sequence[str]) -> list[dict[str, Any]]:
    with database.reading() as session:
        rows = session.scalars(select(ReceiptRow).where(ReceiptRow.receipt.in_(receipts))).all()
    said: dict[str, list[Feedback]] = {receipt: [] for receipt in receipts}
    for feedback in of_receipts(database, receipts):
        said[feedback.said.receipt].append(feedback)
    return [_row(row, said[row.receipt]) for row in rows]


def _row(row: ReceiptRow, said: Sequence[Feedback]) -> dict[str, Any]:
    citations = [{name: c[name] for name in ("document", "chunk", "start", "end", "quote")} for c in row.citations]
    return {
        "receipt": row.receipt,
        "at": row.at,
        "asker": row.asker,
        "groups": row.groups,
        "question": row.question,
        "answer": row.answer,
        "refused": row.refused,
        "release": row.release,
        "citations": citations,
        "passages": row.passages,
        "latency_ms": row.latency_ms,
        "feedback": [
            {
                "feedback": one.id,
                "person": one.person,
                "at": one.at,
                "rating": str(one.said.rating),
                "reason": None if one.said.reason is None else str(one.said.reason),
                "correction": one.said.correction,
            }
            for one in said
        ],
    }
