"""Which units of the passages answer a question, and how likely it is that any does.

Each unit gets a few plain measures against the question. A logistic model turns them into the odds that it is evidence,
and a small forest turns those of the best evidence into the probability that the question is answered at all. Both are
fitted by `python -m benchmarks.answering --fit` on the tune split of the sample questions alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from gristmill.answering.fitted import QUESTION_FILE, UNIT_FILE
from gristmill.answering.forest import Forest
from gristmill.answering.measures import (
    UNIT_NAMES,
    Asked,
    QuestionMeasures,
    UnitMeasures,
    Words,
    question_measures,
    set_side_by_side,
    unit_measures,
    words_of,
)
from gristmill.answering.sentences import Unit, units_of
from gristmill.corpus.hygiene import detect_language, iso_639_1
from gristmill.models.encoder import TextEncoder
from gristmill.models.vectors import Vectors
from gristmill.search.lexical import LexicalIndex
from gristmill.search.retrieval import Passage, Query

# Encoding is the cost of weighing: it is done for the units with most words of the question, and for those that the
# bridge, which costs next to nothing, finds nearest to it in meaning.
_BY_WORDS = 24
_BY_MEANING = 20
_FIRST_PASSAGES = 0.1


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
    weighed: float = 0.0  # that probability before the best evidence was read


@dataclass(frozen=True)
class Logistic:
    """A logistic model: an intercept and a coefficient per measure."""

    intercept: float
    coefficients: tuple[float, ...]

    def logit(self, measures: UnitMeasures) -> float:
        """Return the log odds."""
        values: tuple[float, ...] = astuple(measures)
        return self.intercept + sum(c * x for c, x in zip(self.coefficients, values, strict=True))


@dataclass(frozen=True)
class Models:
    """The two models in force."""

    unit: Logistic
    question: Forest


@cache
def models() -> Models:
    """Return the models that come with the package."""
    stored = json.loads(files("gristmill.answering").joinpath(UNIT_FILE).read_text(encoding="utf-8"))
    unit = Logistic(stored["intercept"], tuple(stored[name] for name in UNIT_NAMES))
    return Models(unit, Forest.packaged(QUESTION_FILE))


class Weigher:
    """Weighs the passages of one question."""

    def __init__(self, encoder: TextEncoder, bridge: TextEncoder | None, lexical: LexicalIndex) -> None:
        self._encoder = encoder
        self._bridge = bridge
        self._lexical = lexical

    def weigh(self, query: Query, passages: Sequence[Passage], hidden: frozenset[Unit] = frozenset()) -> Weighing:
        """Return the evidence in `passages`, best first, and the probability that it answers the question.

        Args:
            query: the question.
            passages: where to look.
            hidden: units to leave out, as if they did not stand there; for fitting.
        """
        measured = self.measure(query, passages, hidden)
        if not measured:
            return Weighing((), 0.0, None)
        weigh = models()
        found = [Evidence(unit, measures, weigh.unit.logit(measures)) for unit, measures in measured]
        found.sort(key=lambda evidence: -evidence.logit)
        measures = self.measure_question(query, passages, found)
        chance = weigh.question.probability(astuple(measures))
        return Weighing(tuple(found), chance, measures, chance)

    def measure(
        self, query: Query, passages: Sequence[Passage], hidden: frozenset[Unit] = frozenset()
    ) -> list[tuple[Unit, UnitMeasures]]:
        """Return the promising units with their measures."""
        units = _once([unit for unit in units_of(list(passages)) if unit not in hidden], passages)
        asked, words = Asked(query.text, self._lexical), words_of(units, passages)
        bridged = self._bridged(query, units)
        kept = _promising(asked, units, words, passages, bridged)
        units, words = [units[at] for at in kept], [words[at] for at in kept]
        cosines = self._cosines(query, units, None if bridged is None else bridged[kept])
        best = max((passage.score for passage in passages), default=0.0) or 1.0
        measured = [
            unit_measures(asked, unit, own, passages[unit.passage], near, passages[unit.passage].score / best)
            for unit, own, near in zip(units, words, cosines, strict=True)
        ]
        return list(zip(units, set_side_by_side(measured), strict=True))

    def measure_question(
        self, query: Query, passages: Sequence[Passage], found: Sequence[Evidence]
    ) -> QuestionMeasures:
        """Return how the best of `found` meets the question."""
        ranked = ((evidence.unit, evidence.measures, evidence.logit) for evidence in found)
        language = iso_639_1(passages[found[0].unit.passage].language)
        spoken = iso_639_1(detect_language(query.text).code)
        foreign = spoken in {"de", "fr", "en"} and spoken != language
        return question_measures(Asked(query.text, self._lexical), passages, ranked, foreign=foreign)

    def _bridged(self, query: Query, units: Sequence[Unit]) -> Vectors | None:
        if self._bridge is None or query.bridge is None or not units:
            return None
        return self._bridge.encode([unit.meaning for unit in units]) @ query.bridge

    def _cosines(self, query: Query, units: Sequence[Unit], bridged: Vectors | None) -> list[tuple[float, float]]:
        if not units:
            return []
        main = self._encoder.encode([unit.meaning for unit in units]) @ query.vector
        return [
            (float(one), float(other)) for one, other in zip(main, main if bridged is None else bridged, strict=True)
        ]


def _once(units: Sequence[Unit], passages: Sequence[Passage]) -> list[Unit]:
    """Return the units without those that the same document said before, word for word."""
    first: dict[tuple[str, str], Unit] = {}
    for unit in units:
        first.setdefault((passages[unit.passage].document, " ".join(unit.text.split())), unit)
    return list(first.values())


def _promising(
    asked: Asked,
    units: Sequence[Unit],
    words: Sequence[Words],
    passages: Sequence[Passage],
    bridged: Vectors | None,
) -> list[int]:
    shares = [
        asked.covered(own.meaning, passages[unit.passage].language) for unit, own in zip(units, words, strict=True)
    ]
    best = sorted(range(len(units)), key=lambda at: (-shares[at] + _FIRST_PASSAGES * units[at].passage, at))
    if bridged is None:
        return sorted(best[: _BY_WORDS + _BY_MEANING])
    chosen, near = best[:_BY_WORDS], np.argsort(-bridged, kind="stable").tolist()
    return sorted([*chosen, *[at for at in near if at not in set(chosen)][:_BY_MEANING]])
