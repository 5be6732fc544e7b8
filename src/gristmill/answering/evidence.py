"""Which units of the passages answer a question, and how likely it is that any does.

Each unit gets a few plain measures against the question; two small logistic models turn them into probabilities: that a
unit is evidence, and that the question can be answered at all. Their coefficients are fitted by
`python -m benchmarks.answering --fit` on the tune split of the sample questions, with each question once as it is and
once with its evidence hidden, so that the models see as many plausible questions without an answer as with one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from gristmill.answering.sentences import Unit, units_of
from gristmill.models.encoder import TextEncoder
from gristmill.search.lexical import LexicalIndex, terms
from gristmill.search.retrieval import Passage, Query

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ASKS_NUMBER = re.compile(
    r"\b(how (?:many|much|long|often|far|fast|heavy|high|old|big|large|wide|deep|late|early)|when|"
    r"what (?:time|date|year|percentage|price|number)|price|cost|rate|speed|torque|interval|deadline|"
    r"wie (?:viel|viele|lange|oft|hoch|schwer|"
    r"alt)|wann|combien|quand|quel(?:le)? (?:est le |est la )?(?:prix|délai|date|heure))",
    re.IGNORECASE,
)
_ASKS_PERSON = re.compile(r"\b(who|whom|whose|wer|wem|wen|qui)\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-ZÀ-Þ][\w'’-]+ (?:[A-Z]\. )?[A-ZÀ-Þ][\w'’-]+")
# Encoding is the cost of weighing; units without a word of the question come last.
_MOST_UNITS = 48


@dataclass(frozen=True)
class UnitMeasures:
    """How one unit meets a question. All in 0..1 but for the cosines."""

    cosine: float
    covered: float  # share of the question's terms, weighted by rarity, in the unit with its headings
    covered_itself: float  # the same in the unit's own words
    type_met: float  # a number where one is asked for, a name where a person is
    rank: float  # 1 for the first passage, falling by its place
    passage_score: float


@dataclass(frozen=True)
class QuestionMeasures:
    """How the best evidence meets a question."""

    evidence: float  # the best unit's log odds of being evidence
    second: float  # those of the best unit of another document
    covered: float  # by the best unit with its headings
    passage_covered: float  # by its whole passage
    rarest_missing: float  # rarity, 0..1, of the rarest term that its passage lacks
    passage_cosine: float
    number_missing: float  # a number of the question that its passage lacks
    type_met: float


@dataclass(frozen=True)
class Evidence:
    """A unit with its measures and the log odds that it is evidence."""

    unit: Unit
    measures: UnitMeasures
    logit: float


@dataclass(frozen=True)
class Weighing:
    """All evidence, best first, and the probability that the question is answered by it."""

    evidence: tuple[Evidence, ...]
    answerable: float
    measures: QuestionMeasures | None


@dataclass(frozen=True)
class Logistic:
    """A logistic model: an intercept and a coefficient per measure."""

    intercept: float
    coefficients: tuple[float, ...]

    def logit(self, measures: UnitMeasures | QuestionMeasures) -> float:
        """Return the log odds."""
        values: tuple[float, ...] = astuple(measures)
        return self.intercept + sum(c * x for c, x in zip(self.coefficients, values, strict=True))


UNIT_MODEL = Logistic(-7.054, (2.872, 2.195, 5.526, 0.785, 0.414, 3.980))
QUESTION_MODEL = Logistic(-2.787, (0.547, -0.319, 1.234, 0.836, -0.384, 0.911, -0.292, 0.290))


class Weigher:
    """Weighs the passages of one question."""

    def __init__(self, encoder: TextEncoder, lexical: LexicalIndex) -> None:
        self._encoder = encoder
        self._lexical = lexical

    def weigh(self, query: Query, passages: Sequence[Passage]) -> Weighing:
        """Return the evidence in `passages`, best first, and the probability that it answers the question."""
        asked = self._asked(query.text, passages)
        units = _promising(units_of(list(passages)), passages, asked)
        if not units:
            return Weighing((), 0.0, None)
        found = [
            Evidence(unit, measures, UNIT_MODEL.logit(measures))
            for unit, measures in zip(units, self._measure(query, passages, units, asked), strict=True)
        ]
        found.sort(key=lambda evidence: -evidence.logit)
        measures = question_measures(query.text, passages, found, asked)
        return Weighing(tuple(found), sigmoid(QUESTION_MODEL.logit(measures)), measures)

    def _asked(self, question: str, passages: Sequence[Passage]) -> dict[str, float]:
        """Return the question's terms with their rarity, 0..1."""
        language = passages[0].language if passages else ""
        size = max(2, self._lexical.size)
        frequency = {term: self._lexical.document_frequency(term) for term in terms(question, language)}
        return {
            term: math.log((size + 1) / (count + 0.5)) / math.log(2 * size + 2) for term, count in frequency.items()
        }

    def _measure(
        self, query: Query, passages: Sequence[Passage], units: Sequence[Unit], asked: dict[str, float]
    ) -> list[UnitMeasures]:
        texts = [unit.meaning for unit in units]
        cosines = self._encoder.encode(texts) @ query.vector
        best = max(passage.score for passage in passages) or 1.0
        return [
            UnitMeasures(
                float(cosine),
                covered(asked, unit.meaning, passages[unit.passage].language),
                covered(asked, unit.text, passages[unit.passage].language),
                type_met(query.text, unit.text), 1 / (1 + unit.passage), passages[unit.passage].score / best,
            )
            for unit, cosine in zip(units, cosines, strict=True)
        ]  # fmt: skip


