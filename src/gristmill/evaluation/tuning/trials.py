"""Trials of settings on questions, and which of them is chosen.

What is compared is the share of the wanted characters among the first passages that fit a budget of tokens: larger
chunks find more and leave room for fewer, so sizes are compared fairly. Settings are chosen on one half of the
questions, and count only when they are better on the other half, too, by an interval that excludes zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gristmill.evaluation.benchmarks.parts import SearchParts
from gristmill.evaluation.intervals import Interval, mean_interval
from gristmill.evaluation.ranges import Range, intersections, total, union
from gristmill.evaluation.tuning.questions import TuningQuestion, TuningSet
from gristmill.search.chunkers import STRATEGIES
from gristmill.search.methods import Searcher
from gristmill.settings import ChunkerSettings, SearchSettings
from gristmill.settings.search import Strategy

BUDGET = 900
_PASSAGES = 30
SIZES = (96, 128, 160, 190)
_WEIGHTS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 1.0)
_CANDIDATES = (50, 100, 200)
_PER_DOCUMENT = (1, 2, 3, 5)
_EXPANSIONS = (0.0, 0.15, 0.3, 0.5)


@dataclass(frozen=True)
class Trial:
    """Settings under trial, and the recall of each question."""

    name: str
    chunker: ChunkerSettings
    search: SearchSettings
    values: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """A step of the tuning: what was tried, what was chosen on one half, and what that brings on the other half."""

    subject: str
    trials: tuple[Trial, ...]
    current: Trial
    chosen: Trial
    gain: Interval  # of the best trial over the current settings, on the questions that it was not chosen on

    @property
    def measurable(self) -> bool:
        """Say whether something better than the current settings was found."""
        return self.chosen is not self.current


@dataclass(frozen=True)
class Tuning:
    """What the steps chose, all together."""

    questions: int
    documents: int
    origin: str
    comparisons: tuple[Comparison, ...]
    chunker: ChunkerSettings
    search: SearchSettings
    overall: Interval  # of the chosen settings over the current ones, on the second half


class Tuner:
    """Runs trials over one set of questions."""

    def __init__(self, found: TuningSet, parts: SearchParts) -> None:
        self._found = found
        self._parts = parts
        documents = sorted({question.cluster for question in found.questions})
        side = {name: number % 2 for number, name in enumerate(documents)}
        self._sides = [side[question.cluster] for question in found.questions]
        if len(documents) < 4:  # then halves of the questions: halves of so few documents would be unlike
            self._sides = [number % 2 for number in range(len(found.questions))]

    def tune(self, strategies: Sequence[Strategy] = STRATEGIES, sizes: Sequence[int] = SIZES) -> Tuning:
        """Try strategies, then sizes, then fusion, depth and limits, each step from what the one before it chose."""
        start = self._chunker_trial(self._parts.chunker)
        steps = [self._compare_chunkers("strategy", start, [{"strategy": name} for name in strategies])]
        steps.append(self._compare_chunkers("tokens", steps[-1].chosen, [{"tokens": size} for size in sizes]))
        chunker = steps[-1].chosen.chunker
        with self._parts.searcher(self._found.texts, chunker) as searcher:
            for subject, options in _SEARCH_STEPS:
                current = steps[-1].chosen
                changed = options(current.search)
                self._parts.progress.start(f"try {subject}", len(changed) * len(self._found.questions))
                tried = [self._trial(searcher, chunker, settings) for settings in changed]
                steps.append(self._compare(subject, current, tried))
        end = steps[-1].chosen
        overall = self._difference(end, start, side=1)
        return Tuning(
            len(self._found.questions), len(self._found.texts), self._found.origin, tuple(steps), end.chunker,
            end.search, overall,
        )  # fmt: skip

    def _compare_chunkers(self, subject: str, current: Trial, changes: Sequence[dict[str, Any]]) -> Comparison:
        others = [current.chunker.model_copy(update=change) for change in changes]
        return self._compare(subject, current, [self._chunker_trial(o) for o in others if o != current.chunker])

    def _compare(self, subject: str, current: Trial, tried: Sequence[Trial]) -> Comparison:
        if not tried:
            return Comparison(subject, (current,), current, current, Interval(0.0, 0.0, 0.0))
        best = max(tried, key=lambda trial: self._difference(trial, current, side=0).mean)
        gain = self._difference(best, current, side=1)
        both = self._difference(best, current, side=0).mean > 0 and gain.low > 0
        return Comparison(subject, (current, *tried), current, best if both else current, gain)

    def _difference(self, one: Trial, other: Trial, side: int) -> Interval:
        chosen = [at for at, s in enumerate(self._sides) if s == side]
        clusters = [self._found.questions[at].cluster for at in chosen]
        few = len(set(clusters)) < 4
        return mean_interval([one.values[at] - other.values[at] for at in chosen], None if few else clusters)

    def _chunker_trial(self, chunker: ChunkerSettings) -> Trial:
        with self._parts.searcher(self._found.texts, chunker) as searcher:
            self._parts.progress.start(f"try {chunker.strategy} {chunker.tokens}", len(self._found.questions))
            return self._trial(searcher, chunker, self._parts.search)

    def _trial(self, searcher: Searcher, chunker: ChunkerSettings, search: SearchSettings) -> Trial:
        searcher.warm([question.text for question in self._found.questions])
        changed = replace(searcher, search=search.model_copy(update={"neighbours": 0}))
        values = []
        for question in self._found.questions:
            values.append(recall_within(changed, question, BUDGET))
            self._parts.progress.advance()
        return Trial(_name(chunker, search), chunker, search, tuple(values))


def recall_within(searcher: Searcher, question: TuningQuestion, budget: int) -> float:
    """Return the share of the wanted characters in the first passages that together fit `budget` tokens."""
    found: list[Range] = []
    passages = searcher.passages(question.text, _PASSAGES)
    sizes = searcher.encoder.tokenizer.encode_batch([passage.text for passage in passages], add_special_tokens=False)
    for passage, size in zip(passages, sizes, strict=True):
        budget -= len(size.ids)
        if budget < 0:
            break
        found.append(Range(passage.document, passage.start, passage.end))
    return total(union(intersections(found, question.wanted))) / total(union(question.wanted))


def _name(chunker: ChunkerSettings, search: SearchSettings) -> str:
    weights = "/".join(f"{w:.2f}" for w in (search.dense_weight, search.lexical_weight, search.bridge_weight))
    fusion = search.fusion if search.fusion == "rrf" else weights
    return (
        f"{chunker.strategy} {chunker.tokens}, {fusion}, expansion {search.expansion:g}, "
        f"{search.candidates} candidates, "
        f"{search.passages_per_document} a document"
    )


def _fusions(current: SearchSettings) -> list[SearchSettings]:
    shares = [0.0, current.bridge_weight] if current.bridge else [0.0]
    mixes: list[dict[str, Any]] = [
        {"fusion": "weighted", "dense_weight": weight, "lexical_weight": round(1 - weight, 2), "bridge_weight": share}
        for weight in _WEIGHTS
        for share in dict.fromkeys(shares)
    ]
    return [current.model_copy(update=mix) for mix in [*mixes, {"fusion": "rrf"}]]


def _expansions(current: SearchSettings) -> list[SearchSettings]:
    return [current.model_copy(update={"expansion": n}) for n in _EXPANSIONS if n != current.expansion]


def _depths(current: SearchSettings) -> list[SearchSettings]:
    return [current.model_copy(update={"candidates": n}) for n in _CANDIDATES if n != current.candidates]


def _limits(current: SearchSettings) -> list[SearchSettings]:
    return [
        current.model_copy(update={"passages_per_document": n})
        for n in _PER_DOCUMENT
        if n != current.passages_per_document
    ]


_SEARCH_STEPS: tuple[tuple[str, Callable[[SearchSettings], list[SearchSettings]]], ...] = (
    ("fusion", _fusions),
    ("expansion", _expansions),
    ("candidates", _depths),
    ("diversity", _limits),
)


def changed_settings(tuning: Tuning, parts: SearchParts) -> Iterable[tuple[str, str, object]]:
    """Yield (section, setting, value) of what differs from the current settings."""
    pairs = (("chunker", parts.chunker, tuning.chunker), ("search", parts.search, tuning.search))
    for section, before, after in pairs:
        old, new = before.model_dump(), after.model_dump()
        yield from ((section, name, new[name]) for name in new if new[name] != old[name])
