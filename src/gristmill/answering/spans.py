"""The part of a quoted unit that answers by itself: "who keeps the register?" wants a name, not the sentence it is in.

Every span that could be an answer is measured against the question, and a linear model, learnt from what people wrote
as corrections, says which reads most like theirs. A span is verbatim; what it is cut from is cited whole.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from gristmill.answering.asked import Kind, asked_kinds, has_kind
from gristmill.answering.evidence import Evidence
from gristmill.answering.sentences import readable
from gristmill.search.lexical import terms

_MOST_WORDS = 18
_FAR = 6


def _among(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"\S+")
_BARE = re.compile(r"[^\w£€$%+-]+")
_NUMBER = re.compile(r"\d")
_CAPITAL = re.compile(r"^[\"'“‘(\[]*[A-ZÀ-ÖØ-Þ]")
_BREAK = re.compile(r"[,;:.!?)\]”’–—]$|^[–—|-]$")
_YES_OR_NO = re.compile(
    r"^(?:can|could|may|might|is|are|do|does|did|must|should|will|was|has|have|am|darf|kann|ist|sind|muss|est-ce|peut|"
    r"puis|dois)\b", re.IGNORECASE,
)  # fmt: skip
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|unless|except|only|nicht|kein\w*|nie|ohne|nur|außer|ne|pas|"
    r"jamais|aucun\w*|sans|sauf)\b|n['’]t\b", re.IGNORECASE,
)  # fmt: skip
_PREPOSITIONS = _among(
    "in at on by from to for with within under over after before until between during per about of as than against "
    "im am an auf bei von bis zu zum zur mit nach vor unter über für seit dans en par pour avec après avant sous sur "
    "chez à de du des au aux"
)
_ARTICLES = _among(
    "the a an each every any jede jeder jedes jeden chaque der die das den dem des ein eine einen einer le la les un "
    "une"
)
_JOINTS = _among(
    "and or but which who that where when if because so then is are was were has have had will must may can und oder "
    "aber die der das wenn weil ist sind war wird muss kann et ou mais qui que où si est sont était doit peut"
)
# What may stand behind a whole figure.
_OPEN = _PREPOSITIONS | _JOINTS | _ARTICLES
_LIKELY = 40
_NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY, Kind.DURATION, Kind.SHARE, Kind.TIME, Kind.CONTACT})


@dataclass(frozen=True)
class SpanMeasures:
    """How a span meets a question. All between about 0 and 1 but for the logarithm of its length."""

    length: float  # logarithm of its words
    share: float  # of the unit's words
    asked_again: float  # share of its words that the question has
    fresh: float  # it has a word that the question does not have
    kind_met: float  # it has the kind of thing that is asked for
    kind_met_length: float
    kind_missed: float
    kind_unknown_length: float
    number: float
    number_wanted: float
    names_wanted: float  # a person or place is asked for, and it begins with a capital
    begins_unit: float
    ends_unit: float
    whole: float
    broken_before: float  # a mark of punctuation stands before it
    broken_after: float
    colon_before: float
    asked_before: float  # the word before it is in the question
    asked_after: float
    far: float  # words between it and the nearest word of the question
    preposition: float
    article: float
    joint_first: float
    joint_last: float  # it ends in the middle of a phrase
    joint_inside: float
    cut_figure: float  # a figure is cut off from what it counts
    cut_name: float  # a name is cut in two
    comma_inside: float
    unbalanced: float
    cell: float  # it is a cell of a table
    column_asked: float  # share of the words of its column's name in the question
    cell_asked: float  # the cell is itself in the question
    yes_or_no_length: float


NAMES = tuple(field.name for field in fields(SpanMeasures))


@dataclass(frozen=True)
class Span:
    """A candidate: where it is cut from, what it says, and how it meets the question."""

    text: str
    measures: SpanMeasures
    whole: bool


@dataclass(frozen=True)
class SpanModel:
    """A coefficient per measure; the span of the greatest sum is taken."""

    coefficients: tuple[float, ...]

    @classmethod
    def from_json(cls, stored: Mapping[str, float]) -> SpanModel:
        """Return a stored model; a measure that it does not know counts nothing."""
        return cls(tuple(float(stored.get(name, 0.0)) for name in NAMES))

    def as_json(self) -> dict[str, float]:
        """Return the model as it is stored."""
        return dict(zip(NAMES, self.coefficients, strict=True))

    def best(self, question: str, evidence: Evidence) -> Span | None:
        """Return the span of a unit that answers best; None when there is nothing to cut."""
        found = list(spans(question, evidence))
        if not found:
            return None
        scores = table(found) @ np.array(self.coefficients)
        likely = np.argsort(-scores, kind="stable")[:_LIKELY]
        shares = np.exp(scores[likely] - scores[likely[0]])
        words = [Counter(filter(None, map(_bare, found[at].text.split()))) for at in likely]
        # Not the likeliest span but the one most like all that are likely: a cut too short costs more than one too wide.
        worth = [
            sum(share * _shared(mine, other) for share, other in zip(shares, words, strict=True)) for mine in words
        ]
        return found[int(likely[int(np.argmax(worth))])]


def likeness(one: str, other: str) -> float:
    """Return how many words two texts share, as a share of all of both: to find the part that says what was said."""
    mine, theirs = (Counter(filter(None, map(_bare, text.split()))) for text in (one, other))
    return _shared(mine, theirs)


def _shared(mine: Counter[str], theirs: Counter[str]) -> float:
    return 2 * sum((mine & theirs).values()) / ((sum(mine.values()) + sum(theirs.values())) or 1)


def table(found: Sequence[Span]) -> NDArray[np.float64]:
    """Return the measures of spans, a row each."""
    return np.array([astuple(span.measures) for span in found])


def spans(question: str, evidence: Evidence) -> Iterator[Span]:
    """Yield what of a unit could be an answer: spans of it, cells of a table's row, and the whole."""
    asked = _Asked(question)
    if evidence.unit.row:
        yield from _of_row(evidence, asked)
    yield from _of_text(readable(evidence.unit), asked)


