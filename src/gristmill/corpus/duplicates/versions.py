"""Reads which version of a document this is: a number, a date, and where that was found.

The order of trust is the text's first lines, the file's own metadata in front matter, the path, the title. The date of
last modification only breaks ties: copying a folder changes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import NamedTuple, TypeVar

__all__ = ["HEAD_CHARACTERS", "Precision", "Version", "holds_any", "identifiers", "read_version", "without_version"]

T = TypeVar("T")

# How much of a text counts as its first lines.
HEAD_CHARACTERS = 1_200

_FIRST_LINES = 600

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar janvier jan", "february februar février fevrier feb", "march märz mars mar",
            "april avril apr", "may mai", "june juni juin jun", "july juli juillet jul", "august août aout aug",
            "september septembre sep sept", "october oktober octobre oct okt", "november novembre nov",
            "december dezember décembre decembre dec dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = "(?:19|20)\\d\\d"
_DATE = re.compile(
    rf"\b({_YEAR})-(\d\d)-(\d\d)\b|\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+({_MONTH})\.?\s+({_YEAR})\b"
    rf"|\b({_MONTH})\s+({_YEAR})\b|\b(\d{{1,2}})\.(\d{{1,2}})\.({_YEAR})\b",
    re.IGNORECASE,
)
_WORD_FOR_VERSION = "version|issue|revision|rev|edition|ausgabe|fassung|révision|édition|firmware|fw|v"
_FIGURES = r"\d{1,3}(?:\.\d{1,3}){0,3}"
_NUMBER = re.compile(
    rf"(?<![\w-])(?:(?:{_WORD_FOR_VERSION})[\s_.-]{{0,2}}({_FIGURES})(?![^\W_])"
    r"|(?:revision|rev|issue|version|ausgabe)[\s_.-]{1,2}([a-h])(?![^\W_]))",
    re.IGNORECASE,
)
# Where no word for a version ends before a figure or a letter, none is numbered: a tenth of the price.
_MAY_BE_NUMBERED = re.compile(
    r"[EGNVWegnvw][\s_.-]{0,2}\d|(?:[Ee][Vv]|[Oo][Nn]|[Uu][Ee]|[Bb][Ee])[\s_.-]{1,2}[A-Ha-h](?![^\W_])"
)
_DRAFT_SIGNS = ("draft", "entwurf", "brouillon")
_DRAFT = re.compile(r"(?<![^\W_])(?:draft|entwurf|brouillon)(?![^\W_])", re.IGNORECASE)
# What follows speaks of another version: the number after it is not this document's.
_OTHER_VERSION = re.compile(
    r"(?:replac|supersed|ersetz|remplac|withdrawn|previous|former|for firmware|holds for|use issue|draft for)"
    r"[^\n]*?(?=[.\n]\s|\n|\Z)",
    re.IGNORECASE,
)
# One of these stands in every match of it.
_OTHER_SIGNS = (
    "replac", "supersed", "ersetz", "withdrawn", "previous", "former", "for firmware", "holds for", "use issue",
    "draft for", "remplac",
)  # fmt: skip
# A row of data: its dates are of births and deliveries, unless it says what it dates.
_DATA_ROW = re.compile(
    r"^\|(?![^\n]*(?:valid|date[ds]?:|edition|version|issue|revised|stand|gültig|valable))[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_PATH_YEAR = re.compile(rf"(?<!\d){_YEAR}(?!\d)")
# Parts of a file name that tell versions of one document apart, and nothing else.
_MARKS = re.compile(
    rf"(?<![^\W_])(?:(?:{_WORD_FOR_VERSION})[\s_.-]?(?:\d{{1,3}}(?:\.\d{{1,3}}){{0,3}}|[a-h](?![^\W_]))"
    rf"|draft|entwurf|final|old|alt|before|until|bis|vor|copy|of|{_MONTH}|{_YEAR}(?:[-/](?:\d\d|{_YEAR}))?)(?![^\W_])",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"(?<![\w-])[A-Z]{1,4}-(?:\d{4}-\d{2,3}|\d{2,4}|[A-Z]{3})(?![\w-])")


class Precision(IntEnum):
    """How much of a date was stated: months and days that were not are 1."""

    YEAR = 1
    MONTH = 2
    DAY = 3


class StatedDate(NamedTuple):
    """A date and how much of it was stated."""

    date: date
    precision: Precision


@dataclass(frozen=True, slots=True)
class Version:
    """A document's version, as far as it says; `evidence` is in words."""

    date: date | None = None
    precision: Precision = Precision.DAY
    number: tuple[int, ...] = ()
    draft: bool = False
    evidence: str = ""


