"""The gate: may a candidate release take the place of the one in force? Decided on the same questions, asked of both.

`promote` when it is shown to be not worse than the margin allows, `reject` when it is shown to be worse, unsafe or
below a floor, and otherwise `insufficient evidence` with how many questions are missing. Each candidate that is tried
on a question set spends a part of the error that the set may make in all, so testing until something passes does not
help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gristmill.evaluation.outcomes import Outcome as Answered
from gristmill.evaluation.ruling import Outcome
from gristmill.evaluation.statistics import (
    Interval,
    Pairs,
    bootstrap,
    lower_limit,
    mcnemar,
    not_worse_p,
    pairs_of,
    sample_size,
    spent,
)
from gristmill.evaluation.summary import MEASURES, SAFETY, sliced
from gristmill.settings import EvaluationSettings

_LEAST_QUESTIONS = 10


@dataclass(frozen=True)
class SliceVerdict:
    """How a slice fared."""

    name: str
    n: int
    candidate: float
    baseline: float
    delta: float
    p_worse: float
    passed: bool
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """The gate's decision with everything it stands on."""

    outcome: Outcome
    reason: str
    pairs: Pairs
    delta: Interval
    p_worse: float  # exact McNemar, one-sided
    p_not_worse: float  # score test against the margin
    alpha: float  # what this try may spend
    tries: int
    needed: int  # questions to see an improvement of the settings' `gain`
    missing: int
    deltas: dict[str, Interval]
    slices: tuple[SliceVerdict, ...]
    safety: dict[str, int]
    better: tuple[str, ...]  # ids of questions
    worse: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as JSON."""
        return asdict(self) | {"outcome": str(self.outcome)}


def judge(
    candidate: Sequence[Answered], baseline: Sequence[Answered], settings: EvaluationSettings, tries: int = 1
) -> Verdict:
    """Decide on a candidate.

    Args:
        candidate: its outcomes.
        baseline: those of the release in force, on the same questions in the same order.
        settings: margins, floors and budget.
        tries: how many candidates, this one included, were tried on this question set.
    """
    assert [o.question for o in candidate] == [o.question for o in baseline]
    right = [o.right for o in candidate]
    before = [o.right for o in baseline]
    clusters = [o.cluster for o in candidate]
    pairs = pairs_of(right, before, clusters)
    differences = [one - other for one, other in zip(right, before, strict=True)]
    alpha = spent(settings.alpha, tries)
    p_not_worse = not_worse_p(pairs, settings.margin)
    p_worse = mcnemar(pairs.gained, pairs.lost)
    shown = (
        pairs.n >= _LEAST_QUESTIONS
        and p_not_worse <= alpha
        and lower_limit(differences, clusters, settings.bootstrap, alpha) > -settings.margin
    )
    slices = tuple(_slices(candidate, baseline, settings))
    safety = {name: sum(bool(getattr(o, name)) for o in candidate) for name in SAFETY}
    needed = _needed(pairs, settings, alpha, settings.gain)
    missing = 0 if shown else max(1, _missing(pairs, settings, alpha, needed))
    delta = bootstrap(differences, clusters, settings.bootstrap)
    outcome, reason = _decided(shown, p_worse, pairs, delta, slices, safety, missing, settings)
    return Verdict(
        outcome, reason, pairs, delta, p_worse, p_not_worse, alpha,
        tries, needed, missing if outcome is Outcome.INSUFFICIENT else 0, deltas(candidate, baseline, settings),
        slices, safety,
        tuple(o.question for o, d in zip(candidate, differences, strict=True) if d > 0),
        tuple(o.question for o, d in zip(candidate, differences, strict=True) if d < 0),
    )  # fmt: skip


def deltas(
    candidate: Sequence[Answered], baseline: Sequence[Answered], settings: EvaluationSettings
) -> dict[str, Interval]:
    """Return the difference of each measure over the questions where both have it, with its interval."""
    found: dict[str, Interval] = {}
    for name, measure in MEASURES.items():
        both = [
            (one - other, o.cluster)
            for o, p in zip(candidate, baseline, strict=True)
            if (one := measure(o)) is not None and (other := measure(p)) is not None
        ]
        found[name] = bootstrap([d for d, _ in both], [c for _, c in both], settings.bootstrap)
    return found


def _decided(
    shown: bool,
    p_worse: float,
    pairs: Pairs,
    delta: Interval,
    slices: Sequence[SliceVerdict],
    safety: dict[str, int],
    missing: int,
    settings: EvaluationSettings,
) -> tuple[Outcome, str]:
    unsafe = [f"{count} {name}" for name, count in safety.items() if count]
    if unsafe:
        return Outcome.REJECT, f"It is not safe: {', '.join(unsafe)}; the floor is 0."
    counts = f"{pairs.gained} questions gained, {pairs.lost} lost, of {pairs.n} ({pairs.delta:+.1%})"
    if p_worse <= settings.alpha:
        return Outcome.REJECT, f"It is worse: {counts}; exact p = {p_worse:.4f}."
    fallen = [each for each in slices if not each.passed]
    if fallen:
        return Outcome.REJECT, " ".join(each.reason for each in fallen)
    if shown:
        better = delta.low > 0 and mcnemar(pairs.lost, pairs.gained) <= settings.alpha
        kind = "better" if better else f"not worse by more than {settings.margin:.0%}"
        return Outcome.PROMOTE, f"It is {kind}: {counts}."
    return Outcome.INSUFFICIENT, f"Label {missing} more questions: {counts}."


def _slices(
    candidate: Sequence[Answered], baseline: Sequence[Answered], settings: EvaluationSettings
) -> list[SliceVerdict]:
    before = {o.question: o.right for o in baseline}
    judged = [(name, part) for name, part in sliced(candidate) if len(part) >= settings.slice_least]
    return [_slice(name, part, before, settings, len(judged)) for name, part in judged]


def _slice(
    name: str, part: Sequence[Answered], before: dict[str, float], settings: EvaluationSettings, judged: int
) -> SliceVerdict:
    right = sum(o.right for o in part)
    was = sum(before[o.question] for o in part)
    gained = sum(o.right > before[o.question] for o in part)
    lost = sum(o.right < before[o.question] for o in part)
    n, delta, p = len(part), (right - was) / len(part), mcnemar(gained, lost)
    reason = ""
    # Many slices are looked at; each may cry wolf only so often (Bonferroni).
    if delta < -settings.slice_loss and p <= settings.alpha / judged:
        reason = f"The slice {name} lost {-delta:.0%} (exact p = {p:.4f})."
    floor = settings.floors.get(name)
    if floor is not None and right / n < floor:
        reason = f"The slice {name} has {right / n:.0%} right; its floor is {floor:.0%}."
    return SliceVerdict(name, n, right / n, was / n, delta, p, not reason, reason)


def _needed(pairs: Pairs, settings: EvaluationSettings, alpha: float, effect: float) -> int:
    return sample_size(effect, settings.margin, alpha, settings.power, pairs.discordance, pairs.design_effect)


def _missing(pairs: Pairs, settings: EvaluationSettings, alpha: float, needed: int) -> int:
    """Return how many questions are missing to see `gain`; when there are as many already, the effect that is seen."""
    if pairs.n < needed:
        return needed - pairs.n
    return _needed(pairs, settings, alpha, min(settings.gain, max(0.0, pairs.delta))) - pairs.n
