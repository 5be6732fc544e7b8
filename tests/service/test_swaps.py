"""Releases change under load: no request fails, and each is answered by exactly one release."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import polars as pl
import pytest

from gristmill.errors import AuditError
from gristmill.service import current
from gristmill.service.current import CurrentRelease
from gristmill.storage.tables import PROBES
from tests.processes import wait_until
from tests.service.conftest import MakeMill
from tests.service.mills import Mill

# `GRISTMILL_SWAPS=20 pytest tests/service/test_swaps.py` is thorough.
SWAPS = int(os.environ.get("GRISTMILL_SWAPS", "6"))
CLIENTS = 8


def test_releases_change_under_load_and_no_request_notices(make_mill: MakeMill) -> None:
    mill = make_mill(service={"limits": {"per_minute": 10_000_000, "questions_per_day": 10_000_000}})
    old = mill.service.current.name
    assert old is not None
    new = mill.publish_edited("27 days", "5 days")
    assert mill.service.current.look()
    days_of, stop = {old: 27, new: 5}, Event()
    with ThreadPoolExecutor(CLIENTS) as threads:
        clients = [threads.submit(ask_until, mill, stop) for _ in range(CLIENTS)]
        try:
            for swap in range(SWAPS):
                mill.put_in_force((old, new)[swap % 2])
                mill.service.current.look()  # unless the service itself looked first
                assert mill.service.current.name == (old, new)[swap % 2]
                time.sleep(0.2)
        finally:
            stop.set()  # clients that go on asking would hide what failed
        answers = [answer for client in clients for answer in client.result()]
    assert {release for release, _, _ in answers} == days_of.keys()
    assert len(answers) > SWAPS
    for release, said, quoted in answers:
        # The words and the citation are of the release that the answer names.
        assert f"{days_of[release]} days" in said
        assert f"{days_of[release]} days" in quoted


def ask_until(mill: Mill, stop: Event) -> list[tuple[str, str, str]]:
    """Ask again and again; return the release, the words and the first quote of each answer."""
    found = []
    while not stop.is_set():
        answer = mill.ask("ann")  # asserts that it is answered
        found.append((answer["release"], answer["answer"], answer["citations"][0]["quote"]))
    return found


def test_what_answers_goes_on_when_the_next_release_is_damaged(make_mill: MakeMill) -> None:
    mill = make_mill()
    before = mill.service.current.name
    mill.publish_edited("27 days", "5 days")
    manifest = mill.workspace.index_store.folder(2) / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text("{")
    assert not mill.service.current.look()
    assert mill.ask("ann")["release"] == before
    assert mill.client.get("/readyz").status_code == 200
    manifest.write_text(whole)
    assert mill.service.current.look()
    assert "5 days" in mill.ask("ann")["answer"]


def test_a_release_whose_encoder_gives_other_vectors_than_at_first_does_not_take_over(
    make_mill: MakeMill, monkeypatch: pytest.MonkeyPatch
) -> None:
    mill = make_mill()
    before, lake = mill.service.current.name, mill.workspace.lake
    kept = lake.read(PROBES)
    assert kept.height
    lake.upsert(PROBES, kept.with_columns(vector=pl.col("vector").shuffle(seed=1)))
    mill.publish_edited("27 days", "5 days")
    assert not mill.service.current.look()
    with monkeypatch.context() as patch:
        patch.setattr(current, "require_agreement", lambda *_: pytest.fail("it was asked again at once"))
        assert not mill.service.current.look()
    assert mill.ask("ann")["release"] == before
    fresh = CurrentRelease(mill.workspace)
    assert not fresh.look()
    with pytest.raises(AuditError, match="other vectors"):
        fresh.take()
    lake.upsert(PROBES, kept)
    monkeypatch.setattr(current, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + 61))
    assert mill.service.current.look()
    assert "5 days" in mill.ask("ann")["answer"]


def test_a_damaged_index_goes_on_answering_is_told_in_the_numbers_and_is_built_again(make_mill: MakeMill) -> None:
    mill = make_mill()
    before = mill.ask("ann")
    folder = mill.workspace.index_store.current_folder()
    assert folder is not None
    os.truncate(Path(folder, "vectors.npy"), 200)
    mill.service.current.look()
    assert "gristmill_index_damaged 1.0" in mill.client.get("/metrics").text
    during = mill.ask("ann")
    assert (during["answer"], during["release"]) == (before["answer"], before["release"])

    def healed() -> bool:
        mill.service.current.look()
        return "gristmill_index_damaged 0.0" in mill.client.get("/metrics").text

    wait_until(healed)
    assert mill.service.current.index().folder != folder
    assert mill.ask("ann")["release"] == before["release"]