def read_version(path: str, title: str, head: str, modified: date | None = None) -> Version:
    """The version that the first lines, the name or the title state; `modified` is the last resort for the date."""
    name = path.rpartition("/")[2].rpartition(".")[0] or path
    # A number further down is that of a part, a program or another document.
    first = head[:_FIRST_LINES]
    first = _OTHER_VERSION.sub(" ", first) if holds_any(_OTHER_SIGNS, first) else first
    places = (("first lines", first), ("name", name.replace("_", "-")), ("title", title))
    # "K12-V4" in a text is a part; "travel-v2" as a name is a version.
    spaced = (places[0], ("name", re.sub(r"[_-]", " ", name)), places[2])
    number, number_place = next(_found(spaced, _number), ((), ""))
    has_rows = "|" in first and _PATH_YEAR.search(first) is not None
    undated = ("first lines", _DATA_ROW.sub("", first) if has_rows else first)
    named = (place for found in (_date, _year) for place in _found(places[1:], found))
    stated, date_place = next(_found((undated,), _date), None) or next(named, (None, ""))
    evidence = [f"number {'.'.join(map(str, number))} in the {number_place}"] if number else []
    evidence += [f"date {_written(stated)} in the {date_place}"] if stated else []
    draft = any(_DRAFT.search(text) for text in (name, title, head[:300]) if holds_any(_DRAFT_SIGNS, text))
    evidence += ["called a draft"] if draft else []
    if stated is None and modified is not None:
        stated, evidence = StatedDate(modified, Precision.DAY), [*evidence, f"last modified {modified}"]
    when, precision = stated or (None, Precision.DAY)
    return Version(when, precision, number, draft, "; ".join(evidence))


def holds_any(signs: Iterable[str], text: str) -> bool:
    """Whether any of these stands in a text, in capitals or not: a hundredth of the price of an expression."""
    lowered = text.lower()
    return any(sign in lowered for sign in signs)


def _written(stated: StatedDate) -> str:
    return "-".join(stated.date.isoformat().split("-")[: stated.precision])


def _found(places: Iterable[tuple[str, str]], read: Callable[[str], T]) -> Iterator[tuple[T, str]]:
    return ((value, place) for place, text in places if (value := read(text)))


def without_version(name: str) -> str:
    """A name or title without its marks of version, in lower case: equal for versions of one document."""
    return " ".join(re.findall(r"[^\W_]+", _MARKS.sub(" ", name.replace("_", "-").lower())))


def identifiers(text: str) -> Iterator[str]:
    """Document numbers such as P-12, HM-040 and SB-2019-03."""
    return (match.group() for match in _IDENTIFIER.finditer(text))


def _number(text: str) -> tuple[int, ...]:
    match = _NUMBER.search(text) if _MAY_BE_NUMBERED.search(text) else None
    if match is None:
        return ()
    figures, letter = match.groups()
    return tuple(map(int, figures.split("."))) if figures else (ord(letter.lower()) - ord("a") + 1,)


def _date(text: str) -> StatedDate | None:
    for match in _DATE.finditer(text) if _PATH_YEAR.search(text) else ():
        if found := _as_date(match):
            return found
    return None


def _year(name: str) -> StatedDate | None:
    """The year in a name or title; in a text, four figures may be anything."""
    year = _PATH_YEAR.search(name)
    return StatedDate(date(int(year.group()), 1, 1), Precision.YEAR) if year else None


def _as_date(match: re.Match[str]) -> StatedDate | None:
    iso_year, iso_month, iso_day, day, month, year, month_only, its_year, d, m, y = match.groups()
    if iso_year:
        parts = (int(iso_year), int(iso_month), int(iso_day))
    elif year:
        parts = (int(year), _MONTHS[month.lower()], int(day))
    elif its_year:
        parts = (int(its_year), _MONTHS[month_only.lower()], 1)
    else:
        parts = (int(y), int(m), int(d))
    try:
        return StatedDate(date(*parts), Precision.MONTH if its_year else Precision.DAY)
    except ValueError:
        return None
