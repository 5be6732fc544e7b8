"""The gate's statistics: known values, and what simulated candidates experience."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from gristmill.evaluation.statistics import (
    Pairs,
    bootstrap,
    design_effect,
    lower_limit,
    mcnemar,
    not_worse_p,
    pairs_of,
    sample_size,
    spent,
)

# `GRISTMILL_SIMULATIONS=1000 pytest tests/unit/evaluation/test_statistics.py` is thorough.
REPETITIONS = int(os.environ.get("GRISTMILL_SIMULATIONS", "200"))
MARGIN, ALPHA, POWER, GAIN = 0.05, 0.05, 0.9, 0.10
# Three standard errors of a simulated share, so that chance fails no honest gate.
NOISE = 3 * math.sqrt(0.05 * 0.95 / REPETITIONS)


def promoted(rng: np.random.Generator, n: int, delta: float, differing: float, tries: int = 1, per: int = 1) -> bool:
    """Simulate a candidate on `n` questions, `per` of each document, and say whether it passes."""
    gains = (differing + delta) / 2
    drawn = np.repeat(rng.random(math.ceil(n / per)), per)[:n] if per > 1 else rng.random(n)
    values = np.where(drawn < gains, 1.0, np.where(drawn < differing, -1.0, 0.0))
    clusters = [str(at // per) for at in range(n)]
    pairs = pairs_of((values > 0).astype(float).tolist(), (values < 0).astype(float).tolist(), clusters)
    alpha = spent(ALPHA, tries)
    return not_worse_p(pairs, MARGIN) <= alpha and lower_limit(values.tolist(), clusters, 200, alpha) > -MARGIN


def share(delta: float, differing: float, n: int, **fields: int) -> float:
    rng = np.random.default_rng(5)
    return sum(promoted(rng, n, delta, differing, **fields) for _ in range(REPETITIONS)) / REPETITIONS


def needed(differing: float, tries: int = 1, design: float = 1.0) -> int:
    return sample_size(GAIN, MARGIN, spent(ALPHA, tries), POWER, differing, design)


def test_mcnemar_is_the_exact_sign_test() -> None:
    assert mcnemar(0, 5) == pytest.approx(1 / 32)
    assert mcnemar(5, 0) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_identical_answers_on_a_few_questions_prove_little() -> None:
    assert not_worse_p(Pairs(10, 0, 0, 1.0), MARGIN) > 0.2
    assert not_worse_p(Pairs(200, 0, 0, 1.0), MARGIN) < 0.001


def test_the_score_test_agrees_with_its_closed_form_without_differences() -> None:
    # With no discordant pair the statistic is sqrt(n * m / (1 - m)).
    z = math.sqrt(80 * MARGIN / (1 - MARGIN))
    assert not_worse_p(Pairs(80, 0, 0, 1.0), MARGIN) == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)))


def test_questions_that_share_a_document_count_for_less() -> None:
    values = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0] * 4)
    alone = design_effect(values, [str(at) for at in range(24)])
    together = design_effect(values, [str(at // 3) for at in range(24)])
    assert alone == pytest.approx(1.0, abs=0.05)
    assert together > 2.5


def test_an_interval_by_documents_is_wider_than_one_by_questions() -> None:
    values = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0] * 6
    by_question = bootstrap(values, [str(at) for at in range(36)], 500)
    by_document = bootstrap(values, [str(at // 3) for at in range(36)], 500)
    assert by_document.high - by_document.low > 1.4 * (by_question.high - by_question.low)
    assert by_document == bootstrap(values, [str(at // 3) for at in range(36)], 500)


def test_all_tries_together_spend_no_more_than_the_budget() -> None:
    assert sum(spent(ALPHA, tries) for tries in range(1, 10_000)) <= ALPHA


@pytest.mark.parametrize("differing", [0.12, 0.25])
@pytest.mark.parametrize("loss", [GAIN, MARGIN], ids=["by ten points", "by the margin"])
def test_a_truly_worse_candidate_is_promoted_in_at_most_a_twentieth(differing: float, loss: float) -> None:
    assert share(-loss, differing, needed(differing)) <= ALPHA + NOISE


@pytest.mark.parametrize("differing", [0.12, 0.25])
def test_a_truly_better_candidate_is_promoted_at_the_printed_sample_size(differing: float) -> None:
    assert share(GAIN, differing, needed(differing)) >= POWER - NOISE


def test_clustered_questions_do_not_let_worse_ones_pass() -> None:
    assert share(-MARGIN, 0.25, needed(0.25, design=3.0), per=3) <= ALPHA + NOISE


def test_the_budget_holds_over_fifty_tries() -> None:
    rng = np.random.default_rng(9)
    rounds = max(30, REPETITIONS // 5)
    passed = sum(
        any(promoted(rng, needed(0.25), -MARGIN, 0.25, tries=tries) for tries in range(1, 51)) for _ in range(rounds)
    )
    assert passed / rounds <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / rounds)
