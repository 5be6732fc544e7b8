"""The part of a quoted unit that answers by itself: "who keeps the register?" wants a name, not the sentence it is in.

Every span that could be an answer is measured against the question, and a linear model, learnt from what people wrote
as corrections, says which reads most like theirs. A span is verbatim; what it is cut from is cited whole.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gristmill.answering.asked import Kind, asked_kinds, has_kind
from gristmill.answering.evidence import Evidence
from gristmill.answering.phrases import JOINTS, PREPOSITIONS, Line, bare
from gristmill.answering.sentences import readable
from gristmill.models.encoder import TextEncoder
from gristmill.models.reader import TextReader
from gristmill.search.lexical import terms

_MOST_WORDS = 18
_FAR = 6
_YES_OR_NO = re.compile(
    r"^(?:can|could|may|might|is|are|do|does|did|must|should|will|was|has|have|am|darf|kann|ist|sind|muss|est-ce|peut|"
    r"puis|dois)\b", re.IGNORECASE,
)  # fmt: skip
_TWO = re.compile(r"\b(?:and|und|et)\b")
_BARE_FIGURE = re.compile(r"[\d.,:/ –-]+")
_LIKELY = 40
_POWER = 1.5  # how much more the likelier spans count
# Where likely spans have less in common, the answer would be left out too often: the whole unit is quoted.
_AGREED = 0.5
_LEAST = -4.0  # what is less likely than that is not told apart
_NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY, Kind.DURATION, Kind.SHARE, Kind.TIME, Kind.CONTACT})


@dataclass(frozen=True)
class SpanMeasures:
    """How a span meets a question. All between about 0 and 1 but for the logarithm of its length."""

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
    broken_after: float
    colon_before: float
    asked_before: float  # the word before it is in the question
    far: float  # words between it and the nearest word of the question
    preposition: float
    joint_first: float
    joint_inside: float
    cut_figure: float  # a figure is cut off from what it counts
    cut_name: float  # a name is cut in two
    comma_inside: float
    cell: float  # it is a cell of a table
    column_alike: float  # how much less its column's name means what is asked than the best one, as a cosine
    yes_or_no_length: float
    begins_figure: float  # a figure is asked for, and it begins with one
    place_wanted: float  # a place or time is asked for, and it begins with a preposition
    two_asked_length: float  # two things are asked for
    clause_asked: float  # share of the unit's words of the question that stand in its clause, outside of it
    breaks: float  # logarithm of the marks of punctuation in it
    named: float  # it is a cell with the name of its column
    named_figure: float
    person_whole: float  # a person is asked for, and it is two to four words that all begin with a capital
    reads_on: float  # it ends where no mark of punctuation stands
    ends_asked: float
    # What a reader says, where one reads:
    said: float = 0.0  # log p of it, a tenth
    said_mean: float = 0.0  # per token of its words, a third
    said_end: float = 0.0  # log p that nothing follows, a fifth
    said_share: float = 0.0  # of all spans
    said_behind: float = 0.0  # log p that the best one has more, a fifth


NAMES = tuple(field.name for field in fields(SpanMeasures))
_SAID = tuple(name for name in NAMES if name.startswith("said"))


@dataclass(frozen=True)
class Span:
    """A candidate: where it is cut from, what it says, and how it meets the question."""

    text: str
    measures: SpanMeasures
    whole: bool


@dataclass(frozen=True)
class SpanModel:
    """A coefficient per measure; the span of the greatest sum is taken."""

    coefficients: Mapping[str, float]

    @property
    def known(self) -> bool:
        """Whether it was fitted to the measures that are taken here; another version may have measured otherwise."""
        return set(self.coefficients) == set(NAMES)

    def best(
        self, question: str, evidence: Evidence, encoder: TextEncoder, reader: TextReader | None = None
    ) -> Span | None:
        """Return the span of a unit that answers best, or all of it where that is not clear enough.

        None when there is nothing to cut, or the model was fitted to other measures.

        Args:
            question: what is asked.
            evidence: the unit.
            encoder: compares the names of a table's columns with the question.
            reader: says how likely each span is what would be said; none was there for the fit if none is here.
        """
        if not self.known:
            return None
        found = spans(question, evidence, encoder, reader)
        if not found:
            return None
        scores = table(found) @ np.array([self.coefficients[name] for name in NAMES])
        likely = np.argsort(-scores, kind="stable")[:_LIKELY]
        shares = np.exp(_POWER * (scores[likely] - scores[likely[0]]))
        words = [Counter(filter(None, map(bare, found[at].text.split()))) for at in likely]
        # Not the likeliest span but the one most like all likely ones: a cut too short costs more than one too wide.
        worth = [
            sum(share * _shared(mine, other) for share, other in zip(shares, words, strict=True)) for mine in words
        ]
        best = int(np.argmax(worth))
        if worth[best] / shares.sum() < _AGREED:
            return next((span for span in found if span.whole), None)
        return found[int(likely[best])]


def likeness(one: str, other: str) -> float:
    """Return how many words two texts share, as a share of all of both: to find the part that says what was said."""
    mine, theirs = (Counter(filter(None, map(bare, text.split()))) for text in (one, other))
    return _shared(mine, theirs)


def _shared(mine: Counter[str], theirs: Counter[str]) -> float:
    return 2 * sum((mine & theirs).values()) / ((sum(mine.values()) + sum(theirs.values())) or 1)


def table(found: Sequence[Span]) -> NDArray[np.float64]:
    """Return the measures of spans, a row each."""
    return np.array([astuple(span.measures) for span in found])


def spans(question: str, evidence: Evidence, encoder: TextEncoder, reader: TextReader | None = None) -> list[Span]:
    """Return what of a unit could be an answer: spans of it, cells of a table's row, and the whole."""
    found = list(_candidates(question, evidence, encoder))
    return found if reader is None or not found else _read(found, question, evidence, reader)


