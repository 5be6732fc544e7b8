"""What people say of answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gristmill.storage.records.base import Base


class FeedbackRow(Base):
    """One piece of feedback on one answer.

    `feedback` is the hash of the person and the key of the submission: submitted again, it is the same row.
    """

    __tablename__ = "feedback"

    feedback: Mapped[str] = mapped_column(String(32), primary_key=True)
    receipt: Mapped[str] = mapped_column(ForeignKey("receipts.receipt"), index=True)
    person: Mapped[str] = mapped_column(String(200), index=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    rating: Mapped[str] = mapped_column(String(10))  # a Rating of learning/feedback.py
    reason: Mapped[str | None] = mapped_column(String(20))  # a Reason
    correction: Mapped[str] = mapped_column(Text)
