"""The stored record of each answer: what was asked and said, by which release, on which evidence, and what it took."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from gristmill.answering.answer import Answer
from gristmill.identity import Asker
from gristmill.storage.database import Database
from gristmill.storage.records import ReceiptRow


def new_receipt_id(now: datetime | None = None) -> str:
    """Return an id that sorts by time and cannot be guessed."""
    return f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%S}-{secrets.token_hex(6)}"


def store_receipt(database: Database, answer: Answer, asker: Asker) -> None:
    """Store the receipt of an answer."""
    row = ReceiptRow(
        receipt=answer.receipt,
        at=datetime.now(UTC),
        asker=asker.name,
        groups=list(asker.groups),
        question=answer.question,
        answer=answer.text,
        refused=answer.refused,
        release=answer.release,
        citations=[citation.as_json() for citation in answer.citations],
        passages=[{"chunk": p.chunk, "document": p.document, "score": p.score} for p in answer.passages],
        trace=[{"step": step.name, "ms": step.milliseconds, "note": step.note} for step in answer.trace],
        latency_ms=answer.latency_ms,
    )
    with database.session() as session:
        session.add(row)
