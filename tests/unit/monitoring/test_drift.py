"""Drift is noticed, and quiet streams are left in peace: on streams drawn around real directions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from gristmill.models.vectors import Vectors
from gristmill.monitoring.drift import ALPHA, Item, State, Stream, Verdict, compare, judge
from gristmill.monitoring.drift.page import DriftReport, Monitored, as_page
from gristmill.monitoring.drift.simulation import simulate
from gristmill.monitoring.fingerprints import Changed

START = datetime(2026, 11, 1, tzinfo=UTC)


def field(topics: int, seed: int, rows: int = 400) -> Vectors:
    """Return unit vectors around some topics: the tests' stand-in for the chunks of one field."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((topics, 64))
    vectors = centres[rng.integers(0, topics, rows)] + rng.standard_normal((rows, 64)) * 0.4
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


HOME, FOREIGN = field(12, seed=3, rows=3_000), field(4, seed=5, rows=1_000)


def stream(*parts: Vectors, until: int = 600) -> Stream:
    """Return items a minute apart; those before number `until` had come when the release was chosen."""
    vectors = np.concatenate(parts)
    items = [Item(f"item {at}", START + timedelta(minutes=at), at) for at in range(len(vectors))]
    return Stream("questions", items, vectors, items[min(until, len(items)) - 1].at)


def test_quiet_streams_stay_within_their_budget_and_large_mixes_are_seen() -> None:
    found = simulate(HOME, FOREIGN, 6, (200,), ((0.2, 200), (0.2, 500)))
    assert found.quiet[0].per_stream <= 1.0
    assert [shift.power for shift in found.shifts] == [1.0, 1.0]
    assert "false alarms in 30 windows" in found.table()


def test_a_stream_that_goes_on_as_it_was_is_quiet() -> None:
    verdict = judge(stream(HOME[:1_000]))
    assert (verdict.state, verdict.since, verdict.examples) == (State.QUIET, None, ())
    assert [window.items for window in verdict.windows] == [200, 200]


def test_one_window_moves_and_the_next_confirms_it_since_when_it_began() -> None:
    mixed = np.concatenate([HOME[800:940], FOREIGN[:60]])
    once = judge(stream(HOME[:800], mixed))
    assert once.state is State.MOVED
    assert once.since == START + timedelta(minutes=800)
    twice = judge(stream(HOME[:800], mixed, np.concatenate([HOME[940:1_080], FOREIGN[60:120]])))
    assert twice.state is State.CONFIRMED
    assert twice.since == once.since


def test_examples_are_those_that_came_from_elsewhere() -> None:
    verdict = judge(stream(HOME[:750], FOREIGN[:50]))
    assert all(int(example.name.split()[1]) >= 750 for example in verdict.examples)
    assert 0.1 < verdict.windows[-1].shift.unlike < 0.4


def test_what_comes_back_to_the_reference_is_quiet_again() -> None:
    verdict = judge(stream(HOME[:600], FOREIGN[:200], HOME[600:800]))
    assert [window.shift.alarm for window in verdict.windows] == [True, False]
    assert verdict.state is State.QUIET


def test_the_reference_follows_the_release() -> None:
    moved = stream(HOME[:600], FOREIGN[:700])
    assert judge(moved).moved
    after_a_release = Stream("questions", moved.items, moved.vectors, moved.items[-101].at, recent=True)
    assert judge(after_a_release).state is State.QUIET


@pytest.mark.parametrize("came", [0, 1, 49])
def test_too_few_are_told_apart_from_quiet(came: int) -> None:
    verdict = judge(stream(HOME[: 600 + came]))
    assert verdict.state is State.TOO_FEW
    assert verdict.waiting == came


def test_a_release_that_nothing_was_asked_before_takes_its_first_questions_as_reference() -> None:
    assert judge(stream(HOME[:300], until=1)).state is State.QUIET
    assert judge(stream(HOME[:100], FOREIGN[:100], until=1)).moved


def test_the_order_of_rows_does_not_matter_and_the_same_gives_the_same() -> None:
    window = HOME[600:800]
    assert compare(HOME[:600], window) == compare(HOME[:600], window)
    backwards = compare(HOME[:600], window[::-1])
    assert backwards.p_coverage == pytest.approx(compare(HOME[:600], window).p_coverage)
    assert ALPHA == 0.02


def page_of(verdict: Verdict) -> str:
    changed = (Changed("encoder", "a in force, b configured", "Run it."),)
    return as_page(DriftReport(START, "r-1", (Monitored(verdict, ("Nothing <b>yet</b>.",)),), changed))


def test_the_page_shows_pictures_and_takes_no_name_for_markup() -> None:
    made = stream(HOME[:600], FOREIGN[:100])
    items = [Item(f"<script>{item.name}</script>", item.at, item.row) for item in made.items]
    page = page_of(judge(Stream(made.name, items, made.vectors, made.until)))
    assert page.count("<svg") == 3
    assert "<script" not in page
    assert "&lt;b&gt;yet" in page
    assert "http" not in page
    assert "a in force, b configured" in page


def test_a_quiet_page_has_pictures_and_no_examples() -> None:
    page = page_of(judge(stream(HOME[:800])))
    assert page.count("<svg") == 3
    assert "Examples" not in page
