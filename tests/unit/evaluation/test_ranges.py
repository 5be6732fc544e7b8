"""The counting of characters, on cases worked out by hand from the published definitions."""

from __future__ import annotations

import pytest

from gristmill.evaluation.ranges import Range, precision_omega, range_scores, total, union


def at(start: int, end: int, document: str = "a") -> Range:
    return Range(document, start, end)


def test_recall_precision_and_iou_of_a_partial_hit() -> None:
    recall, precision, iou = range_scores([at(0, 100), at(200, 300)], [at(50, 150)])
    assert (recall, precision) == (0.5, 0.25)
    assert iou == pytest.approx(50 / (200 + 50))


def test_another_document_is_no_hit_and_counts_as_read() -> None:
    assert range_scores([at(0, 100, "b")], [at(0, 100)]) == (0.0, 0.0, 0.0)


def test_text_that_is_retrieved_twice_is_found_once_and_paid_twice() -> None:
    recall, precision, iou = range_scores([at(0, 100), at(0, 100)], [at(0, 100)])
    assert (recall, precision, iou) == (1.0, 0.5, 0.5)


def test_nothing_retrieved_is_nothing_found() -> None:
    assert range_scores([], [at(0, 10)]) == (0.0, 0.0, 0.0)


def test_precision_omega_counts_only_chunks_that_hold_a_part() -> None:
    chunks = [at(0, 100), at(100, 200), at(200, 300)]
    assert precision_omega(chunks, [at(90, 120)]) == pytest.approx(30 / 200)


def test_a_union_joins_what_touches() -> None:
    joined = union([at(5, 9), at(0, 5), at(20, 30), at(0, 3, "b")])
    assert joined == [at(0, 9), at(20, 30), at(0, 3, "b")]
    assert total(joined) == 22
