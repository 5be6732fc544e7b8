"""Who may use an installation: people, their groups, their keys, and the sessions of their browsers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gristmill.storage.records.base import Base


class PersonRow(Base):
    """A person, or a program that acts under a name of its own."""

    __tablename__ = "people"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))  # a Role of identity.py
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class MembershipRow(Base):
    """A person is in a group."""

    __tablename__ = "memberships"

    person: Mapped[str] = mapped_column(ForeignKey("people.name", ondelete="CASCADE"), primary_key=True)
    group: Mapped[str] = mapped_column(String(63), primary_key=True)


class KeyRow(Base):
    """An API key. The key itself is shown once and never stored; `hash` is its SHA-256."""

    __tablename__ = "api_keys"

    prefix: Mapped[str] = mapped_column(String(20), primary_key=True)  # the part that may be shown
    person: Mapped[str] = mapped_column(ForeignKey("people.name", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(200))
    hash: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SessionRow(Base):
    """A signed-in browser. `hash` is the SHA-256 of its cookie; it ends with the key that it was made with."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("people.name", ondelete="CASCADE"), index=True)
    key: Mapped[str | None] = mapped_column(ForeignKey("api_keys.prefix", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
