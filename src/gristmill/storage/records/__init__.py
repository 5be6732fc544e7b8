"""The tables of the operational database, declared once: a module each for what belongs together."""

from gristmill.storage.records.base import Base
from gristmill.storage.records.events import EventRow
from gristmill.storage.records.feedback import FeedbackRow
from gristmill.storage.records.people import KeyRow, MembershipRow, PersonRow, SessionRow
from gristmill.storage.records.receipt_details import ReceiptDetailRow
from gristmill.storage.records.receipts import ReceiptRow

__all__ = [
    "Base",
    "EventRow",
    "FeedbackRow",
    "KeyRow",
    "MembershipRow",
    "PersonRow",
    "ReceiptDetailRow",
    "ReceiptRow",
    "SessionRow",
]
