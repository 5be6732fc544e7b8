"""The people of an installation: adding and removing them, their roles and their groups. Each change is an event."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from gristmill.errors import AccessError
from gristmill.identity import EVERYONE, Audience, Person, Role, normalise_groups
from gristmill.storage.database import Database
from gristmill.storage.journal import Journal
from gristmill.storage.records import MembershipRow, PersonRow

_NAME = re.compile(r"[\w.@+-][\w.@+ -]{0,99}")


@dataclass(frozen=True)
class People:
    """The register of people."""

    database: Database
    journal: Journal

    def add(self, name: str, role: Role, groups: Iterable[str], by: str) -> Person:
        """Add a person.

        Raises:
            AccessError: the name is taken or not valid.
            SettingsError: a group's name is not valid.
        """
        if not _NAME.fullmatch(name):
            raise AccessError(f"The name {name!r} is not valid.", "Use up to 100 letters, digits, '.', '_', '-', '@'.")
        member_of = normalise_groups(groups)
        with self.journal.changing(by, "person.add", name, role=role, groups=member_of) as session:
            if session.get(PersonRow, name) is not None:
                raise AccessError(f"There is a person {name!r} already.", "Choose another name.")
            session.add(PersonRow(name=name, role=role, created=datetime.now(UTC)))
            session.flush()
            session.add_all(MembershipRow(person=name, group=group) for group in member_of)
        return Person(name, role, normalise_groups([EVERYONE, *member_of]))

    def change(self, name: str, by: str, role: Role | None = None, groups: Iterable[str] | None = None) -> Person:
        """Give a person another role, or other groups in place of their present ones. Holds from now on.

        Raises:
            AccessError: nobody has this name, or nobody would be left to manage people.
        """
        member_of = None if groups is None else normalise_groups(groups)
        with self.journal.changing(by, "person.change", name, role=role, groups=member_of) as session:
            row = _known(session, name)
            if role is not None:
                _keep_an_admin(session, row, role)
                row.role = role
            if member_of is not None:
                session.execute(delete(MembershipRow).where(MembershipRow.person == name))
                session.add_all(MembershipRow(person=name, group=group) for group in member_of)
        found = self.find(name)
        assert found is not None
        return found

    def remove(self, name: str, by: str) -> None:
        """Remove a person with their keys and sessions. What they asked and said stays.

        Raises:
            AccessError: nobody has this name, or nobody would be left to manage people.
        """
        with self.journal.changing(by, "person.remove", name) as session:
            row = _known(session, name)
            _keep_an_admin(session, row, None)
            session.delete(row)

    def find(self, name: str) -> Person | None:
        """Return the person of this name as they are now."""
        with self.database.reading() as session:
            return person_in(session, name)

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        with self.database.reading() as session:
            names = session.scalars(select(PersonRow.name).order_by(PersonRow.name)).all()
            found = [person_in(session, name) for name in names]
        return [person for person in found if person is not None]

    def any(self) -> bool:
        """Say whether anybody was added yet."""
        with self.database.reading() as session:
            return session.scalar(select(PersonRow.name).limit(1)) is not None


def person_in(session: Session, name: str) -> Person | None:
    """Return a person as the session sees them."""
    row = session.get(PersonRow, name)
    if row is None:
        return None
    groups = session.scalars(select(MembershipRow.group).where(MembershipRow.person == name)).all()
    return Person(row.name, Role(row.role), _with_everyone(groups))


def _with_everyone(groups: Iterable[str]) -> Audience:
    return tuple(sorted({EVERYONE, *groups}))


def _known(session: Session, name: str) -> PersonRow:
    row = session.get(PersonRow, name)
    if row is None:
        raise AccessError(f"There is no person {name!r}.", "See 'gristmill people list'.")
    return row


def _keep_an_admin(session: Session, row: PersonRow, role: Role | None) -> None:
    if row.role != Role.ADMIN or role is Role.ADMIN:
        return
    admins = session.scalar(select(func.count()).select_from(PersonRow).where(PersonRow.role == Role.ADMIN))
    if admins == 1:
        raise AccessError(f"{row.name!r} is the last admin.", "Make somebody else an admin first.")
