"""Which two statements are about the same thing and differ in their figures.

Pairs come from shared rare words and are ranked by what both say without their figures: how alike their vectors are,
with and without headings; how much of the rarer words they share; and whether each is the other's nearest.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Any, NamedTuple

import numpy as np

from gristmill.answering.figures import FIGURE, MONTH
from gristmill.fingerprint import fingerprint
from gristmill.models.vectors import Vectors
from gristmill.monitoring.conflicts.statements import Statement
from gristmill.search.lexical import terms

# Chosen on the sample company (`python -m benchmarks.conflicts`): the planted pairs stand high, and the list is short.
_MEANING, _TEXT, _SHARED, _SHARED_TEXT, _RANK = 0.5, 0.5, 0.3, 0.3, 0.1
_LIKELY = 0.8  # for two documents to be named
_ALSO = 0.7  # for what else the same two differ in
_SERIES = 0.4  # taken off where both are of one series: each meeting has its own figures
# A word of more statements than this tells nothing apart.
_MOST_STATEMENTS = 400
_LEAST_SHARED = 0.25
# A sentence that as many documents have, with other figures in each, is a form that they fill in.
_A_FORM = 4
_NEAREST = 30
_MOST_COMPARED = 5_000
_MOST_OF_TWO = 5
_BLOCK = 512
_FIGURE_OR_MONTH = re.compile(rf"{FIGURE.pattern}|\b(?:{MONTH})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Conflict:
    """Two statements that differ, the newer first where both documents say when they are from."""

    conflict: str  # an id that stays while both statements do
    one: Statement
    other: Statement
    differs: tuple[str, ...]  # what the figures count
    likely: float  # the score they are ranked by; it has no unit

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "conflict": self.conflict, "differs": list(self.differs), "likely": round(self.likely, 3),
            "statements": [_as_json(statement) for statement in (self.one, self.other)],
        }  # fmt: skip


class _Pair(NamedTuple):
    """Two statements by their places, the share of rare words in common, and their ranks for each other."""

    one: int
    other: int
    shared: float
    ranks: int


def find_conflicts(statements: Sequence[Statement], encode: Callable[[list[str]], Vectors]) -> list[Conflict]:
    """Return the conflicts: the two documents with the likeliest first, at most five of the same two together.

    Args:
        statements: of documents of which no newer version is known.
        encode: returns one vector of unit length per text.
    """
    rare = _Rarity(statements)
    pairs = _candidates(statements, rare)
    likely = _likely(statements, pairs, rare, encode)
    of_two: dict[frozenset[str], list[Conflict]] = {}
    for place in np.argsort(-likely, kind="stable").tolist():
        one, other = statements[pairs[place].one], statements[pairs[place].other]
        families = frozenset((one.family, other.family))
        if likely[place] >= (_ALSO if families in of_two else _LIKELY):
            held = of_two.setdefault(families, [])
            if len(held) < _MOST_OF_TWO:
                held.append(_conflict(one, other, float(likely[place])))
    return [conflict for held in of_two.values() for conflict in held]


def differs(one: Statement, other: Statement) -> tuple[str, ...]:
    """Return which kinds of figures differ: each states a value that the other does not."""
    both = one.figures.keys() & other.figures.keys()
    return tuple(sorted(k for k in both if one.figures[k] - other.figures[k] and other.figures[k] - one.figures[k]))


class _Rarity:
    """The words of each statement without figures, and how rare each word is."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.words = [set(terms(FIGURE.sub(" ", one.meaning))) for one in statements]
        self.own = [set(terms(FIGURE.sub(" ", one.text))) for one in statements]
        self.counts = Counter(word for words in self.words for word in words)
        self._most = max(2, len(statements))

    def weight(self, words: set[str]) -> float:
        """Return how much the words say together: the sum of log(1 + statements / statements with the word)."""
        return sum(math.log(1 + self._most / (self.counts[word] or 1)) for word in words)

    def shared(self, one: set[str], other: set[str]) -> float:
        """Return the share of the lesser of two sets that they have in common, by weight."""
        return self.weight(one & other) / max(1.0, min(self.weight(one), self.weight(other)))


