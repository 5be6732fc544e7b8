"""API keys: made, checked and revoked. A key is shown once; what is stored is its hash, and a prefix to name it by."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gristmill.access.people import person_in
from gristmill.errors import AccessError
from gristmill.identity import Person
from gristmill.storage.database import Database
from gristmill.storage.journal import Journal
from gristmill.storage.records import KeyRow

# The secret part has 256 random bits, so a plain hash holds it: there is nothing to guess with a dictionary.
_KEY = re.compile(r"(gm_[0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Key:
    """What may be known of a key: never the key."""

    prefix: str
    person: str
    label: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None


@dataclass(frozen=True)
class Keys:
    """The API keys of an installation."""

    database: Database
    journal: Journal

    def create(self, person: str, by: str, label: str = "", days: int | None = None) -> str:
        """Return a new key for a person. It cannot be shown again.

        Args:
            person: whose key it is; it has their role and groups, as they are at each use.
            by: who makes it.
            label: what it is for.
            days: after which it ends; None for no end.

        Raises:
            AccessError: nobody has this name.
        """
        prefix = f"gm_{secrets.token_hex(6)}"
        key = f"{prefix}_{secrets.token_urlsafe(32)}"
        now = datetime.now(UTC)
        expires = None if days is None else now + timedelta(days=days)
        with self.journal.changing(by, "key.create", person, key=prefix, label=label, expires=expires) as session:
            if person_in(session, person) is None:
                raise AccessError(f"There is no person {person!r}.", "See 'gristmill people list'.")
            session.add(
                KeyRow(
                    prefix=prefix, person=person, label=label, hash=_hash(key), created=now, expires=expires,
                    revoked=None,
                )
            )  # fmt: skip
        return key

    def holder(self, key: str) -> Person | None:
        """Return whose key this is, as they are now; None for a key that is unknown, revoked or past its end."""
        prefix = prefix_of(key)
        if prefix is None:
            return None
        with self.database.reading() as session:
            row = session.get(KeyRow, prefix)
            if row is None or not hmac.compare_digest(row.hash, _hash(key)) or not is_valid(row):
                return None
            return person_in(session, row.person)

    def revoke(self, prefix: str, by: str) -> None:
        """End a key now, with the sessions that were made with it.

        Raises:
            AccessError: there is no such key.
        """
        with self.journal.changing(by, "key.revoke", prefix) as session:
            row = session.get(KeyRow, prefix)
            if row is None:
                raise AccessError(f"There is no key {prefix!r}.", "See 'gristmill keys list'.")
            row.revoked = row.revoked or datetime.now(UTC)

    def all(self, person: str | None = None) -> list[Key]:
        """Return all keys, or those of a person, newest first."""
        query = select(KeyRow).order_by(KeyRow.created.desc())
        with self.database.reading() as session:
            rows = session.scalars(query if person is None else query.where(KeyRow.person == person)).all()
        return [
            Key(r.prefix, r.person, r.label, in_utc(r.created), _maybe(r.expires), _maybe(r.revoked)) for r in rows
        ]  # fmt: skip


def prefix_of(key: str) -> str | None:
    """Return the part of a key that may be shown, or None when it does not look like a key."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def key_is_valid(session: Session, prefix: str) -> bool:
    """Say whether a key holds now."""
    row = session.get(KeyRow, prefix)
    return row is not None and is_valid(row)


def is_valid(row: KeyRow) -> bool:
    """Say whether a key is neither revoked nor past its end."""
    return row.revoked is None and (row.expires is None or in_utc(row.expires) > datetime.now(UTC))


def in_utc(time: datetime) -> datetime:
    """Return a stored time with its zone, which SQLite does not keep."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _maybe(time: datetime | None) -> datetime | None:
    return None if time is None else in_utc(time)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