class _Asked:
    def __init__(self, question: str) -> None:
        self.kinds = asked_kinds(question)
        self.terms = {term for language in ("en", "de", "fr") for term in terms(question, language)}
        self.words = {_bare(word) for word in question.split()}
        self.yes_or_no = bool(_YES_OR_NO.match(question.strip()))
        self.numeric = bool(self.kinds & _NUMERIC)
        self.named = bool(self.kinds & {Kind.PERSON, Kind.PLACE})

    def has(self, word: str) -> bool:
        bare = _bare(word)
        return bool(bare) and (bare in self.words or bool(self.terms.intersection(terms(bare))))


def _bare(word: str) -> str:
    return _BARE.sub("", word.casefold())


def _of_row(each: Evidence, asked: _Asked) -> Iterator[Span]:
    for name, cell in each.unit.row:
        line = _Line(cell, asked)
        if line.words:
            named = [word for word in name.split() if _bare(word)]
            column = sum(asked.has(word) for word in named) / len(named) if named else 0.0
            yield _span(line, 0, len(line.words), cell=True, column=column)


def _of_text(text: str, asked: _Asked) -> Iterator[Span]:
    line = _Line(text, asked)
    size = len(line.words)
    for start in range(size):
        if line.may_begin(start):
            for end in range(start + 1, min(size, start + _MOST_WORDS) + 1):
                part = line.may_end(end) and not (start == 0 and end == size)
                if part and not line.tears(start, end) and not line.loses_negation(start, end):
                    yield _span(line, start, end)
    if size:
        yield _span(line, 0, size)


