"""Families of duplicates, and the one member that stands for each.

The families and representatives follow from the set of documents and pairs alone, not from their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypeAlias

from gristmill.corpus.duplicates.similarity import Likeness, SimilarPair

__all__ = ["Duplicate", "Family", "Member", "Relation", "find_families"]


class Relation(str, Enum):
    """How a member relates to its family's representative."""

    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Member:
    """What is known of a document when a representative is chosen. `length` counts words."""

    path: str
    content_hash: str
    length: int
    date: date | None = None
    version: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A member that its family's representative stands for.

    `redundant` is true if it adds no word to the representative: it can be left out of the index. Others are alike,
    but differ in facts (another week, another customer, another version), and stay.
    """

    path: str
    of: str
    relation: Relation
    similarity: float
    redundant: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Family:
    """Documents that are the same or nearly, and why one of them stands for the others."""

    representative: str
    reason: str
    duplicates: tuple[Duplicate, ...]


_COPY_MARKS = ("copy", "kopie", "copie", "draft", "entwurf", "archive", "/old/", "backup", "attachments/")
_SAME = Likeness(1.0, 1.0, 0, 0)
_Known: TypeAlias = Mapping[tuple[str, str], Likeness]


def find_families(
    members: Sequence[Member], pairs: Iterable[SimilarPair], authority: Sequence[str] = ()
) -> list[Family]:
    """Families of members with equal contents, or with contents that these pairs connect.

    `authority` lists path prefixes, the most authoritative first. A chain of ever less alike documents is cut: a
    member belongs to a family by its own likeness to the representative, and else founds another.
    """
    known = _both_ways(pairs)
    families: list[Family] = []
    for group in _connected(members, known):
        families += _divided(group, known, authority)
    return sorted(families, key=lambda family: family.representative)


def _both_ways(pairs: Iterable[SimilarPair]) -> _Known:
    known: dict[tuple[str, str], Likeness] = {}
    for left, right, likeness in pairs:
        known[left, right] = likeness
        known[right, left] = likeness._replace(left_adds=likeness.right_adds, right_adds=likeness.left_adds)
    return known


def _connected(members: Sequence[Member], known: _Known) -> list[list[Member]]:
    """Union-find over contents."""
    parent = {member.content_hash: member.content_hash for member in members}

    def root(content: str) -> str:
        while parent[content] != content:
            parent[content] = parent[parent[content]]
            content = parent[content]
        return content

    for left, right in known:
        if left in parent and right in parent:
            parent[root(left)] = root(right)
    groups: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        groups[root(member.content_hash)].append(member)
    return [group for group in groups.values() if len(group) > 1]


def _divided(group: list[Member], known: _Known, authority: Sequence[str]) -> list[Family]:
    """Families of a connected group: the best member takes those like it, then the best of the rest."""
    rest = sorted(group, key=lambda member: _rank(member, authority))
    families = []
    while rest:
        best, others = rest[0], rest[1:]
        taken = {member.path: member for member in others if _likeness(best, member, known)}
        rest = [member for member in others if member.path not in taken]
        if taken:
            duplicates = tuple(_duplicate(best, taken[path], known) for path in sorted(taken))
            families.append(Family(best.path, _reason(best, list(taken.values()), authority), duplicates))
    return families


def _likeness(one: Member, other: Member, known: _Known) -> Likeness | None:
    return _SAME if one.content_hash == other.content_hash else known.get((one.content_hash, other.content_hash))


def _rank(member: Member, authority: Sequence[str]) -> tuple[object, ...]:
    """Sorts the best first: newest version, newest date, most authoritative path, most words, shortest path."""
    version = tuple(-number for number in (*member.version, 0, 0, 0, 0)[:4])
    newest = -(member.date or date.min).toordinal()
    copy_like = any(mark in member.path.lower() for mark in _COPY_MARKS)
    return (version, newest, _place(member.path, authority), copy_like, -member.length, len(member.path), member.path)


def _place(path: str, authority: Sequence[str]) -> int:
    return next((place for place, prefix in enumerate(authority) if path.startswith(prefix)), len(authority))


def _reason(best: Member, others: Sequence[Member], authority: Sequence[str]) -> str:
    """Why the best was chosen: the first criterion that told it from every other member."""
    criteria = (
        ("the newest version", lambda member: member.version),
        ("the newest date", lambda member: member.date),
        ("the most authoritative folder", lambda member: _place(member.path, authority)),
        ("not under a name for copies", lambda member: any(mark in member.path.lower() for mark in _COPY_MARKS)),
        ("the most complete text", lambda member: member.length),
        ("the shortest path", lambda member: len(member.path)),
    )
    for reason, criterion in criteria:
        if all(criterion(member) != criterion(best) for member in others):
            return reason
    return "the first by name"


def _duplicate(best: Member, member: Member, known: _Known) -> Duplicate:
    if best.content_hash == member.content_hash:
        return Duplicate(member.path, best.path, Relation.EXACT, 1.0, True, f"the same words as {best.path}")
    found = known[best.content_hash, member.content_hash]
    similar = _similar(found, best, member)
    own = {0: "no word", 1: "one word"}.get(found.right_adds, f"{found.right_adds} words")
    adds = f"it has {own} of its own"
    redundant = found.right_adds == 0
    return Duplicate(member.path, best.path, Relation.NEAR, round(found.jaccard, 4), redundant, f"{similar}; {adds}")


def _similar(found: Likeness, best: Member, member: Member) -> str:
    """The share that both have of all; where one is far longer, that says little, and what the shorter shares does."""
    if found.jaccard >= found.containment / 2:
        return f"{found.jaccard:.0%} of the word runs of both are shared with {best.path}"
    if member.length <= best.length:
        return f"{found.containment:.0%} of its word runs stand in {best.path}, which is longer"
    return f"it holds {found.containment:.0%} of the word runs of {best.path}, and is longer"
