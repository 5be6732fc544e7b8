"""Whether two documents say different things about what is asked.

They do when a unit of each answers the question nearly as well as the best, both have what is asked for, the two read
alike but for their figures, and a figure of the same kind differs. A version that was superseded is no second opinion,
and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import combinations

from gristmill.answering.asked import Kind
from gristmill.answering.evidence import Evidence
from gristmill.answering.figures import FIGURE, days, figures, part_numbers, without_names
from gristmill.answering.sentences import readable
from gristmill.answering.wanted import Wanted
from gristmill.models.encoder import TextEncoder
from gristmill.search.lexical import terms
from gristmill.search.retrieval import Passage

# Chosen by `python -m benchmarks.disputes`, over the tune and gate splits and what is planted in the samples.
_LOOKED_AT = 14
_NEARLY = 3.5  # log odds that either may lie below the best evidence
_STRONG = 0.57  # how alike two units must be: cosine without figures, and half the share of words, less what they lack
_A_TEMPLATE = 0.75  # this cosine without figures is enough for two units of which neither is the best
_WORD = re.compile(r"\w+")
# What tells one machine, form or year from another: the number of "Quern 900", "H10", and 2025.
_CODE = re.compile(r"\b(?:[A-Z]\w*[ -](\d+\w*)|([A-Za-z]+\d\w*|(?:19|20)\d{2}))\b")
# What is asked decides which kind of figure can contradict.
_FIGURES = {Kind.NUMBER, Kind.MONEY, Kind.TIME, Kind.DURATION, Kind.SHARE}
_WHEN = {"date", "time"}
_MONEY = {"euro", "pound", "pence", "number"}
_SPAN = {"second", "minute", "hour", "day", "week", "month", "year"}


def disagreement(
    question: str,
    kinds: frozenset[Kind],
    evidence: Sequence[Evidence],
    passages: Sequence[Passage],
    encoder: TextEncoder,
    outdated: Callable[[str], bool],
) -> tuple[Evidence, Evidence] | None:
    """Return two pieces of evidence, of two documents, that contradict each other; None where there are none.

    Args:
        question: what was asked.
        kinds: the kinds of thing asked for.
        evidence: best first.
        passages: what the evidence stands in.
        encoder: compares two units.
        outdated: says whether a chunk is of a superseded version.
    """
    best = evidence[0]
    near = [one for one in evidence[:_LOOKED_AT] if one.logit > best.logit - _NEARLY]
    wanted = Wanted(question)
    known, codes = figures(question), {(number or code).casefold() for number, code in _CODE.findall(question)}
    words = [set(terms(FIGURE.sub(" ", one.unit.meaning))) for one in near]
    pairs = [
        (i, j)
        for i, j in combinations(range(len(near)), 2)
        if passages[near[i].unit.passage].document != passages[near[j].unit.passage].document
        and contradicts(near[i].unit.text, near[j].unit.text, kinds, known)
        and all(wanted.met(readable(near[at].unit)) > 0 for at in (i, j))
        and part_numbers(near[i].unit.text) == part_numbers(near[j].unit.text)
        and _words(near[i], passages) & codes == _words(near[j], passages) & codes
    ]
    current = {at for at in {at for pair in pairs for at in pair} if not outdated(chunk_of(near[at], passages))}
    pairs = [(i, j) for i, j in pairs if i in current and j in current]
    if not pairs:
        return None
    asked = sorted({at for pair in pairs for at in pair})
    vectors = dict(zip(asked, encoder.encode([FIGURE.sub("#", near[at].unit.text) for at in asked]), strict=True))

    def strength(pair: tuple[int, int]) -> float:
        i, j = pair
        cosine = float(vectors[i] @ vectors[j])
        if i and cosine < _A_TEMPLATE:
            return 0.0
        shared = len(words[i] & words[j]) / max(1, min(len(words[i]), len(words[j])))
        return cosine + shared / 2 - (2 * best.logit - near[i].logit - near[j].logit) / 20

    chosen = max(pairs, key=strength)
    return (near[chosen[0]], near[chosen[1]]) if strength(chosen) >= _STRONG else None


def contradicts(one: str, other: str, kinds: frozenset[Kind], known: object = None) -> bool:
    """Say whether two texts state different figures of the same kind."""
    ours, theirs = _stated(one), _stated(other)
    asked = known if isinstance(known, dict) else {}
    for unit in _telling(kinds, set(ours) & set(theirs)):
        mine, others = ours[unit] - asked.get(unit, set()), theirs[unit] - asked.get(unit, set())
        if mine and others and not mine & others:
            return True
    return False


def _stated(text: str) -> dict[str, frozenset[str]]:
    """Return the figures of a text, with its dates as such: their days and years are no numbers to compare."""
    return {**figures(without_names(text)), "date": days(text)}


def _words(one: Evidence, passages: Sequence[Passage]) -> set[str]:
    """Return the words of the passage and above it."""
    passage = passages[one.unit.passage]
    return set(_WORD.findall(f"{passage.title} {passage.context} {passage.text}".casefold()))


def _telling(kinds: frozenset[Kind], units: set[str]) -> set[str]:
    """Return which of the units can contradict: nearly every text has a date, and few are asked for one."""
    if Kind.TIME not in kinds:
        units = units - _WHEN
    if kinds and not kinds & _FIGURES:
        return {unit for unit in units if unit.startswith("which ")}
    if Kind.MONEY in kinds and units & _MONEY - {"number"}:
        return units & _MONEY
    if Kind.DURATION in kinds and units & _SPAN:
        return units & _SPAN
    return units


def chunk_of(evidence: Evidence, passages: Sequence[Passage]) -> str:
    """Return the id of the chunk that a unit stands in."""
    return passages[evidence.unit.passage].chunk_at(evidence.unit.start)


def newest_first(one: Evidence, other: Evidence, passages: Sequence[Passage]) -> tuple[Evidence, Evidence]:
    """Return two pieces of evidence, the one from the newer document first; as they are when that is not known."""
    dates: list[datetime | None] = [passages[e.unit.passage].stated for e in (one, other)]
    if dates[0] is not None and dates[1] is not None and dates[1] > dates[0]:
        return other, one
    return one, other
