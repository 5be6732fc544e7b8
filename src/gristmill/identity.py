"""Who asks, and which groups may see a document.

An audience is the set of groups that may see a document. An asker may see it when the two sets meet. Everybody is in
the group `everyone`; a document with an empty audience is seen by nobody, because forgetting a rule must never open a
door.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gristmill.errors import SettingsError

EVERYONE = "everyone"
_GROUP = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

Audience = tuple[str, ...]


def normalise_groups(groups: Iterable[str]) -> Audience:
    """Return sorted, distinct, lower-case group names.

    Raises:
        SettingsError: a name is not 1 to 63 of a-z, 0-9, dot, underscore and hyphen.
    """
    names = sorted({group.strip().lower() for group in groups})
    for name in names:
        if not _GROUP.fullmatch(name):
            raise SettingsError(f"Group name {name!r} is not valid.", "Use letters, digits, '.', '_' and '-'.")
    return tuple(names)


def may_see(audience: Iterable[str], groups: Iterable[str]) -> bool:
    """Say whether an asker in `groups` may see a document for `audience`."""
    return not set(audience).isdisjoint(groups)


@dataclass(frozen=True)
class Asker:
    """The person a question comes from, as far as answering needs to know them."""

    groups: Audience = (EVERYONE,)
    name: str = "local"

    @classmethod
    def in_groups(cls, groups: Iterable[str], name: str = "local") -> Asker:
        """Return an asker in `groups`, and in `everyone` as all are."""
        return cls(groups=normalise_groups([EVERYONE, *groups]), name=name)


class Role(StrEnum):
    """What a person may do. Each role may do all that the ones before it may."""

    READER = "reader"  # asks
    REVIEWER = "reviewer"  # also judges feedback
    CURATOR = "curator"  # also manages documents, prompts and question sets
    ADMIN = "admin"  # also manages people, releases and erasure

    def includes(self, other: Role) -> bool:
        """Say whether who has this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Person:
    """Somebody known by name, with a role and groups. A role opens no document: only groups do."""

    name: str
    role: Role = Role.READER
    groups: Audience = (EVERYONE,)

    @property
    def asker(self) -> Asker:
        """The person as answering knows them."""
        return Asker(self.groups, self.name)

    def may_see(self, audience: Iterable[str]) -> bool:
        """Say whether the person may see a document for `audience`."""
        return may_see(audience, self.groups)
