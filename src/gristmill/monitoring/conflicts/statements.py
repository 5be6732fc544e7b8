"""Statements: the sentences, list items and table rows with figures that documents in force hold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gristmill.answering.figures import MONTH, days, figures, part_numbers, without_names
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
_PLACE = re.compile(
    r"\b(?:table|figure|example|part|tabelle|abbildung|tableau|extension|ext\.?|tel\.?|telephone|phone|room|page|clause|chapter|section|form|week|no\.?|durchwahl|raum|"
    r"seite|kapitel|abschnitt|nr\.?|poste|pièce|chapitre)\s*\d[\d.-]*",
    re.IGNORECASE,
)
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
    audience: tuple[str, ...]
    stated: datetime | None
    text: str
    boilerplate: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Statement:
    """One unit of a document that states figures: `text` is verbatim, at `start` to `end` of the document's text."""

    document: str
    family: str
    audience: tuple[str, ...]
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
    outlined = ((one, {heading for path in Outline(one.text).paths() for heading in path}) for one in documents)
    names = Names.of(((one.title, one.language, headings) for one, headings in outlined), capitals)
    return [statement for one in documents for statement in _statements(one, names)]


def _statements(document: Document, names: Names) -> Iterable[Statement]:
    passage = Passage(
        "", document.document, document.title, (), "", document.text, 0, len(document.text), None, document.audience,
        document.language, document.stated, 0.0, 0.0, 0.0,
    )  # fmt: skip
    own = days(f"{document.stated:%Y-%m-%d}") if document.stated else frozenset()
    outline, series = Outline(document.text), " ".join(_DATES.sub(" ", document.title.casefold()).split())
    left_out = [*document.boilerplate, *(match.span() for match in _CODE_BLOCK.finditer(document.text))]
    for unit in units_of([passage]):
        if not _FEWEST_WORDS <= len(unit.text.split()) <= _MOST_WORDS or _OF_ITSELF.search(unit.text):
            continue
        if any(start <= unit.start < end for start, end in left_out):
            continue
        if stated := _figures(unit, own):
            headings = outline.path_at(unit.start)
            yield Statement(
                document.document, document.family, document.audience, document.stated, unit.start, unit.end,
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
