"""The drill's own eyes: what was done twice is seen, and what was not is not."""

from __future__ import annotations

from dataclasses import replace

import httpx

from tests.drill import company
from tests.drill.history import Run, asked_twice, side_by_side
from tests.drill.mailbox import mailbox

RUN = Run("a" * 32, "ingest", "SUCCESS", 10.0, 20.0, {"dagster/run_key": "k"}, ("chunks",))


def test_two_runs_for_one_thing_are_seen_and_a_try_after_a_crash_is_none() -> None:
    again = replace(RUN, id="b" * 32, tags=RUN.tags | {"dagster/parent_run_id": RUN.id})
    assert asked_twice([RUN, again]) == []
    assert asked_twice([RUN, replace(RUN, id="c" * 32)]) == ["ingest k"]
    assert asked_twice([RUN, replace(RUN, tags={"dagster/run_key": "other"})]) == []


def test_two_runs_that_make_the_same_at_once_are_seen() -> None:
    later = replace(RUN, id="b" * 32, start=15.0, end=25.0)
    assert side_by_side([RUN, later]) == ["ingest aaaaaaaa and bbbbbbbb"]
    assert side_by_side([RUN, replace(later, made=("release",))]) == []
    assert side_by_side([RUN, replace(later, start=20.5)]) == []


def test_alerts_are_counted_by_what_they_say() -> None:
    with mailbox() as box:
        url = box.url.replace("json://", "http://")
        for title in ("Gristmill: documents drifted", "Gristmill: documents drifted", "Gristmill: ingest failed"):
            httpx.post(url, json={"title": title})
        assert (box.count("drifted"), box.count("ingest failed"), box.count("disk")) == (2, 1, 0)


def test_there_is_enough_to_drift_from_and_to_and_to_ask() -> None:
    assert len(company.foreign()) >= 50  # a window
    assert len(company.answerable()) >= 30
    assert len(company.unanswerable()) >= 60  # what a fall takes
