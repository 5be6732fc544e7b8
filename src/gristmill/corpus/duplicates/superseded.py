"""Finds documents of which a newer version is in the same collection.

Precision comes first: two documents are versions of each other only if one says so, or if their names, or their
document number and a version beside it, say so, and the order of versions is not contradicted. Records of a moment
(minutes, reports, tickets, statistics of a year) stay true, and are never superseded by a later one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import NamedTuple

from gristmill.corpus.duplicates.versions import (
    HEAD_CHARACTERS,
    Version,
    holds_any,
    identifiers,
    read_version,
    without_version,
)

__all__ = ["Reading", "Superseded", "VersionedDocument", "find_amended", "find_superseded", "read_document"]

_ARCHIVES = frozenset({"archive", "archiv", "archives", "old", "alt", "superseded", "drafts", "previous", "versions"})
_RECORDS = re.compile(
    r"(?<![^\W_])(?:minutes|meeting|committee|protokoll|compte|rendu|drill|statistics|statistik|report|rapport|bericht|"
    r"survey|ratings|measurement|accounts|invoice|log|results|newsletter|budget|ticket|complaint|calibration|"
    r"overdue|weekly|index|register|analysis|mail)(?![^\W_])",
    re.IGNORECASE,
)
# A day, month, week or quarter in the name marks a record; a year alone does not.
_MOMENT = re.compile(
    r"(?<!\d)(?:19|20)\d\d-(?:\d\d-\d\d|(?:0[1-9]|1[0-2])(?![\d-])|w\d\d|q[1-4])|(?<![^\W_])(?:q[1-4]|w\d\d)(?![^\W_])",
    re.IGNORECASE,
)
_COPY = re.compile(r"(?<![^\W_])(?:copy|kopie|copie|attachments|archive|binder)(?![^\W_])", re.IGNORECASE)
_LANGUAGE_MARK = re.compile(r"(?<![^\W_])(?:de|en|fr|es|it|nl|deutsch|english|german|french|français)(?![^\W_])")
# Between the statement and the number stands at most what kind of document it is.
_NAMING = r"(?:(?:the|das|den|die|le|la|service|bulletin|policy|rule|document|procedure|manual|note)\s+){0,4}"
_REPLACES = re.compile(
    r"(?<!not )(?:replaces?|supersedes?|ersetzt|annule et remplace|remplace)\b:?\s+"
    + _NAMING
    + r"([A-Z]{1,4}-(?:\d{4}-\d{2,3}|\d{2,4}))(?![\w-])(?!\s+(?:nicht|pas)\b)",
    re.IGNORECASE,
)
# One of these stands in every statement of either kind.
_REPLACING = ("replace", "supersede", "ersetzt", "remplac", "withdrawn")
_REPLACED_BY = re.compile(
    r"(?<!not )(?:replaced by|superseded by|withdrawn in favour of|ersetzt durch|remplacée? par)\s+"
    + _NAMING
    + r"([A-Z]{1,4}-(?:\d{4}-\d{2,3}|\d{2,4}))(?![\w-])",
    re.IGNORECASE,
)
# "Amendment no. 1 to framework purchase agreement KV-2024-02", at the beginning of what it introduces.
_AMENDS = re.compile(
    r"\b(?:amendment|addendum|supplement|nachtrag|änderung|avenant)\b[^\n|]{0,60}?\b(?:to|zu|zum|zur|à|au)\b[^\n|]{0,80}?"
    r"([A-Z]{1,4}-(?:\d{4}-\d{2,3}|\d{2,4}))(?![\w-])",
    re.IGNORECASE,
)
_AMENDING = ("amendment", "addendum", "supplement", "nachtrag", "änderung", "avenant")
_AMENDING_WITHIN = 300
# "Policy P-12, version 2", "HM-040, Issue 6", "# SP-07 Lock-out procedure … Issue 6".
_NUMBERED = re.compile(
    r"(?<![\w-])([A-Z]{1,4}-(?:\d{2,4}|[A-Z]{3}))(?![\w-]),?[^\n|]{0,60}?[\s,.]+(?:version|issue|revision|rev|edition|draft)",
    re.IGNORECASE,
)
# Stands in every match of it, and in few other texts.
_HYPHENED = re.compile(r"-(?:\d\d|[^\W\d_]{3}(?![\w-]))")
# "Handbook chapter 3. Version 4".
_CHAPTER = re.compile(r"\b(\w+ chapter \d+)[.,:]\s+(?:version|issue|edition)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VersionedDocument:
    """What is looked at: the path, the title and the first lines; language `und` agrees with any."""

    path: str
    title: str
    head: str
    modified: date | None = None
    language: str = "und"


@dataclass(frozen=True, slots=True)
class Superseded:
    """A document of which a newer version, or an amendment, is known."""

    document: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one document alone tells of its version and of others: of name, title and first lines, nothing else.

    Args:
        version: its own.
        numbers: its own document numbers.
        introduced: the document numbers at its beginning.
        families: keys that it shares with what may be other versions of it.
        replaces: whether it may say that it replaces another, or is replaced.
        amends: whether it may say that it amends another.
        is_copy: whether its path is that of a copy.
    """

    version: Version
    numbers: tuple[str, ...] = ()
    introduced: tuple[str, ...] = ()
    families: tuple[tuple[str, ...], ...] = ()
    replaces: bool = False
    amends: bool = False
    is_copy: bool = False


