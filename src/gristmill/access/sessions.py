"""Sessions of browsers: begun with a key, ended by signing out, by their time, or with the key that began them."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from gristmill.access.keys import in_utc, key_is_valid, prefix_of
from gristmill.access.people import person_in
from gristmill.identity import Person
from gristmill.storage.database import Database
from gristmill.storage.journal import Journal
from gristmill.storage.records import SessionRow


@dataclass(frozen=True)
class SignedIn:
    """A browser's session: the secret of its cookie, and the token that its changes must bring."""

    cookie: str
    csrf: str


@dataclass(frozen=True)
class Sessions:
    """The sessions of an installation."""

    database: Database
    journal: Journal

    def begin(self, person: Person, hours: float, key: str | None = None) -> SignedIn:
        """Begin a session for a person who has shown who they are.

        Args:
            person: who it is.
            hours: how long it lasts.
            key: the key that was shown, if it was one; the session ends with it.
        """
        signed_in = SignedIn(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        now = datetime.now(UTC)
        prefix = None if key is None else prefix_of(key)
        with self.journal.changing(person.name, "session.begin", person.name, key=prefix) as session:
            session.execute(delete(SessionRow).where(SessionRow.expires < now))
            session.add(
                SessionRow(
                    hash=_hash(signed_in.cookie), person=person.name, key=prefix, csrf=signed_in.csrf, created=now,
                    expires=now + timedelta(hours=hours),
                )
            )  # fmt: skip
        return signed_in

    def find(self, cookie: str) -> tuple[Person, SignedIn] | None:
        """Return who a cookie stands for, as they are now, with the session; None when it has ended."""
        with self.database.reading() as session:
            row = session.get(SessionRow, _hash(cookie))
            if row is None or in_utc(row.expires) <= datetime.now(UTC):
                return None
            if row.key is not None and not key_is_valid(session, row.key):
                return None
            person = person_in(session, row.person)
            return None if person is None else (person, SignedIn(cookie, row.csrf))

    def end(self, cookie: str, by: str) -> None:
        """End a session."""
        with self.journal.changing(by, "session.end", by) as session:
            session.execute(delete(SessionRow).where(SessionRow.hash == _hash(cookie)))


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
