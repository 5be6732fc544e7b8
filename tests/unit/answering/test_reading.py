"""What measures say and what a reader says, put together."""

from __future__ import annotations

import math

import pytest

from gristmill.answering.reading import Together, log_odds, together


def test_both_count_and_neither_decides_alone() -> None:
    put = together()
    assert put.probability(0.5, 3.0) > put.probability(0.5, -3.0)
    assert put.probability(0.9, 0.0) > put.probability(0.1, 0.0)
    assert 0 < put.probability(0.0, -20.0) < put.probability(1.0, 20.0) < 1


def test_what_is_certain_is_kept_from_having_endless_odds() -> None:
    assert log_odds(1.0) == pytest.approx(math.log(999))
    assert log_odds(0.0) == pytest.approx(-math.log(999))
    assert Together(0.0, 1.0, 0.0).probability(0.7, 9.0) == pytest.approx(0.7)
