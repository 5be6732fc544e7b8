"""Measures of rankings, against trec_eval where it is installed, and intervals on data whose answer is known."""

from __future__ import annotations

import random

import pytest

from gristmill.evaluation.intervals import mean_interval
from gristmill.evaluation.ranking import ndcg, recall, reciprocal_rank


def test_the_measures_are_those_of_trec_eval() -> None:
    ir_measures = pytest.importorskip("ir_measures")
    draw = random.Random(3)
    for _ in range(40):
        names = [str(n) for n in range(150)]
        relevant = set(draw.sample(names, draw.randint(1, 30)))
        ranked = draw.sample(names, draw.randint(1, 120))
        run = [ir_measures.ScoredDoc("q", name, -place) for place, name in enumerate(ranked)]
        judged = [ir_measures.Qrel("q", name, 1) for name in relevant]
        wanted = ir_measures.calc_aggregate([ir_measures.nDCG @ 10, ir_measures.R @ 100, ir_measures.RR], judged, run)
        assert ndcg(ranked, relevant) == pytest.approx(wanted[ir_measures.nDCG @ 10])
        assert recall(ranked, relevant) == pytest.approx(wanted[ir_measures.R @ 100])
        assert reciprocal_rank(ranked, relevant) == pytest.approx(wanted[ir_measures.RR])


def test_nothing_found_is_zero() -> None:
    assert ndcg([], {"a"}) == recall([], {"a"}) == reciprocal_rank(["b"], {"a"}) == 0.0


def test_an_interval_of_a_real_difference_excludes_zero_and_one_of_noise_does_not() -> None:
    draw = random.Random(5)
    noise = [draw.gauss(0, 1) for _ in range(200)]
    assert not mean_interval(noise).excludes_zero
    assert mean_interval([value + 1 for value in noise]).excludes_zero


def test_an_interval_is_wider_where_questions_share_documents() -> None:
    draw = random.Random(6)
    levels = [draw.gauss(0, 1) for _ in range(20)]
    values = [level for level in levels for _ in range(10)]
    clusters = [str(n) for n in range(20) for _ in range(10)]
    apart, together = mean_interval(values), mean_interval(values, clusters)
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_the_same_values_have_the_same_interval() -> None:
    values = [0.1, 0.5, 0.9, 0.3]
    assert mean_interval(values) == mean_interval(values)
