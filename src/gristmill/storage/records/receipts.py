"""The stored record of each answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, DateTime, Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gristmill.storage.records.base import Base


class ReceiptRow(Base):
    """One answer: what was asked, by whom, what was said, on which evidence, and how."""

    __tablename__ = "receipts"
    __table_args__ = (Index("ix_receipts_asker_at", "asker", "at"),)

    receipt: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    asker: Mapped[str] = mapped_column(String(200))
    groups: Mapped[list[str]] = mapped_column(JSON)
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    refused: Mapped[bool]
    release: Mapped[str] = mapped_column(String(64), index=True)
    citations: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    passages: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    trace: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    latency_ms: Mapped[float] = mapped_column(Float)
