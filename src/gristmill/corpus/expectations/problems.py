"""What a look at a table means for its gate: each expectation that does not hold is a problem."""

from __future__ import annotations

from collections.abc import Iterable

from gristmill.corpus.checks import CheckResult, Problem
from gristmill.corpus.expectations.declared import Kind, Observation


def as_result(observations: Iterable[Observation]) -> CheckResult:
    """Return what was seen as the result of a check."""
    seen = tuple(observations)
    numbers = {"expectations": len(seen), "broken": sum(not one.passed for one in seen)}
    return CheckResult(numbers, tuple(_problem(one) for one in seen if not one.passed))


def _problem(seen: Observation) -> Problem:
    expectation = seen.expectation
    many = "" if expectation.kind is Kind.ROWS else f" in {seen.observed:,} of {seen.of:,} rows"
    said = f"'{expectation.rule}' does not hold{many} (wanted: {expectation.threshold})."
    return Problem(said, seen.sample, seen.recovery, expectation.severity)
