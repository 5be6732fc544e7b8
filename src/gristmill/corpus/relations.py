"""What a document is to others and to the day: a duplicate, an older version, or too old. Pure functions.

They are decided anew in every run over all documents that may be used, from first lines and from pairs that were
compared before, so the order in which documents came does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gristmill.corpus.duplicates import (
    Member,
    Reading,
    SimilarPair,
    Version,
    VersionedDocument,
    find_amended,
    find_families,
    find_superseded,
)
from gristmill.corpus.findings import Finding, error, warning
from gristmill.corpus.quality import Rule
from gristmill.identity import EVERYONE

_KEEP_ONE = "Delete one of them, or move it out of the source."


@dataclass(frozen=True)
class Candidate:
    """A document that may be used, as far as its relations need it.

    `reading` is what it tells of its version, `stated` the date in the file's metadata.
    """

    document: str
    audience: frozenset[str]
    title: str
    head: str
    language: str
    words: int
    content_hash: str
    reading: Reading
    stated: date | None = None

    @property
    def version(self) -> Version:
        """The version that the first lines, the name or the title state."""
        return self.reading.version


@dataclass
class Relations:
    """What one document is to the others. `duplicate_of` is set only where it can be left out."""

    family: str | None = None
    duplicate_of: str | None = None
    superseded_by: str | None = None
    findings: list[Finding] = field(default_factory=list)


def relate(
    candidates: Sequence[Candidate],
    pairs: Sequence[SimilarPair],
    authority: Sequence[str] = (),
    *,
    leave_out: bool = True,
) -> dict[str, Relations]:
    """Return the relations of each candidate, by document."""
    related = {candidate.document: Relations() for candidate in candidates}
    members = [_member(candidate) for candidate in candidates]
    for family in find_families(members, pairs, authority):
        for document in (family.representative, *(duplicate.path for duplicate in family.duplicates)):
            related[document].family = family.representative
    _set_aside(candidates, members, pairs, authority, related, leave_out=leave_out)
    _supersede(candidates, related)
    return related


def stale(candidate: Candidate, rule: Rule, today: date) -> Finding | None:
    """Return a finding if the date that a document states is further back than its source allows.

    The date of the file itself does not count: copying a folder changes it.
    """
    stated = stated_date(candidate)
    if stated is None or not rule.is_broken_by((today - stated).days):
        return None
    limit = f"{rule.threshold / 365.25:.3g} years" if rule.threshold >= 366 else f"{rule.threshold:.0f} days"
    return Finding(rule.name, rule.severity, f"It is of {stated}; the source's limit is {limit}.", rule.recovery)


def stated_date(candidate: Candidate) -> date | None:
    """Return the date that a document gives in its first lines, name or title, else in its metadata."""
    return candidate.version.date or candidate.stated


def _member(candidate: Candidate) -> Member:
    version = candidate.version
    return Member(candidate.document, candidate.content_hash, candidate.words, version.date, version.number)


def _set_aside(
    candidates: Sequence[Candidate],
    members: Sequence[Member],
    pairs: Sequence[SimilarPair],
    authority: Sequence[str],
    related: dict[str, Relations],
    *,
    leave_out: bool,
) -> None:
    """Mark what can be left out, audience by audience: a copy that other people see is all that they have."""
    shelves: dict[frozenset[str], list[Member]] = defaultdict(list)
    for candidate, member in zip(candidates, members, strict=True):
        shelves[candidate.audience].append(member)
    for shelf in shelves.values():
        for family in find_families(shelf, pairs, authority):
            for duplicate in family.duplicates:
                relations = related[duplicate.path]
                if duplicate.redundant and leave_out:
                    relations.duplicate_of = duplicate.of
                    said = f"Duplicate of {duplicate.of}: {duplicate.reason}. That one was kept: {family.reason}."
                    relations.findings.append(error("duplicate", said, f"{_KEEP_ONE} Accepting it keeps both."))
                else:
                    said = f"Nearly the same as {duplicate.of}: {duplicate.reason}."
                    relations.findings.append(warning("near_duplicate", said, _KEEP_ONE))


def _supersede(candidates: Sequence[Candidate], related: dict[str, Relations]) -> None:
    """Mark older versions, unless their readers may not see the newer one."""
    audiences = {candidate.document: candidate.audience for candidate in candidates}
    readings = {candidate.document: candidate.reading for candidate in candidates}
    versioned = [VersionedDocument(c.document, c.title, c.head, None, c.language or "und") for c in candidates]
    for found in find_superseded(versioned, lambda document: readings[document.path]):
        newer = audiences[found.by]
        if newer >= audiences[found.document] or EVERYONE in newer:
            relations = related[found.document]
            relations.superseded_by = related[found.by].duplicate_of or found.by
            said = f"A newer version is {relations.superseded_by}: {found.reason}."
            recovery = "Move the old version to an archive outside the source."
            relations.findings.append(warning("superseded", said, recovery))
    for found in find_amended(versioned, lambda document: readings[document.path]):
        newer = audiences[found.by]
        if newer >= audiences[found.document] or EVERYONE in newer:
            said = f"Parts of it are changed by {found.by}: {found.reason}."
            related[found.document].findings.append(warning("amended", said, "Nothing to do; read both together."))