def _candidates(statements: Sequence[Statement], rare: _Rarity) -> list[_Pair]:
    """Return pairs of different families that may be about one thing, share rare words and differ in figures."""
    forms = _forms(statements)
    nearest = np.full((len(statements), _NEAREST), -1, dtype=np.int32)
    found: list[tuple[float, int, int]] = []
    for at, others, shared, order in _alike(statements, rare):
        near = others[order[:_NEAREST]]
        nearest[at, : len(near)] = near
        one = statements[at]
        likely = (others > at) & (shared >= _LEAST_SHARED)
        for other, share in zip(others[likely].tolist(), shared[likely].tolist(), strict=True):
            second = statements[other]
            if (at in forms or other in forms) and not one.subject.is_surely(second.subject):
                continue
            if one.parts == second.parts and one.subject.may_be(second.subject) and differs(one, second):
                found.append((share, at, other))
        if len(found) > 2 * _MOST_COMPARED:
            found = nlargest(_MOST_COMPARED, found)

    def rank(one: int, other: int) -> int:
        places = np.flatnonzero(nearest[one] == other)
        return int(places[0]) if len(places) else _NEAREST

    kept = nlargest(_MOST_COMPARED, found)
    return [_Pair(one, other, share, rank(one, other) + rank(other, one)) for share, one, other in kept]


def _alike(statements: Sequence[Statement], rare: _Rarity) -> Iterator[tuple[int, Any, Any, Any]]:
    """Yield for each statement those of other families that share words, the share of weight, and their order."""
    from scipy import sparse  # type: ignore[import-untyped]

    number = {word: at for at, word in enumerate(w for w, count in rare.counts.items() if count <= _MOST_STATEMENTS)}
    families = {name: at for at, name in enumerate(dict.fromkeys(one.family for one in statements))}
    of = np.array([families[one.family] for one in statements])
    weights = np.array([rare.weight(words) for words in rare.words])
    places = [(row, number[word]) for row, words in enumerate(rare.words) for word in words if word in number]
    if not places:
        return
    rows, columns = np.array(places).T
    each = np.sqrt([rare.weight({word}) for word in number])
    matrix = sparse.csr_array((each[columns], (rows, columns)), shape=(len(statements), len(number)))
    for begin in range(0, len(statements), _BLOCK):
        products = (matrix[begin : begin + _BLOCK] @ matrix.T).tocsr()
        for row in range(products.shape[0]):
            at = begin + row
            held = slice(products.indptr[row], products.indptr[row + 1])
            others, common = products.indices[held], products.data[held]
            elsewhere = of[others] != of[at]
            others, common = others[elsewhere], common[elsewhere]
            shared = common / np.maximum(1.0, np.minimum(weights[others], weights[at]))
            # A few common words make a whole of a short statement; they are no reason to call it near.
            order = np.lexsort((others, -shared * np.minimum(1.0, common / 12)))
            yield at, others, shared, order


def _forms(statements: Sequence[Statement]) -> set[int]:
    """Return the statements whose words, without figures and months, stand in many documents."""
    documents: dict[str, set[str]] = defaultdict(set)
    words = [" ".join(_FIGURE_OR_MONTH.sub("#", one.text).split()) for one in statements]
    for text, one in zip(words, statements, strict=True):
        documents[text].add(one.document)
    return {at for at, text in enumerate(words) if len(documents[text]) >= _A_FORM}


def _likely(
    statements: Sequence[Statement], pairs: Sequence[_Pair], rare: _Rarity, encode: Callable[[list[str]], Vectors]
) -> Any:
    """Return a score for each pair."""
    if not pairs:
        return np.zeros(0)
    places = sorted({at for pair in pairs for at in (pair.one, pair.other)})
    row = {at: number for number, at in enumerate(places)}
    held = [FIGURE.sub("#", text) for at in places for text in (statements[at].meaning, statements[at].text)]
    vectors = encode(held)
    one, other = (np.array([row[at] for at in side]) for side in zip(*((p.one, p.other) for p in pairs), strict=True))
    meaning, text = ((vectors[k::2][one] * vectors[k::2][other]).sum(axis=1) for k in (0, 1))
    shared = np.array([pair.shared for pair in pairs])
    own = np.array([rare.shared(rare.own[pair.one], rare.own[pair.other]) for pair in pairs])
    ranks = np.log1p([pair.ranks for pair in pairs])
    series = np.array([statements[pair.one].series == statements[pair.other].series for pair in pairs])
    alike = _MEANING * meaning + _TEXT * text + _SHARED * shared + _SHARED_TEXT * own
    return alike - _RANK * ranks - _SERIES * series


def _conflict(one: Statement, other: Statement, likely: float) -> Conflict:
    newer = _time(other) > _time(one) if one.stated and other.stated else other.document < one.document
    first, second = (other, one) if newer else (one, other)
    key = fingerprint(sorted((side.document, side.text) for side in (one, other)))
    return Conflict(key, first, second, differs(one, other), likely)


def _time(statement: Statement) -> datetime:
    assert statement.stated is not None
    return statement.stated


def _as_json(statement: Statement) -> dict[str, Any]:
    return {
        "document": statement.document, "start": statement.start, "end": statement.end, "text": statement.text,
        "stated": statement.stated.isoformat() if statement.stated else None,
    }  # fmt: skip
