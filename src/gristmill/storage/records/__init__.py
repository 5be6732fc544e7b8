"""The tables of the operational database, declared once: a module each for what belongs together."""

from gristmill.storage.records.base import Base
from gristmill.storage.records.receipts import ReceiptRow
from gristmill.storage.records.releases import GateDecisionRow, ReleaseMoveRow, ReleaseRow

__all__ = ["Base", "GateDecisionRow", "ReceiptRow", "ReleaseMoveRow", "ReleaseRow"]
