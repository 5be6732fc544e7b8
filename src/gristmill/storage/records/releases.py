"""Releases, what the gate decided on them, and which one was in force when.

Rows are only ever added. The release in force is the one of the newest move.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Float, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gristmill.storage.records.base import Base


class ReleaseRow(Base):
    """A release: its manifest, and where it came from."""

    __tablename__ = "releases"

    release: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    kind: Mapped[str] = mapped_column(String(20))  # a Kind of release/registry.py
    parent: Mapped[str | None] = mapped_column(String(64))  # in force when this one was made
    manifest: Mapped[dict[str, Any]] = mapped_column(JSON)


class GateDecisionRow(Base):
    """One decision of the gate on a candidate, against the release that was in force."""

    __tablename__ = "gate_decisions"

    decision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    candidate: Mapped[str] = mapped_column(String(64), index=True)
    baseline: Mapped[str | None] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(20))  # a Scope of release/registry.py
    outcome: Mapped[str] = mapped_column(String(40))  # an Outcome of evaluation/gate.py
    reason: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(200))
    question_set: Mapped[str] = mapped_column(String(64), index=True)  # hash of the questions it was made on
    alpha: Mapped[float] = mapped_column(Float)  # error that it spent of the question set's budget
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class ReleaseMoveRow(Base):
    """One move of the pointer: from here on this release answers."""

    __tablename__ = "release_moves"

    move: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    release: Mapped[str] = mapped_column(String(64))
    how: Mapped[str] = mapped_column(String(20))  # a How of release/registry.py
    who: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
