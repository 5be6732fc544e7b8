"""The stored record of each answer: what was asked and said, by which release, on which evidence, and what it took."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from gristmill.answering.answer import Answer
from gristmill.answering.draft import Tools
from gristmill.errors import GristmillError
from gristmill.identity import Asker
from gristmill.search.retrieval import Passage
from gristmill.storage.database import Database
from gristmill.storage.records import ReceiptDetailRow, ReceiptRow

# A laptop's processor at work; the energy of an answer is an estimate from its time on the processor.
_WATTS = 15.0
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Receipt:
    """A receipt as it was stored, with its details; those are empty in receipts of older versions."""

    row: ReceiptRow
    details: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return everything the receipt holds."""
        names = [column.key for column in ReceiptRow.__table__.columns if column.key != "at"]
        return {name: getattr(self.row, name) for name in names} | {"at": self.row.at.isoformat(), **self.details}


def new_receipt_id(now: datetime | None = None) -> str:
    """Return an id that sorts by time and cannot be guessed."""
    return f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%S}-{secrets.token_hex(6)}"


def store_receipt(database: Database, answer: Answer, asker: Asker, tools: Tools | None = None) -> None:
    """Store the receipt of an answer, with its details when it is known what made it."""
    now = datetime.now(UTC)
    row = ReceiptRow(
        receipt=answer.receipt,
        at=now,
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
        if tools is not None:
            told = details_of(answer, tools)
            session.add(ReceiptDetailRow(receipt=answer.receipt, at=now, cost=answer.account.cost, details=told))


def read_receipt(database: Database, receipt: str) -> Receipt:
    """Return a stored receipt.

    Raises:
        GristmillError: there is none of this id.
    """
    row = database.receipt(receipt)
    if row is None:
        raise GristmillError(f"There is no receipt {receipt}.", "An answer shows its receipt's id with --json.")
    with database.reading() as session:
        found = session.scalar(select(ReceiptDetailRow.details).where(ReceiptDetailRow.receipt == receipt))
    return Receipt(row, found or {})


def spent_today(database: Database, now: datetime | None = None) -> float:
    """Return what answers have cost since midnight UTC."""
    midnight = (now or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0)
    with database.reading() as session:
        spent = session.scalar(select(func.sum(ReceiptDetailRow.cost)).where(ReceiptDetailRow.at >= midnight))
    return float(spent or 0.0)


def details_of(answer: Answer, tools: Tools) -> dict[str, Any]:
    """Return the parts that made an answer, its evidence, its checks, and what it took."""
    account = asdict(answer.account)
    return {
        "made_by": made_by(tools),
        "documents": _documents(answer.passages),
        "evidence": [
            {"chunk": p.chunk, "document": p.document, "start": p.start, "end": p.end, "score": p.score,
             "cosine": p.cosine, "lexical": p.lexical}
            for p in answer.passages
        ],
        "disputed": answer.disputed,
        "uncertain": answer.uncertain,
        "cached": answer.cached,
        "energy_wh": round(answer.account.cpu_seconds * _WATTS / _SECONDS_PER_HOUR, 6),
        **account,
    }  # fmt: skip


def made_by(tools: Tools) -> dict[str, Any]:
    """Return everything that can change an answer, by its name: what a replay compares."""
    manifest = tools.index.manifest
    return {
        "index": manifest.content,
        "index_version": tools.index.folder.name,
        "encoders": list(manifest.encoders),
        "search": tools.search.model_dump(mode="json"),
        "answering": tools.answering.model_dump(mode="json"),
        "prompt": {"name": tools.prompt.name, "sha": tools.prompt.sha},
        "generator": tools.generator.fingerprint,
        "learned": tools.learned.name,
        "remote": tools.router.settings.model if tools.router else "",
    }


def _documents(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Return the documents of the passages with the version that was read: the hash in their chunks' ids."""
    found: dict[str, dict[str, Any]] = {}
    for passage in passages:
        entry = found.setdefault(
            passage.document,
            {
                "document": passage.document,
                "title": passage.title,
                "modified": passage.modified.isoformat() if passage.modified else None,
                "chunks": [],
            },
        )
        entry["chunks"] += [span.chunk for span in passage.spans] or [passage.chunk]
    return list(found.values())
