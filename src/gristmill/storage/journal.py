"""The audit log: every change and every denied attempt, each event holding the hash of the one before it.

An event is written in the transaction of the change that it tells of. The number and hash of the last event also stand
in an anchor file outside the database, so that cutting off the end of the log is seen as well as changing its middle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gristmill.storage.artifacts import write_durably
from gristmill.storage.database import Database, one_at_a_time
from gristmill.storage.locks import exclusive
from gristmill.storage.records import EventRow

_FIRST = "0" * 64  # stands for the hash before the first event
_HASHED = ("number", "at", "actor", "action", "subject", "detail", "previous")
_PAGE = 1_000


@dataclass(frozen=True)
class Event:
    """One event, as people read it."""

    number: int
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class Verification:
    """What verifying the log found: how many events there are, the last one's hash, and what is wrong."""

    events: int
    last: str
    problems: tuple[str, ...]


class Journal:
    """The audit log of one installation."""

    def __init__(
        self, database: Database, anchor: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._anchor = anchor
        self._now = now

    @contextmanager
    def changing(self, actor: str, action: str, subject: str, **detail: Any) -> Iterator[Session]:
        """Yield a session for a change; the change and its event are stored together or not at all.

        Args:
            actor: who does it.
            action: what is done, as `thing.verb`.
            subject: to whom or what.
            **detail: what else an auditor needs; never a secret.
        """
        with self._database.session() as session:
            # In line before the first read, so that nobody waits for a lock while holding another.
            one_at_a_time(session)
            yield session
            number, digest = self._append(session, actor, action, subject, detail)
        self._anchor_at(number, digest)

    def note(self, actor: str, action: str, subject: str, **detail: Any) -> None:
        """Store an event that comes with no change: a denied attempt, a sign-in."""
        with self.changing(actor, action, subject, **detail):
            pass

    def events(self, last: int = 50, action: str = "") -> list[Event]:
        """Return the newest events whose action begins with `action`, newest first."""
        with self._database.reading() as session:
            query = select(EventRow).where(EventRow.action.startswith(action, autoescape=True))
            rows = session.scalars(query.order_by(EventRow.number.desc()).limit(last)).all()
        return [
            Event(r.number, r.at, r.actor, r.action, r.subject, json.loads(r.detail), r.hash) for r in rows
        ]  # fmt: skip

    def verify(self) -> Verification:
        """Follow the chain from its beginning and compare it with the anchor."""
        # First the anchor: events that are written meanwhile are then beyond it, and none is missed.
        anchor = self._read_anchor()
        problems: list[str] = []
        expected, previous, at_anchor = 1, _FIRST, ""
        for row in self._rows():
            if row.number != expected:
                problems.append(f"Event {expected} is missing; {row.number} follows.")
            elif row.previous != previous:
                problems.append(f"Event {row.number} does not follow the one before it.")
            if row.hash != _digest(row):
                problems.append(f"Event {row.number} was changed.")
            at_anchor = row.hash if row.number == anchor[0] else at_anchor
            expected, previous = row.number + 1, row.hash
        return Verification(expected - 1, previous, (*problems, *_against(anchor, expected - 1, at_anchor)))

    def _append(
        self, session: Session, actor: str, action: str, subject: str, detail: dict[str, Any]
    ) -> tuple[int, str]:
        last = session.execute(select(EventRow.number, EventRow.hash).order_by(EventRow.number.desc()).limit(1)).first()
        row = EventRow(
            number=1 if last is None else last.number + 1,
            at=self._now().astimezone(UTC).isoformat(timespec="milliseconds"),
            actor=actor[:200],
            action=action,
            subject=subject,
            detail=json.dumps(detail, sort_keys=True, ensure_ascii=False, default=str),
            previous=_FIRST if last is None else last.hash,
        )
        row.hash = _digest(row)
        session.add(row)
        return row.number, row.hash

    def _rows(self) -> Iterator[EventRow]:
        after = 0
        while True:
            with self._database.reading() as session:
                page = session.scalars(
                    select(EventRow).where(EventRow.number > after).order_by(EventRow.number).limit(_PAGE)
                ).all()
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].number

    def _anchor_at(self, number: int, digest: str) -> None:
        # Killed before this, the anchor stays behind the log, which is no problem; it never runs ahead.
        with exclusive(self._anchor.with_suffix(".lock"), "audit log", wait=True):
            if number > self._read_anchor()[0]:
                write_durably(self._anchor, f"{number} {digest}\n")

    def _read_anchor(self) -> tuple[int, str]:
        try:
            number, digest = self._anchor.read_text().split()
            return int(number), digest
        except FileNotFoundError:
            return 0, ""
        except ValueError:
            return 0, "damaged"


def _against(anchor: tuple[int, str], events: int, at_anchor: str) -> Iterator[str]:
    number, digest = anchor
    if digest == "damaged":
        yield "The anchor file is damaged; compare the last hash with one noted elsewhere."
    elif number == 0 and events:
        yield "The anchor file is missing, so events at the end may be missing too."
    elif number > events:
        yield f"The last {number - events} events were cut off: the anchor knows {number}."
    elif number and at_anchor != digest:
        yield f"Event {number} is not the one that the anchor knows: the log was written anew."


def _digest(row: EventRow) -> str:
    text = json.dumps([getattr(row, name) for name in _HASHED], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
