from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.search.fusion import reciprocal_rank_fusion, weighted_fusion

scores = st.dictionaries(st.integers(0, 9), st.floats(-5, 5), max_size=8)


def test_reciprocal_ranks_are_added() -> None:
    fused = reciprocal_rank_fusion([[(7, 0.9), (3, 0.8)], [(3, 12.0)]], constant=60)
    assert fused == {7: pytest.approx(1 / 61), 3: pytest.approx(1 / 62 + 1 / 61)}


def test_only_ranks_count_there() -> None:
    assert reciprocal_rank_fusion([[(1, 99.0), (2, 98.9)]]) == reciprocal_rank_fusion([[(1, 0.2), (2, 0.1)]])


def test_signals_are_scaled_and_added_by_weight() -> None:
    fused = weighted_fusion([({1: 0.9, 2: 0.5, 3: 0.1}, 0.6), ({1: 0.0, 2: 20.0, 3: 10.0}, 0.4)])
    assert fused == {1: pytest.approx(0.6), 2: pytest.approx(0.3 + 0.4), 3: pytest.approx(0.2)}


def test_a_row_that_a_signal_does_not_know_gets_nothing_of_it() -> None:
    assert weighted_fusion([({1: 1.0, 2: 0.0}, 0.5), ({1: 1.0, 3: 0.0}, 0.5)])[3] == 0


def test_nothing_found_is_nothing_fused() -> None:
    assert weighted_fusion([({}, 0.5), ({}, 0.5)]) == {}
    assert reciprocal_rank_fusion([[], []]) == {}


@given(scores, scores)
def test_a_fused_score_lies_between_none_and_all_of_the_weights(
    dense: dict[int, float], lexical: dict[int, float]
) -> None:
    fused = weighted_fusion([(dense, 0.4), (lexical, 0.6)])
    assert fused.keys() == dense.keys() | lexical.keys()
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in fused.values())


@given(scores, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_scale_of_a_signal_does_not_matter(dense: dict[int, float], factor: float, offset: float) -> None:
    scaled = {row: score * factor + offset for row, score in dense.items()}
    one, other = weighted_fusion([(dense, 1.0)]), weighted_fusion([(scaled, 1.0)])
    spread = max(dense.values(), default=0) - min(dense.values(), default=0)
    if spread == 0 or spread > 1e-3:
        assert other == {row: pytest.approx(score, abs=1e-6) for row, score in one.items()}
