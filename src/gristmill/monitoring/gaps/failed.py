"""The questions that went wrong: refused, unsupported, disliked, or not certain; from receipts and feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from gristmill.storage.database import Database
from gristmill.storage.records import FeedbackRow, ReceiptDetailRow, ReceiptRow

REFUSED, UNSUPPORTED, DISLIKED, UNCERTAIN = "refused", "unsupported", "disliked", "not certain"
# What was asked earlier was asked of other documents.
_MOST = 5_000


@dataclass(frozen=True)
class FailedQuestion:
    """One question that went wrong."""

    receipt: str
    text: str
    asker: str
    groups: tuple[str, ...]
    at: datetime
    why: str
    closest: tuple[str, ...]  # documents of its passages, best first
    disputed: tuple[str, ...]  # the documents that it cites, where they differ


def failed_questions(database: Database) -> list[FailedQuestion]:
    """Return the newest questions that went wrong, oldest first."""
    query = select(ReceiptRow, ReceiptDetailRow.details).outerjoin(
        ReceiptDetailRow, ReceiptDetailRow.receipt == ReceiptRow.receipt
    )
    with database.reading() as session:
        rows = session.execute(query.order_by(ReceiptRow.at.desc()).limit(_MOST)).tuples().all()
        disliked = set(session.scalars(select(FeedbackRow.receipt).where(FeedbackRow.rating == "down")))
    found = (_failed(row, details or {}, row.receipt in disliked) for row, details in reversed(rows))
    return [one for one in found if one is not None]


def _failed(row: ReceiptRow, details: Mapping[str, Any], disliked: bool) -> FailedQuestion | None:
    why = _why(row, details, disliked)
    if why is None:
        return None
    cited = tuple(dict.fromkeys(str(citation["document"]) for citation in row.citations))
    return FailedQuestion(
        row.receipt, row.question, row.asker, tuple(row.groups),
        row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC), why,
        tuple(dict.fromkeys(str(passage["document"]) for passage in row.passages))[:3],
        cited if details.get("disputed") and len(cited) > 1 else (),
    )  # fmt: skip


def _why(row: ReceiptRow, details: Mapping[str, Any], disliked: bool) -> str | None:
    checks: Sequence[Mapping[str, Any]] = details.get("checks") or ()
    if row.refused:
        # Words were found and not one was carried by its passage: the subject is there, the fact is not.
        return UNSUPPORTED if checks and not any(check.get("shown") for check in checks) else REFUSED
    if disliked:
        return DISLIKED
    return UNCERTAIN if details.get("uncertain") else None
