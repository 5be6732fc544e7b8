"""Whether live answers are worse than those that the release gave when it was new, or than those before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# One look a day and three measures: a false alarm in about three years. A real fall is far below it.
ALPHA = 0.001
# So sure that going back needs nobody's word.
SURE = 1e-5
LEAST_ANSWERS = 60
# What is significant and smaller than this is not worth anybody's night.
LEAST_FALL = 0.08


@dataclass(frozen=True)
class Lived:
    """What became of some answers: how many there were, and how often something bad was true of them."""

    measure: str
    answers: int
    bad: int

    @property
    def share(self) -> float:
        """How often it was true."""
        return self.bad / max(1, self.answers)


@dataclass(frozen=True)
class Fall:
    """A measure that became worse."""

    measure: str
    before: float
    now: float
    p: float

    @property
    def sure(self) -> bool:
        """Whether it is beyond doubt."""
        return self.p <= SURE

    def in_words(self) -> str:
        """Return it as one sentence."""
        return f"{self.measure}: {self.now:.0%} of the newest answers, {self.before:.0%} before (p = {self.p:.1e})."


def falls(before: Sequence[Lived], now: Sequence[Lived]) -> list[Fall]:
    """Return which measures are worse now, worst first; those with too few answers say nothing."""
    found = []
    for was, present in zip(before, now, strict=True):
        if min(was.answers, present.answers) < LEAST_ANSWERS or present.share - was.share < LEAST_FALL:
            continue
        p = fisher(was, present)
        if p <= ALPHA:
            found.append(Fall(present.measure, was.share, present.share, p))
    return sorted(found, key=lambda fall: fall.p)


def fisher(before: Lived, now: Lived) -> float:
    """Return the one-sided p-value of Fisher's exact test that it is not more frequent now."""
    total, bad, drawn = before.answers + now.answers, before.bad + now.bad, now.answers
    most = min(bad, drawn)
    return min(1.0, sum(math.exp(_log_chance(k, bad, drawn, total)) for k in range(now.bad, most + 1)))


def _log_chance(k: int, bad: int, drawn: int, total: int) -> float:
    if k < max(0, drawn - (total - bad)):
        return -math.inf
    return _choose(bad, k) + _choose(total - bad, drawn - k) - _choose(total, drawn)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
