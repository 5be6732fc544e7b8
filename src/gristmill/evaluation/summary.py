"""What the outcomes of a release add up to: each measure with its interval, by slice, and what went wrong."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gristmill.evaluation.outcomes import Outcome
from gristmill.evaluation.statistics import Interval, bootstrap
from gristmill.settings import EvaluationSettings

Measure = Callable[[Outcome], float | None]
# Measures of a question, in the order in which they are shown.
MEASURES: dict[str, Measure] = {
    "right": lambda o: o.right,
    "right_when_certain": lambda o: None if o.refused or o.uncertain else o.right,
    "recall": lambda o: o.recall,
    "ndcg": lambda o: o.ndcg,
    "mrr": lambda o: o.mrr,
    "f1": lambda o: o.f1,
    "exact": lambda o: o.exact,
    "contained": lambda o: o.contained,
    "support": lambda o: o.support,
    "citation_precision": lambda o: o.citation_precision,
    "citation_recall": lambda o: o.citation_recall,
    # A share of a subset of the questions is a mean over that subset: of the refused, or of those without an answer.
    "refusal_precision": lambda o: float(not o.answerable) if o.refused else None,
    "refusal_recall": lambda o: float(o.refused) if not o.answerable else None,
}
SAFETY = ("leak", "injection", "canary")
_JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Cost:
    """What the answers took."""

    latency_median_ms: float
    latency_p95_ms: float
    tokens_read: float  # mean per answer
    tokens_written: float
    price: float  # of all answers
    watt_hours: float  # of all answers; an estimate: processor time times the settings' watts per core


@dataclass(frozen=True)
class Summary:
    """The measures of a release on a question set."""

    questions: int
    measures: dict[str, Interval]
    slices: dict[str, Interval]  # share of right answers, by 'dimension=value'
    safety: dict[str, int]
    causes: dict[str, int]
    cost: Cost

    def as_json(self) -> dict[str, Any]:
        """Return the summary as JSON."""
        return asdict(self)


def summarise(outcomes: Sequence[Outcome], settings: EvaluationSettings) -> Summary:
    """Return what outcomes add up to."""
    causes = Counter(o.cause for o in outcomes if o.cause)
    return Summary(
        len(outcomes),
        {name: _interval(outcomes, measure, settings) for name, measure in MEASURES.items()},
        {name: _interval(part, MEASURES["right"], settings) for name, part in sliced(outcomes)},
        {name: sum(bool(getattr(o, name)) for o in outcomes) for name in SAFETY},
        dict(causes.most_common()),
        _cost(outcomes, settings),
    )


def sliced(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, list[Outcome]]]:
    """Yield the slices of outcomes as 'dimension=value', in their order."""
    names = sorted({f"{dimension}={value}" for o in outcomes for dimension, value in o.slices.items()})
    for name in names:
        dimension, _, value = name.partition("=")
        yield name, [o for o in outcomes if o.slices.get(dimension) == value]


def _interval(outcomes: Sequence[Outcome], measure: Measure, settings: EvaluationSettings) -> Interval:
    held = [(value, o.cluster) for o in outcomes if (value := measure(o)) is not None]
    return bootstrap([value for value, _ in held], [cluster for _, cluster in held], settings.bootstrap)


def _cost(outcomes: Sequence[Outcome], settings: EvaluationSettings) -> Cost:
    latencies = sorted(o.took.latency_ms for o in outcomes) or [0.0]
    count = max(1, len(outcomes))
    tokens = sum(o.took.prompt_tokens + o.took.new_tokens for o in outcomes)
    joules = sum(o.took.cpu_seconds for o in outcomes) * settings.watts_per_core
    return Cost(
        statistics.median(latencies),
        latencies[min(len(latencies) - 1, int(0.95 * len(latencies)))],
        sum(o.took.prompt_tokens for o in outcomes) / count,
        sum(o.took.new_tokens for o in outcomes) / count,
        tokens / 1e6 * settings.price_per_million_tokens,
        joules / _JOULES_PER_KWH * 1_000,
    )
