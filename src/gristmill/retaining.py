"""Retention: what is no longer needed goes, on the clock or by hand. What nothing else holds stays unless asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from gristmill.corpus.clock import Clock, now_utc
from gristmill.search.version import read_manifest
from gristmill.storage.records import FeedbackRow, ReceiptDetailRow, ReceiptRow
from gristmill.storage.tables import TABLES
from gristmill.workspace import Workspace

_BATCH = 500


@dataclass(frozen=True)
class Retained:
    """What went."""

    receipts: int
    index_versions: tuple[int, ...]
    files: int  # of the lake's tables, which no version in reach needs


def retain(workspace: Workspace, now: Clock = now_utc) -> Retained:
    """Let go of old receipts, index versions that no release needs, and files of the lake that nothing refers to.

    Receipts with feedback stay: they are what is learnt from.
    """
    days = workspace.settings.watching.keep_receipts_days
    receipts = _forget_receipts(workspace, now() - timedelta(days=days)) if days else 0
    return Retained(receipts, tuple(_forget_versions(workspace)), sum(workspace.lake.vacuum(table) for table in TABLES))


def _forget_receipts(workspace: Workspace, before: datetime) -> int:
    rated = select(FeedbackRow.receipt)
    old = select(ReceiptRow.receipt).where(ReceiptRow.at < before, ReceiptRow.receipt.not_in(rated))
    with workspace.database.reading() as session:
        doomed = list(session.scalars(old))
    for start in range(0, len(doomed), _BATCH):
        batch = doomed[start : start + _BATCH]
        with workspace.database.session() as session:
            session.execute(delete(ReceiptDetailRow).where(ReceiptDetailRow.receipt.in_(batch)))
            session.execute(delete(ReceiptRow).where(ReceiptRow.receipt.in_(batch)))
    return len(doomed)


def _forget_versions(workspace: Workspace) -> list[int]:
    store, needed = workspace.index_store, workspace.protected()
    protected = [number for number in store.numbers() if read_manifest(store.folder(number)).content in needed]
    return store.prune(workspace.settings.search.keep_versions, protected)
