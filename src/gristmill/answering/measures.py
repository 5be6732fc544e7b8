"""How a unit of a passage, and how the best evidence, meets a question: plain numbers for the models in `evidence`.

Here are measures only: what they weigh stands in `evidence.json`, and what follows from it in `evidence`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from gristmill.answering.asked import Kind, asked_for, asked_kinds, has_kind
from gristmill.answering.sentences import Unit
from gristmill.search.lexical import LexicalIndex, terms
from gristmill.search.retrieval import Passage

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# Names of things: capitalised words and codes with digits, but for the first word of the question.
_ENTITY = re.compile(r"(?<=\s)(?:[A-ZÀ-Þ][\w'’-]+|\w*\d[\w-]*)")
# German puts words together; a part this long is rarely chance.
_PART = 5
_PARTLY = 0.7
_ALMOST_NEVER = -8.0


@dataclass(frozen=True)
class UnitMeasures:
    """How one unit meets a question, what it looks like, and how far it falls behind the best unit of the question.

    All in 0..1 but for the cosines, the length and what falls behind, which is 0 for the best and negative for others.
    """

    cosine: float
    bridge: float  # the multilingual encoder's cosine; the main one's where there is no bridge
    covered: float  # share of the question's terms, weighted by rarity, in the unit with its headings
    covered_itself: float  # the same in the unit's own words
    covered_window: float  # the same in the unit, its neighbours and its headings
    type_met: float  # the unit has the kind of thing that is asked for
    entities: float  # share of the question's names and codes in the window
    says_new: float  # share of the unit's own terms that the question does not have
    rank: float  # 1 for the first passage, falling by its place
    passage_score: float
    length: float  # logarithm of its characters
    is_row: float  # a row of a table
    asks: float  # it is a question itself
    figures: float  # share of its characters that are figures
    cosine_behind: float = 0.0
    bridge_behind: float = 0.0
    covered_behind: float = 0.0
    itself_behind: float = 0.0
    window_behind: float = 0.0


@dataclass(frozen=True)
class QuestionMeasures:
    """How the best evidence meets a question."""

    evidence: float  # the best unit's log odds of being evidence
    second: float  # those of the best unit of another document
    cosine: float
    bridge: float
    covered: float  # by the best unit with its headings
    covered_window: float
    passage_covered: float  # by its whole passage
    anywhere_covered: float  # by all passages together
    rarest_missing: float  # rarity, 0..1, of the rarest term that its passage lacks
    passage_cosine: float  # the greatest of all passages
    number_missing: float  # a number of the question that its passage lacks
    entities: float  # share of the question's names and codes in the best unit's window
    type_met: float
    foreign: float  # question and passage are in two languages


_BEHIND = {
    "cosine": "cosine_behind", "bridge": "bridge_behind", "covered": "covered_behind",
    "covered_itself": "itself_behind", "covered_window": "window_behind",
}  # fmt: skip
UNIT_NAMES = tuple(field.name for field in fields(UnitMeasures))
QUESTION_NAMES = tuple(field.name for field in fields(QuestionMeasures))


class Asked:
    """What a question asks, analysed once in each language that a passage has."""

    def __init__(self, question: str, lexical: LexicalIndex) -> None:
        self.question = question
        self._lexical = lexical
        self._by_language: dict[str, dict[str, float]] = {}

    def terms(self, language: str) -> dict[str, float]:
        """Return the question's terms with their rarity, 0..1."""
        if language not in self._by_language:
            size = max(2, self._lexical.size)
            frequency = {
                term: self._lexical.document_frequency(term) for term in terms(asked_for(self.question), language)
            }
            self._by_language[language] = {
                term: math.log((size + 1) / (count + 0.5)) / math.log(2 * size + 2) for term, count in frequency.items()
            }
        return self._by_language[language]

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of thing that would answer it."""
        return asked_kinds(self.question)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers it names."""
        return frozenset(NUMBER.findall(self.question))

    @cached_property
    def entities(self) -> frozenset[str]:
        """The names and codes it names, folded."""
        return frozenset(word.casefold().rstrip("s") for word in _ENTITY.findall(self.question) if len(word) > 1)

    def covered(self, held: set[str], language: str) -> float:
        """Return the share of the asked terms, weighted by rarity, that stand in `held`, wholly or as a part."""
        asked = self.terms(language)
        total = sum(asked.values())
        return sum(rarity * _standing(term, held) for term, rarity in asked.items()) / total if total else 0.0

    def rarest_missing(self, held: set[str], language: str) -> float:
        """Return the rarity of the rarest term that is not in `held`."""
        return max((r for term, r in self.terms(language).items() if not _standing(term, held)), default=0.0)

    def entities_in(self, text: str) -> float:
        """Return the share of the names and codes that stand in `text`; 1 when there are none."""
        folded = text.casefold()
        return sum(entity in folded for entity in self.entities) / len(self.entities) if self.entities else 1.0

    def type_met(self, text: str) -> float:
        """Return 1 when `text` has the kind of thing asked for, 0 when it lacks it, one half when none is known."""
        return float(any(has_kind(kind, text) for kind in self.kinds)) if self.kinds else 0.5