class _Line:
    """A text cut into words, with what is known of each."""

    def __init__(self, text: str, asked: _Asked) -> None:
        self.text = text
        self.asked = asked
        matches = list(_WORD.finditer(text))
        self.places = [(match.start(), match.end()) for match in matches]
        self.words = [match[0] for match in matches]
        self.bare = [_bare(word) for word in self.words]
        self.known = [asked.has(word) for word in self.words]
        self.numbers = [bool(_NUMBER.search(word)) for word in self.words]
        self.capitals = [bool(_CAPITAL.match(word)) for word in self.words]
        self.broken = [bool(_BREAK.search(word)) for word in self.words]
        self.negated = [bool(_NEGATION.search(word)) for word in self.words]

    def may_begin(self, at: int) -> bool:
        word, before = self.bare[at], at - 1
        if not word and not self.numbers[at]:
            return False
        if at == 0 or self.broken[before] or self.capitals[at] or self.numbers[at] or self.known[before]:
            return True
        return word in _PREPOSITIONS or self.bare[before] in _PREPOSITIONS | _ARTICLES | _JOINTS

    def may_end(self, end: int) -> bool:
        last = end - 1
        if end == len(self.words) or self.broken[last]:
            return True
        after = self.bare[end]
        return (
            after in _PREPOSITIONS | _JOINTS | _ARTICLES
            or self.known[end]
            or self.numbers[last]
            or (self.capitals[last] and not self.capitals[end])
        )

    def tears(self, start: int, end: int) -> bool:
        """Say whether a span would tear apart a figure and what it counts, a name, or a pair of brackets."""
        before = start > 0 and not self.broken[start - 1]
        after = end < len(self.words) and not self.broken[end - 1]
        figure = (after and self.numbers[end - 1] and self.bare[end] not in _OPEN) or (
            before and self.numbers[start - 1]
        )
        name = (after and self.capitals[end - 1] and self.capitals[end]) or (
            before and self.capitals[start] and self.capitals[start - 1] and start > 1
        )
        text = self.text[self.places[start][0] : self.places[end - 1][1]]
        return figure or name or text.count("(") != text.count(")")

    def loses_negation(self, start: int, end: int) -> bool:
        """Say whether what turns the clause around stands just outside of the span."""
        low, high = start, end
        while low > 0 and not self.broken[low - 1]:
            low -= 1
        while high < len(self.words) and not self.broken[high - 1]:
            high += 1
        return any(self.negated[low:start]) or any(self.negated[end:high])

    def cut(self, start: int, end: int) -> str:
        text = self.text[self.places[start][0] : self.places[end - 1][1]]
        text = text.strip(" ,;:–—|") if end < len(self.words) or start > 0 else text
        if text.count("(") > text.count(")") and text.startswith("("):
            text = text[1:]
        if text.count(")") > text.count("(") and text.endswith(")"):
            text = text[:-1]
        return text.rstrip(".") if end - start < len(self.words) and not text.endswith("..") else text


def _span(
    line: _Line,
    start: int,
    end: int,
    *,
    cell: bool = False,
    column: float = 0.0,
) -> Span:
    text = line.cut(start, end)
    asked, size, length = line.asked, len(line.words), end - start
    said = [known for known, bare in zip(line.known[start:end], line.bare[start:end], strict=True) if bare]
    kinds = [has_kind(kind, text) for kind in asked.kinds]
    met, logarithm = float(any(kinds)), math.log(length)
    whole = start == 0 and end == size and not cell
    first, last = line.bare[start], line.bare[end - 1]
    outside = [abs(at - start) if at < start else at - end + 1 for at in range(size) if line.known[at]
               and not start <= at < end]  # fmt: skip
    cut_after = end < size and not line.broken[end - 1]
    inside = line.bare[start + 1 : end - 1]
    measures = SpanMeasures(
        length=logarithm,
        share=length / size,
        asked_again=sum(said) / len(said) if said else 0.0,
        fresh=float(not all(said)),
        kind_met=met,
        kind_met_length=met * logarithm,
        kind_missed=float(bool(kinds) and not met),
        kind_unknown_length=float(not kinds) * logarithm,
        number=float(any(line.numbers[start:end])),
        number_wanted=float(asked.numeric and any(line.numbers[start:end])),
        names_wanted=float(asked.named and line.capitals[start]),
        begins_unit=float(start == 0),
        ends_unit=float(end == size),
        whole=float(whole),
        broken_before=float(start > 0 and line.broken[start - 1]),
        broken_after=float(line.broken[end - 1]),
        colon_before=float(start > 0 and line.words[start - 1].endswith(":")),
        asked_before=float(start > 0 and line.known[start - 1]),
        asked_after=float(end < size and line.known[end]),
        far=min(_FAR, min(outside, default=_FAR)) / _FAR,
        preposition=float(first in _PREPOSITIONS),
        article=float(first in _ARTICLES),
        joint_first=float(first in _JOINTS),
        joint_last=float(last in _JOINTS | _PREPOSITIONS | _ARTICLES),
        joint_inside=float(any(word in _JOINTS for word in inside)),
        cut_figure=float((cut_after and line.numbers[end - 1] and not line.capitals[end])
                         or (start > 0 and line.numbers[start - 1] and not line.broken[start - 1])),
        cut_name=float((cut_after and line.capitals[end - 1] and line.capitals[end])
                       or (start > 0 and line.capitals[start] and line.capitals[start - 1]
                           and not line.broken[start - 1])),
        comma_inside=float(any(line.broken[start : end - 1])),
        unbalanced=float(text.count("(") != text.count(")")),
        cell=float(cell),
        column_asked=column,
        cell_asked=float(cell and bool(said) and all(said)),
        yes_or_no_length=float(asked.yes_or_no) * logarithm,
    )  # fmt: skip
    return Span(text, measures, whole)
