"""When something is to be done: once, after it settled, and never in a loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gristmill.corpus.sources import Source
from gristmill.monitoring.deciding import (
    FeedbackStanding,
    Listing,
    Lived,
    Memory,
    decide_on_documents,
    decide_on_feedback,
    decide_on_looking,
    falls,
    listed,
)
from gristmill.monitoring.deciding.quality import fisher
from gristmill.settings import Settings, SourceSettings
from tests.workspaces import write

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Watch:
    """Looks at listings every half minute, as the sensor does."""

    def __init__(self) -> None:
        self.memory, self.now, self.runs = Memory(), NOW, 0

    def look(self, listing: Listing, *, busy: bool = False) -> str:
        found = decide_on_documents(Memory.of(self.memory.text()), listing, self.now, busy=busy)
        self.memory, self.now = found.memory, self.now + timedelta(seconds=30)
        self.runs += found.run
        return found.reason


def test_what_came_is_taken_in_once_after_it_settled() -> None:
    watch = Watch()
    for at in range(5):
        assert "settle" in watch.look(Listing(f"growing {at}", at))
    for _ in range(50):
        watch.look(Listing("whole", 5_000))
    assert watch.runs == 1


def test_who_writes_without_end_does_not_keep_documents_out() -> None:
    watch = Watch()
    for at in range(120):
        watch.look(Listing(f"{at}", at))
    assert watch.runs == 3  # an hour, a run each quarter of it but the first


def test_what_changes_during_a_run_is_taken_in_after_it() -> None:
    watch = Watch()
    for _ in range(4):
        watch.look(Listing("a", 1))
    for _ in range(10):
        watch.look(Listing("b", 2), busy=True)
    assert watch.runs == 1
    watch.look(Listing("b", 2))
    assert watch.runs == 2


def test_a_folder_too_large_to_list_is_taken_in_once_an_hour() -> None:
    watch = Watch()
    for _ in range(250):
        watch.look(Listing("", 9, complete=False))
    assert watch.runs == 3


def test_a_burst_of_five_thousand_files_is_listed_far_within_a_tick(tmp_path: Path) -> None:
    write(tmp_path / "many", {f"{at % 50}/{at}.md": "x" for at in range(5_000)})
    source = Source(SourceSettings(location=str(tmp_path / "many")), Settings(root=tmp_path))
    spent = []
    began = datetime.now(UTC)
    found = listed(source.files())
    spent.append((datetime.now(UTC) - began).total_seconds())
    assert (found.files, found.complete) == (5_000, True)
    assert found == listed(source.files())
    assert min(spent) < 10
    write(tmp_path / "many", {"7/7.md": "xy"})
    assert listed(source.files()).hash != found.hash


def test_listing_ends_with_its_budget(tmp_path: Path) -> None:
    write(tmp_path / "many", {f"{at}.md": "x" for at in range(20)})
    source = Source(SourceSettings(location=str(tmp_path / "many")), Settings(root=tmp_path))
    ticks = iter(range(1_000))
    found = listed(source.files(), budget=5, clock=lambda: next(ticks))
    assert not found.complete
    assert found.files < 10


def test_a_damaged_cursor_is_as_none() -> None:
    assert Memory.of("{") == Memory.of(None) == Memory.of('{"other": 1}') == Memory()


def test_drift_is_looked_for_when_enough_came_and_at_most_once_an_hour() -> None:
    memory, now, runs = Memory(), NOW, []
    for came in range(0, 2_000, 10):  # ten more every five minutes
        found = decide_on_looking(memory, "r-1", came, now, busy=False)
        memory, now = found.memory, now + timedelta(minutes=5)
        runs += [came] if found.run else []
    assert len(runs) == 17  # 16 hours and 40 minutes
    assert not decide_on_looking(memory, "r-1", 2_000, now, busy=False).run
    assert decide_on_looking(memory, "r-2", 2_000, now + timedelta(hours=1), busy=False).run
    assert not decide_on_looking(memory, "r-2", 2_000, now + timedelta(hours=1), busy=True).run


@pytest.mark.parametrize(
    ("standing", "run"),
    [
        (FeedbackStanding(100, 50, NOW - timedelta(days=2)), True),
        (FeedbackStanding(100, 49, NOW - timedelta(days=2)), False),
        (FeedbackStanding(400, 50, NOW - timedelta(days=2)), False),
        (FeedbackStanding(100, 50, NOW - timedelta(hours=2)), False),
        (FeedbackStanding(0, 0, None), False),
    ],
    ids=["enough", "too few", "too small a share", "too young", "none"],
)
def test_learning_waits_for_enough_confirmed_feedback(standing: FeedbackStanding, *, run: bool) -> None:
    found = decide_on_feedback(Memory(), standing, NOW, busy=False)
    assert found.run == run
    assert not decide_on_feedback(found.memory, standing, NOW, busy=False).run or not run


def test_a_fall_is_noticed_and_noise_is_not() -> None:
    before = [Lived("refused", 200, 20)]
    assert falls(before, [Lived("refused", 200, 24)]) == []
    assert falls(before, [Lived("refused", 50, 30)]) == []
    [fall] = falls(before, [Lived("refused", 200, 80)])
    assert fall.sure
    assert "40% of the newest answers, 10% before" in fall.in_words()


def test_fishers_test_is_exact() -> None:
    assert fisher(Lived("x", 4, 1), Lived("x", 4, 3)) == pytest.approx(17 / 70)
    assert fisher(Lived("x", 10, 0), Lived("x", 10, 0)) == pytest.approx(1.0)


def test_quiet_answers_seldom_look_worse() -> None:
    import numpy as np

    rng = np.random.default_rng(4)
    pairs = rng.binomial(200, 0.15, (3_000, 2))
    alarms = sum(bool(falls([Lived("r", 200, int(a))], [Lived("r", 200, int(b))])) for a, b in pairs)
    assert alarms <= 6  # the budget is 3
