"""The tables of the operational database, declared once: a module each for what belongs together."""

from gristmill.storage.records.base import Base
from gristmill.storage.records.receipt_details import ReceiptDetailRow
from gristmill.storage.records.receipts import ReceiptRow

__all__ = ["Base", "ReceiptDetailRow", "ReceiptRow"]
