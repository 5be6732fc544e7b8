"""Statements: the sentences, list items and table rows with figures that documents in force hold."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from gristmill.answering.figures import MONTH, days, figures, may_state, part_numbers, without_names
from gristmill.answering.sentences import Unit, units_of
from gristmill.monitoring.conflicts.names import Names, Subject, capital_words
from gristmill.search.outline import Outline, plain
from gristmill.search.retrieval import Passage

_FEWEST_WORDS, _MOST_WORDS = 3, 80
# "3.2 The delivery time": the number of a clause says nothing, and that of the next may end a unit.
_NUMBERING = re.compile(
    r"^\s*(?:[-*>#|]\s*)*\d+(?:\.\d+)*\.?\)?\s+(?=[A-ZÄÖÜ*\"])|(?<!\S)(?:[A-Z]\.)?\d+(?:\.\d+)*\.\s*$"
)
# Numbers that only tell where something is.
_PLACES = (
    "table|figure|example|part|page|clause|chapter|section|form|week|room|extension|ext\\.?|telephone|phone|tel\\.?|no\\.?|"
    "tabelle|abbildung|seite|kapitel|abschnitt|raum|durchwahl|nr\\.?|tableau|chapitre|pièce|poste"
)
_PLACE = re.compile(rf"\b(?:{_PLACES})\s*\d[\d.-]*", re.IGNORECASE)
# Code and links, and what is left of a link that two units share: their numbers are no facts.
_CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK_OR_CODE = re.compile(r"`[^`]*`|\[[^\]\n]*\]\([^)]*\)|^[^\[\]]*\]\([^)]*\)|\[[^\]]*$|\]\([^)]*$")
# What a document says of itself, not of the world.
_OF_ITSELF = re.compile(
    r"\b(?:version|issue|edition|valid from|replaces|page \d+ of|ausgabe|stand|gültig ab|ersetzt|édition|valable|"
    r"remplace)\b",
    re.IGNORECASE,
)

_DATES = re.compile(
    rf"\d[\d.,:/-]*|\b(?:{MONTH}|first|second|third|fourth|erste\w*|zweite\w*|dritte\w*|vierte\w*)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Document:
    """A document as conflicts are looked for in it. `boilerplate` holds spans of its text; `stated` is its own time."""

    document: str
    family: str
    title: str
    language: str
    stated: datetime | None
    text: str
    boilerplate: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Statement:
    """One unit of a document that states figures: `text` is verbatim, at `start` to `end` of the document's text."""

    document: str
    family: str
    stated: datetime | None
    start: int
    end: int
    text: str
    meaning: str  # with its headings and column names
    figures: Mapping[str, frozenset[str]]  # values by what they count
    parts: frozenset[str]
    subject: Subject
    series: str  # the title without dates: minutes of two meetings share it


def statements_of(documents: Sequence[Document]) -> list[Statement]:
    """Return the statements of all documents, in order."""
    capitals = capital_words(text for one in documents for text in (one.title, one.text))
    outlined = [(one, Outline(one.text)) for one in documents]
    names = Names.of(((one.title, one.language, chain(*outline.paths())) for one, outline in outlined), capitals)
    return [statement for one, outline in outlined for statement in _statements(one, outline, names)]


def _statements(document: Document, outline: Outline, names: Names) -> Iterable[Statement]:
    passage = Passage(
        "", document.document, document.title, (), "", document.text, 0, len(document.text), None, (),
        document.language, document.stated, 0.0, 0.0, 0.0,
    )  # fmt: skip
    own = days(f"{document.stated:%Y-%m-%d}") if document.stated else frozenset()
    series = " ".join(_DATES.sub(" ", document.title.casefold()).split())
    left_out = sorted([*document.boilerplate, *(match.span() for match in _CODE_BLOCK.finditer(document.text))])
    for unit in units_of([passage]):
        at = bisect_right(left_out, (unit.start, len(document.text)))
        if at and unit.start < left_out[at - 1][1]:
            continue
        if not (may_state(unit.text) and _FEWEST_WORDS <= len(unit.text.split()) <= _MOST_WORDS):
            continue
        if _OF_ITSELF.search(unit.text):
            continue
        if stated := _figures(unit, own):
            headings = outline.path_at(unit.start)
            yield Statement(
                document.document, document.family, document.stated, unit.start, unit.end,
                unit.text, unit.meaning, stated, part_numbers(unit.text),
                names.subject(document.title, *headings, unit.text), series,
            )  # fmt: skip


def _figures(unit: Unit, own: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return what a unit states. A bare number of a table counts what its column says; a document's date is no fact."""
    found: dict[str, set[str]] = defaultdict(set)
    for column, text in unit.row or (("", unit.text),):
        said = _PLACE.sub(" ", _NUMBERING.sub("", plain(_LINK_OR_CODE.sub(" ", text))))
        found["date"] |= days(said) - own
        for kind, values in figures(without_names(said)).items():
            found[f"{kind} {column.casefold()}" if kind == "number" and column else kind] |= values
    return {kind: frozenset(values) for kind, values in found.items() if values}
