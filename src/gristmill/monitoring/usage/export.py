"""From the operational database and the ledger to Parquet files, which the warehouse is built from.

The words of questions and answers, and the names of people, stay where they are: the warehouse counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import select

from gristmill.fingerprint import fingerprint
from gristmill.storage.database import Database
from gristmill.storage.lake import Lake
from gristmill.storage.records import FeedbackRow, GateDecisionRow, ReceiptDetailRow, ReceiptRow, ReleaseMoveRow
from gristmill.storage.tables import DOCUMENTS, TIME, schema

ANSWERS = schema(
    {
        "receipt": pl.String, "happened": TIME, "release": pl.String, "asker": pl.String, "refused": pl.Boolean,
        "cached": pl.Boolean, "engine": pl.String, "latency_ms": pl.Float64, "cost": pl.Float64,
        "energy_wh": pl.Float64, "prompt_tokens": pl.Int64, "new_tokens": pl.Int64, "passages": pl.Int64,
        "best_score": pl.Float64,
    }
)  # fmt: skip
FEEDBACK = schema(
    {
        "feedback": pl.String, "receipt": pl.String, "happened": TIME, "rating": pl.String, "reason": pl.String,
        "corrected": pl.Boolean,
    }
)  # fmt: skip
RELEASES = schema({"move": pl.Int64, "release": pl.String, "happened": TIME, "how": pl.String})
DECISIONS = schema(
    {
        "decision": pl.Int64, "happened": TIME, "candidate": pl.String, "scope": pl.String, "outcome": pl.String,
        "right_gain": pl.Float64, "recall": pl.Float64,
    }
)  # fmt: skip


def export(database: Database, lake: Lake, folder: Path, secret: bytes) -> dict[str, int]:
    """Write all exports into `folder`; return how many rows each has.

    Args:
        database: of receipts, feedback and releases.
        lake: of the ledger.
        folder: where the files go; those there are replaced.
        secret: makes the pseudonyms of people.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames: dict[str, Callable[[], pl.DataFrame]] = {
        "answers": lambda: answers(database, secret),
        "feedback": lambda: feedback(database),
        "releases": lambda: releases(database),
        "decisions": lambda: decisions(database),
        "documents": lambda: documents(lake),
    }
    rows = {}
    for name, make in frames.items():
        frame = make()
        frame.write_parquet(folder / f"{name}.parquet")
        rows[name] = frame.height
    return rows


def answers(database: Database, secret: bytes) -> pl.DataFrame:
    """Return a row for each receipt. What receipts of older versions do not tell counts as nothing."""
    query = select(ReceiptRow, ReceiptDetailRow).outerjoin(
        ReceiptDetailRow, ReceiptDetailRow.receipt == ReceiptRow.receipt
    )
    with database.reading() as session:
        found = session.execute(query.order_by(ReceiptRow.receipt)).tuples().all()
    return pl.DataFrame([_answer(row, details, secret) for row, details in found], schema=ANSWERS)


def feedback(database: Database) -> pl.DataFrame:
    """Return a row for each piece of feedback."""
    with database.reading() as session:
        found = session.scalars(select(FeedbackRow).order_by(FeedbackRow.feedback)).all()
    rows = [
        {"feedback": r.feedback, "receipt": r.receipt, "happened": _utc(r.at), "rating": r.rating, "reason": r.reason,
         "corrected": bool(r.correction)}
        for r in found
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=FEEDBACK)


def releases(database: Database) -> pl.DataFrame:
    """Return a row for each time that a release came into force."""
    with database.reading() as session:
        found = session.scalars(select(ReleaseMoveRow).order_by(ReleaseMoveRow.move)).all()
    rows = [{"move": r.move, "release": r.release, "happened": _utc(r.at), "how": r.how} for r in found]
    return pl.DataFrame(rows, schema=RELEASES)


def decisions(database: Database) -> pl.DataFrame:
    """Return a row for each decision of the gate, with what it measured of the candidate."""
    with database.reading() as session:
        found = session.scalars(select(GateDecisionRow).order_by(GateDecisionRow.decision)).all()
    rows = [
        {"decision": r.decision, "happened": _utc(r.at), "candidate": r.candidate, "scope": r.scope,
         "outcome": r.outcome, "right_gain": _number((r.details.get("delta") or {}).get("estimate")),
         "recall": _number(r.details.get("after"))}
        for r in found
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=DECISIONS)


def documents(lake: Lake) -> pl.DataFrame:
    """Return a row for each document of the ledger."""
    return lake.read(DOCUMENTS).select(
        "document", "source", "status", "language", "characters", "changed",
        findings=pl.col("findings").list.len().cast(pl.Int64),
        superseded=pl.col("superseded_by").is_not_null(),
        duplicate=pl.col("duplicate_of").is_not_null(),
    ).sort("document")  # fmt: skip


def _answer(row: ReceiptRow, details: ReceiptDetailRow | None, secret: bytes) -> dict[str, object]:
    told = {} if details is None else details.details
    scores = [_number(passage.get("score")) for passage in row.passages]
    return {
        "receipt": row.receipt,
        "happened": _utc(row.at),
        "release": row.release,
        "asker": fingerprint("asker", secret.hex(), row.asker)[:12],
        "refused": row.refused,
        "cached": bool(told.get("cached", False)),
        "engine": str(told.get("engine", "none")),
        "latency_ms": row.latency_ms,
        "cost": 0.0 if details is None else details.cost,
        "energy_wh": float(told.get("energy_wh", 0.0)),
        "prompt_tokens": int(told.get("prompt_tokens", 0)),
        "new_tokens": int(told.get("new_tokens", 0)),
        "passages": len(row.passages),
        "best_score": max((score for score in scores if score is not None), default=None),
    }


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
