"""Measures of one answer against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from gristmill.evaluation.metrics import (
    Span,
    citation_precision,
    contained,
    exact,
    meets,
    ndcg,
    recall,
    reciprocal_rank,
    token_f1,
)

A, B, ELSEWHERE = Span("a", 0, 100), Span("b", 50, 150), Span("c", 0, 100)


def test_spans_meet_when_they_share_most_of_the_shorter_one() -> None:
    assert meets(A, Span("a", 40, 60))
    assert meets(A, Span("a", 60, 130))
    assert not meets(A, Span("a", 80, 130))
    assert not meets(A, Span("b", 0, 100))


def test_retrieval_measures_by_hand() -> None:
    found = [ELSEWHERE, A, B]
    assert recall(found, [A, B]) == 1
    assert recall(found[:2], [A, B]) == 0.5
    assert reciprocal_rank(found, [A, B]) == 0.5
    ideal = 1 + 1 / math.log2(3)
    assert ndcg(found, [A, B]) == pytest.approx((1 / math.log2(3) + 1 / 2) / ideal)
    assert ndcg([A, B], [A, B]) == 1
    assert ndcg([ELSEWHERE], [A]) == 0


def test_one_passage_that_holds_all_the_evidence_is_a_perfect_ranking() -> None:
    assert ndcg([Span("a", 0, 1_000), ELSEWHERE], [Span("a", 10, 40), Span("a", 500, 560)]) == 1


def test_words_are_compared_without_articles_case_and_numbers_of_citations() -> None:
    assert exact("The night warden [1]", "night warden") == 1
    assert token_f1("27 days of leave [1]", "27 days") == pytest.approx(2 * (2 / 4) * 1 / (2 / 4 + 1))
    assert token_f1("nothing", "27 days") == 0
    assert contained("There are 27 days of leave.", "27 days") == 1


def test_citations_count_by_what_they_meet() -> None:
    assert citation_precision([A, ELSEWHERE], [A]) == 0.5
    assert citation_precision([], [A]) == 0