def read_document(document: VersionedDocument) -> Reading:
    """Read all that versions are told apart by."""
    beginning = document.head[:_AMENDING_WITHIN]
    return Reading(
        read_version(document.path, document.title, document.head),
        tuple(sorted(_own_numbers(document))),
        tuple(sorted(set(identifiers(beginning)))),
        tuple(_family_keys(document)),
        holds_any(_REPLACING, document.head[:HEAD_CHARACTERS]),
        holds_any(_AMENDING, beginning),
        bool(_COPY.search(document.path)),
    )


Read = Callable[[VersionedDocument], Reading]


class _Read(NamedTuple):
    document: VersionedDocument
    reading: Reading

    @property
    def version(self) -> Version:
        return self.reading.version


def find_superseded(documents: Iterable[VersionedDocument], read: Read = read_document) -> list[Superseded]:
    """Older versions, each with the newest that replaces it, sorted by path, whatever the order of the documents."""
    items = _originals_first(documents, read)
    found: dict[str, Superseded] = {}
    for item in (*_declared(items), *_by_family(items)):
        found.setdefault(item.document, item)
    return [found[path] for path in sorted(found)]


def _originals_first(documents: Iterable[VersionedDocument], read: Read) -> list[_Read]:
    """Where two documents would do as the newer one, the copy comes second."""
    items = (_Read(document, read(document)) for document in documents)
    return sorted(items, key=lambda item: (item.reading.is_copy, item.document.path))


def _declared(read: Sequence[_Read]) -> Iterator[Superseded]:
    """Statements of replacement that name a document number which one other document bears."""
    owners: dict[str, list[_Read]] = defaultdict(list)
    for item in read:
        for number in item.reading.numbers:
            owners[number].append(item)
    for item in read:
        if not item.reading.replaces:
            continue
        head = item.document.head[:HEAD_CHARACTERS]
        for statement in _REPLACES.finditer(head):
            for older in owners.get(statement.group(1).upper(), []):
                if older is not item and not set(older.reading.numbers) & set(item.reading.numbers):
                    yield Superseded(older.document.path, item.document.path, _quoted(item, statement))
        for statement in _REPLACED_BY.finditer(head):
            newer = owners.get(statement.group(1).upper(), [])
            if len(item.reading.numbers) == 1 and newer and newer[0] is not item:
                yield Superseded(item.document.path, newer[0].document.path, _quoted(item, statement))


def find_amended(documents: Iterable[VersionedDocument], read: Read = read_document) -> list[Superseded]:
    """Documents of which another says at its beginning that it amends them, by number: they stay in force otherwise."""
    items = _originals_first(documents, read)
    owners: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for number in item.reading.introduced:
            owners[number].append(item.document.path)
    amends = (item.document for item in items if item.reading.amends)
    found = [(document.path, _AMENDS.search(document.head[:_AMENDING_WITHIN])) for document in amends]
    statements = [(path, statement) for path, statement in found if statement]
    amending = {path for path, _ in statements}
    return [
        Superseded(older, path, f'{path} says "{" ".join(statement.group().split())}"')
        for path, statement in statements
        for older in owners.get(statement.group(1).upper(), ())
        if older not in amending
    ]


