"""Progress in a log: at the start, then now and then."""

from __future__ import annotations

from gristmill.resources import LoggedProgress


def test_progress_is_logged_at_the_start_and_every_ten_seconds() -> None:
    said: list[str] = []
    clock = iter(range(0, 1_000, 4))  # four seconds from one look to the next
    progress = LoggedProgress(said.append, now=lambda: float(next(clock)))
    progress.start("embed", 2_000)
    for _ in range(6):
        progress.advance(100)
    assert said == ["embed: 2,000 to do", "embed: 300 of 2,000", "embed: 600 of 2,000"]


def test_nothing_to_do_is_not_worth_a_line() -> None:
    said: list[str] = []
    LoggedProgress(said.append).start("embed", 0)
    assert said == []