def _standing(term: str, held: set[str]) -> float:
    if term in held:
        return 1.0
    if len(term) < _PART:
        return 0.0
    parts = (other for other in held if len(other) >= _PART)
    return _PARTLY if any(other in term or term in other for other in parts) else 0.0


@dataclass(frozen=True)
class Words:
    """The terms of a unit: its own, with its headings, and with its neighbours."""

    itself: set[str]
    meaning: set[str]
    window: set[str]
    window_text: str


def words_of(units: Sequence[Unit], passages: Sequence[Passage]) -> list[Words]:
    """Return the words of each of `units`, which are in the order of their passages."""
    own = [set(terms(unit.text, passages[unit.passage].language)) for unit in units]
    meant = [set(terms(unit.meaning, passages[unit.passage].language)) for unit in units]
    found = []
    for at, unit in enumerate(units):
        near = [n for n in (at - 1, at, at + 1) if 0 <= n < len(units) and units[n].passage == unit.passage]
        text = " ".join([*passages[unit.passage].headings, *(units[n].meaning for n in near)])
        found.append(Words(own[at], meant[at], set().union(*(meant[n] for n in near)), text))
    return found


def unit_measures(
    asked: Asked, unit: Unit, words: Words, passage: Passage, cosines: tuple[float, float], share: float
) -> UnitMeasures:
    """Return the measures of one unit; `share` is its passage's score divided by the best passage's."""
    language = passage.language
    fresh = words.itself - set(asked.terms(language))
    return UnitMeasures(
        cosines[0], cosines[1],
        asked.covered(words.meaning, language), asked.covered(words.itself, language),
        asked.covered(words.window, language),
        asked.type_met(unit.text), asked.entities_in(words.window_text), len(fresh) / (len(words.itself) or 1),
        1 / (1 + unit.passage), share,
        math.log1p(len(unit.text)), float(unit.text.lstrip().startswith("|")), float(unit.text.rstrip().endswith("?")),
        sum(map(str.isdigit, unit.text)) / (len(unit.text) or 1),
    )  # fmt: skip


def set_side_by_side(measured: Sequence[UnitMeasures]) -> list[UnitMeasures]:
    """Return the measures of all units of a question with how far each falls behind the best of them.

    What is a high cosine for one question is a low one for another; the best unit of the same question says which.
    """
    best = {name: max((getattr(m, name) for m in measured), default=0.0) for name in _BEHIND}
    return [replace(m, **{_BEHIND[name]: getattr(m, name) - best[name] for name in _BEHIND}) for m in measured]


def question_measures(
    asked: Asked,
    passages: Sequence[Passage],
    ranked: Iterable[tuple[Unit, UnitMeasures, float]],
    *,
    foreign: bool,
) -> QuestionMeasures:
    """Return how the best of `ranked` (units with measures and log odds, best first) meets the question."""
    unit, best, logit = next(ranked := iter(ranked))
    passage = passages[unit.passage]
    other = (odds for u, _, odds in ranked if passages[u.passage].document != passage.document)
    held = [set(terms(f"{p.context} {p.text}", p.language)) for p in passages]
    whole = f"{passage.title} {passage.context} {passage.text}"
    language = passage.language
    return QuestionMeasures(
        evidence=logit,
        second=next(other, _ALMOST_NEVER),
        cosine=best.cosine,
        bridge=best.bridge,
        covered=best.covered,
        covered_window=best.covered_window,
        passage_covered=asked.covered(held[unit.passage], language),
        anywhere_covered=asked.covered(set().union(*held), language),
        rarest_missing=asked.rarest_missing(held[unit.passage], language),
        passage_cosine=max(p.cosine for p in passages),
        number_missing=float(bool(asked.numbers - set(NUMBER.findall(whole)))),
        entities=best.entities,
        type_met=best.type_met,
        foreign=float(foreign),
    )