def _read(found: Sequence[Span], question: str, evidence: Evidence, reader: TextReader) -> list[Span]:
    """Return spans with what a reader says of them."""
    words, end, tokens = reader.likelihoods(question, evidence.unit.meaning, [span.text for span in found]).T
    whole = words + end
    behind = whole - whole.max()
    shares = np.exp(behind) / np.exp(behind).sum()
    columns = zip(
        np.maximum(whole / 10, _LEAST), np.maximum(words / tokens / 3, _LEAST), np.maximum(end / 5, _LEAST), shares,
        np.maximum(behind / 5, _LEAST), strict=True,
    )  # fmt: skip
    return [
        replace(span, measures=replace(span.measures, **dict(zip(_SAID, map(float, row), strict=True))))
        for span, row in zip(found, columns, strict=True)
    ]


def _candidates(question: str, evidence: Evidence, encoder: TextEncoder) -> Iterator[Span]:
    asked = _Asked(question)
    if evidence.unit.row:
        yield from _of_row(evidence, asked, encoder)
        whole = Line(readable(evidence.unit), asked.has)
        if whole.words:
            yield _span(whole, asked, 0, len(whole.words))
    else:
        yield from _of_text(readable(evidence.unit), asked)


class _Asked:
    def __init__(self, question: str) -> None:
        self.question = question
        self.kinds = asked_kinds(question)
        self.terms = {term for language in ("en", "de", "fr") for term in terms(question, language)}
        self.words = {bare(word) for word in question.split()}
        self.yes_or_no = bool(_YES_OR_NO.match(question.strip()))
        self.numeric = bool(self.kinds & _NUMERIC)
        self.named = bool(self.kinds & {Kind.PERSON, Kind.PLACE})
        self.placed = bool(self.kinds & {Kind.PLACE, Kind.TIME})
        self.two = bool(_TWO.search(question))

    def has(self, word: str) -> bool:
        plain = bare(word)
        return bool(plain) and (plain in self.words or bool(self.terms.intersection(terms(plain))))


def _of_row(each: Evidence, asked: _Asked, encoder: TextEncoder) -> Iterator[Span]:
    row = each.unit.row
    columns = _alike([name for name, _ in row], asked, encoder)
    for (name, cell), alike in zip(row, columns, strict=True):
        line = Line(cell, asked.has)
        if not line.words:
            continue
        # The unit of a bare figure stands in the name of its column.
        if not (name and _BARE_FIGURE.fullmatch(cell)):
            yield _span(line, asked, 0, len(line.words), cell=True, alike=alike)
        if len(line.words) > 1:
            yield from (_span(line, asked, start, end, cell=True, alike=alike) for start, end in _phrases(line))
        if name:
            yield _told(((name, cell),), asked, alike)
    if asked.two:
        for (one, first), (other, second) in pairwise(zip(row, columns, strict=True)):
            if one[0] and other[0]:
                yield _told((one, other), asked, (first + second) / 2)


