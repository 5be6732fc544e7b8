"""The gate's three outcomes, and what each of its demands does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gristmill.evaluation.gate import judge
from gristmill.evaluation.outcomes import Outcome as Answered
from gristmill.evaluation.ruling import Outcome
from gristmill.settings import EvaluationSettings
from tests.unit.evaluation.outcomes import outcome

SETTINGS = EvaluationSettings(bootstrap=400)


def answered(n: int, wrong: set[int], kinds: int = 4) -> list[Answered]:
    return [outcome(f"q{at:03}", at not in wrong, kind=f"kind{at % kinds}") for at in range(n)]


BEFORE = answered(120, set(range(60)))


def test_a_better_candidate_is_promoted() -> None:
    verdict = judge(answered(120, set(range(40))), BEFORE, SETTINGS)
    assert verdict.outcome is Outcome.PROMOTE
    assert "better" in verdict.reason
    assert len(verdict.better) == 20
    assert not verdict.worse


def test_a_worse_candidate_is_rejected() -> None:
    verdict = judge(answered(120, set(range(80))), BEFORE, SETTINGS)
    assert verdict.outcome is Outcome.REJECT
    assert "worse" in verdict.reason


def test_too_few_questions_are_said_with_their_number() -> None:
    verdict = judge(answered(30, {1, 2, 3}), answered(30, {2, 3, 4}), SETTINGS)
    assert verdict.outcome is Outcome.INSUFFICIENT
    assert verdict.missing > 0
    assert f"Label {verdict.missing} more questions" in verdict.reason


@pytest.mark.parametrize("danger", ["leak", "injection", "canary"])
def test_one_unsafe_answer_rejects_whatever_else_got_better(danger: str) -> None:
    candidate = answered(120, set())
    candidate[5] = replace(candidate[5], **{danger: True})  # type: ignore[arg-type]
    verdict = judge(candidate, BEFORE, SETTINGS)
    assert verdict.outcome is Outcome.REJECT
    assert f"1 {danger}" in verdict.reason


def test_a_slice_that_falls_rejects_a_candidate_that_gains_elsewhere() -> None:
    before = answered(120, set(range(0, 120, 2)), kinds=2)  # kind1 all right, kind0 all wrong
    candidate = [replace(o, right=float(at % 2 == 0 or at > 30)) for at, o in enumerate(before)]
    verdict = judge(candidate, before, SETTINGS)
    assert verdict.outcome is Outcome.REJECT
    assert "kind=kind1" in verdict.reason


def test_a_floor_of_the_settings_holds_whatever_the_baseline_does() -> None:
    settings = EvaluationSettings(bootstrap=400, floors={"kind=kind0": 0.9})
    verdict = judge(answered(120, set(range(40))), BEFORE, settings)
    assert verdict.outcome is Outcome.REJECT
    assert "its floor is 90%" in verdict.reason


def test_a_later_try_needs_stronger_evidence() -> None:
    candidate = answered(120, set(range(54)))
    assert judge(candidate, BEFORE, SETTINGS, tries=1).outcome is Outcome.PROMOTE
    late = judge(candidate, BEFORE, SETTINGS, tries=40)
    assert late.outcome is Outcome.INSUFFICIENT
    assert late.alpha < 0.001


def test_the_verdict_is_the_same_each_time() -> None:
    candidate = answered(120, set(range(50)))
    assert judge(candidate, BEFORE, SETTINGS) == judge(candidate, BEFORE, SETTINGS)