def _own_numbers(document: VersionedDocument) -> frozenset[str]:
    """The document's own number: in its name, its title or its first heading."""
    name = document.path.rpartition("/")[2].rpartition(".")[0]
    heading = next((line for line in document.head.splitlines() if line.startswith("#")), "")
    return frozenset(identifiers(f"{name} {document.title} {heading}"))


def _quoted(item: _Read, statement: re.Match[str]) -> str:
    return f'{item.document.path} says "{" ".join(statement.group().split())}"'


def _by_family(read: Sequence[_Read]) -> Iterator[Superseded]:
    families: dict[tuple[str, ...], list[_Read]] = defaultdict(list)
    for item in read:
        for key in item.reading.families:
            families[key].append(item)
    for key, members in sorted(families.items()):
        decisive = members if key[0] == "name" else [item for item in members if item.version.number]
        for older, newer in _ordered_pairs(decisive):
            yield Superseded(older.document.path, newer.document.path, _reason(key, older.version, newer.version))


def _family_keys(document: VersionedDocument) -> Iterator[tuple[str, ...]]:
    folder, _, file = document.path.rpartition("/")
    name = file.rpartition(".")[0] or file
    if not (_RECORDS.search(name) or _MOMENT.search(name) or _RECORDS.search(document.title)):
        shelf = "/".join(part for part in folder.split("/") if part.lower() not in _ARCHIVES)
        yield "name", shelf, without_version(name)
    beginning = document.head[:HEAD_CHARACTERS]
    if _HYPHENED.search(beginning) and (number := _NUMBERED.search(beginning)):
        yield "number", number.group(1).upper(), " ".join(_LANGUAGE_MARK.findall(name.lower()))
    if holds_any((" chapter ",), document.head) and (chapter := _CHAPTER.search(document.head[:HEAD_CHARACTERS])):
        yield "chapter", " ".join(chapter.group(1).lower().split()), without_version(document.title)


def _ordered_pairs(members: Sequence[_Read]) -> Iterator[tuple[_Read, _Read]]:
    """Each older member with the newest one that is newer than it."""
    newest: dict[str, _Read] = {}
    older: dict[str, _Read] = {}
    for one, other in combinations(members, 2):
        if pair := _order(one, other):
            old, new = pair
            older[old.document.path] = old
            best = newest.get(old.document.path)
            if best is None or _is_newer(new.version, best.version):
                newest[old.document.path] = new
    return ((older[path], newest[path]) for path in older)


def _order(one: _Read, other: _Read) -> tuple[_Read, _Read] | None:
    languages = {one.document.language, other.document.language} - {"und"}
    if len(languages) > 1:
        return None
    if _is_newer(other.version, one.version):
        return one, other
    return (other, one) if _is_newer(one.version, other.version) else None


def _is_newer(one: Version, other: Version) -> bool:
    """True if the numbers, the dates or being a draft say so, and none of them says the contrary."""
    says = [_by_number(one, other), _by_date(one, other), other.draft - one.draft]
    return any(say > 0 for say in says) and not any(say < 0 for say in says)


def _by_number(one: Version, other: Version) -> int:
    if not one.number or not other.number:
        return 0
    return (one.number > other.number) - (one.number < other.number)


def _by_date(one: Version, other: Version) -> int:
    """Compares what both state: "May 2025" and 20 May 2025 are the same, for all that is known."""
    if one.date is None or other.date is None:
        return 0
    common = min(one.precision, other.precision)
    first, second = one.date.timetuple()[:common], other.date.timetuple()[:common]
    return (first > second) - (first < second)


def _reason(key: tuple[str, ...], older: Version, newer: Version) -> str:
    ground = {"name": "the same name but for the version", "number": f"the same document number {key[1]}"}
    return f"{ground.get(key[0], f'the same {key[1]}')}; older: {older.evidence}; newer: {newer.evidence}"