def question_measures(
    question: str, passages: Sequence[Passage], found: Sequence[Evidence], asked: dict[str, float]
) -> QuestionMeasures:
    """Return how the best of `found` meets the question."""
    best = found[0]
    passage = passages[best.unit.passage]
    others = (e.logit for e in found if passages[e.unit.passage].document != passage.document)
    whole = f"{passage.context} {passage.text}"
    held = set(terms(whole, passage.language))
    numbers = set(_NUMBER.findall(question))
    return QuestionMeasures(
        evidence=best.logit,
        second=next(others, -8.0),
        covered=best.measures.covered,
        passage_covered=covered(asked, whole, passage.language),
        rarest_missing=max((rarity for term, rarity in asked.items() if term not in held), default=0.0),
        passage_cosine=passage.cosine,
        number_missing=float(bool(numbers - set(_NUMBER.findall(whole)))),
        type_met=best.measures.type_met,
    )


def _promising(units: Sequence[Unit], passages: Sequence[Passage], asked: dict[str, float]) -> list[Unit]:
    shares = [covered(asked, unit.meaning, passages[unit.passage].language) for unit in units]
    best = sorted(range(len(units)), key=lambda at: (-shares[at] + 0.1 * units[at].passage, at))[:_MOST_UNITS]
    return [units[at] for at in sorted(best)]


def covered(asked: dict[str, float], text: str, language: str) -> float:
    """Return the share of the asked terms, weighted by rarity, that stand in `text`."""
    total = sum(asked.values())
    held = set(terms(text, language))
    return sum(rarity for term, rarity in asked.items() if term in held) / total if total else 0.0


def type_met(question: str, text: str) -> float:
    """Return 1 when `text` has the kind of thing that is asked for, 0 when it lacks it, one half when none is known."""
    if _ASKS_NUMBER.search(question):
        return float(bool(_NUMBER.search(text)))
    if _ASKS_PERSON.search(question):
        return float(bool(_NAME.search(text)))
    return 0.5


def sigmoid(logit: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


UNIT_NAMES = tuple(field.name for field in fields(UnitMeasures))
QUESTION_NAMES = tuple(field.name for field in fields(QuestionMeasures))