def _told(cells: Sequence[tuple[str, str]], asked: _Asked, alike: float) -> Span:
    """Return cells with the names of their columns."""
    line = Line("; ".join(f"{name}: {cell}" for name, cell in cells), asked.has)
    return _span(line, asked, 0, len(line.words), cell=True, alike=alike, named=True)


def _alike(names: Sequence[str], asked: _Asked, encoder: TextEncoder) -> list[float]:
    """Return how far the name of each column lies behind the best one in meaning what is asked, in cosines."""
    vectors = encoder.encode([asked.question, *(name or "-" for name in names)])
    cosines = vectors[1:] @ vectors[0]
    return [float(behind) for behind in cosines - cosines.max()]


def _of_text(text: str, asked: _Asked) -> Iterator[Span]:
    line = Line(text, asked.has)
    yield from (_span(line, asked, start, end) for start, end in _phrases(line))
    if line.words:
        yield _span(line, asked, 0, len(line.words))


def _phrases(line: Line) -> Iterator[tuple[int, int]]:
    """Yield where the phrases of a line begin and end, but for the whole of it."""
    size = len(line.words)
    ends = [end for end in range(1, size + 1) if line.may_end(end)]
    for start in range(size):
        if line.may_begin(start):
            for end in ends:
                if start < end <= start + _MOST_WORDS and end - start < size and line.holds_together(start, end):
                    yield start, end


def _span(
    line: Line,
    asked: _Asked,
    start: int,
    end: int,
    *,
    cell: bool = False,
    alike: float = 0.0,
    named: bool = False,
) -> Span:
    text = line.cut(start, end)
    size, length = len(line.words), end - start
    said = [known for known, plain in zip(line.known[start:end], line.bare[start:end], strict=True) if plain]
    kinds = [has_kind(kind, text) for kind in asked.kinds]
    met, logarithm = float(any(kinds)), math.log(length)
    whole = start == 0 and end == size and not cell
    first = line.bare[start]
    outside = [abs(at - start) if at < start else at - end + 1 for at in range(size) if line.known[at]
               and not start <= at < end]  # fmt: skip
    cut_after = end < size and not line.broken[end - 1]
    inside = line.bare[start + 1 : end - 1]
    measures = SpanMeasures(
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
        broken_after=float(line.broken[end - 1]),
        colon_before=float(start > 0 and line.words[start - 1].endswith(":")),
        asked_before=float(start > 0 and line.known[start - 1]),
        far=min(_FAR, min(outside, default=_FAR)) / _FAR,
        preposition=float(first in PREPOSITIONS),
        joint_first=float(first in JOINTS),
        joint_inside=float(any(word in JOINTS for word in inside)),
        cut_figure=float((cut_after and line.numbers[end - 1] and not line.capitals[end])
                         or (start > 0 and line.numbers[start - 1] and not line.broken[start - 1])),
        cut_name=float((cut_after and line.capitals[end - 1] and line.capitals[end])
                       or (start > 0 and line.capitals[start] and line.capitals[start - 1]
                           and not line.broken[start - 1])),
        comma_inside=float(any(line.broken[start : end - 1])),
        cell=float(cell),
        column_alike=alike,
        yes_or_no_length=float(asked.yes_or_no) * logarithm,
        begins_figure=float(asked.numeric and line.numbers[start]),
        place_wanted=float(asked.placed and first in PREPOSITIONS),
        two_asked_length=float(asked.two) * logarithm,
        clause_asked=_clause_asked(line, start, end),
        breaks=math.log1p(sum(line.broken[start : end - 1])),
        named=float(named),
        named_figure=float(named and asked.numeric),
        person_whole=float(Kind.PERSON in asked.kinds and 1 < length < 5 and all(line.capitals[start:end])),
        reads_on=float(cut_after),
        ends_asked=float(line.known[end - 1]),
    )  # fmt: skip
    return Span(text, measures, whole)


def _clause_asked(line: Line, start: int, end: int) -> float:
    """Return which share of a line's words of the question stand in the clauses of a span, but not in it."""
    low, high = start, end
    while low > 0 and not line.broken[low - 1]:
        low -= 1
    while high < len(line.words) and not line.broken[high - 1]:
        high += 1
    return (sum(line.known[low:start]) + sum(line.known[end:high])) / max(1, sum(line.known))
