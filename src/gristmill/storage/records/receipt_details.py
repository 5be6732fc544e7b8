"""What a receipt says beyond the answer: all parts that made it, the checks, what it took and what left the house."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Float, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gristmill.storage.records.base import Base

# Most answers cost nothing; those that do are found without reading the others.
_PRICED = text("cost > 0")


class ReceiptDetailRow(Base):
    """The details of one receipt, stored with it. `cost` stands apart because a day's budget is its sum."""

    __tablename__ = "receipt_details"
    # In Postgres it is as partial, by its migration: to say so here would load that dialect wherever a command starts.
    __table_args__ = (Index("ix_receipt_details_priced", "at", sqlite_where=_PRICED),)

    receipt: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    cost: Mapped[float] = mapped_column(Float, default=0.0)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
