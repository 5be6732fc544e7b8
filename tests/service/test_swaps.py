"""Releases change under load: no request fails, and each is answered by exactly one release."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from gristmill.search.version import read_manifest
from gristmill.storage.artifacts import VersionStore
from tests.service.conftest import MakeMill
from tests.service.mills import Mill

# `GRISTMILL_SWAPS=20 pytest tests/service/test_swaps.py` is thorough.
SWAPS = int(os.environ.get("GRISTMILL_SWAPS", "4"))
CLIENTS = 8


def leave(days: int) -> dict[str, str | bytes]:
    return {"leave.md": f"# Leave\n\nMillers receive {days} days of leave each year. Ask the foreman before.\n"}


def test_releases_change_under_load_and_no_request_notices(make_mill: MakeMill) -> None:
    mill = make_mill(service={"limits": {"per_minute": 10_000_000, "questions_per_day": 10_000_000}})
    days_of = {mill.service.current.name: 27}
    stop = Event()
    with ThreadPoolExecutor(CLIENTS) as threads:
        clients = [threads.submit(ask_until, mill, stop) for _ in range(CLIENTS)]
        for swap in range(SWAPS):
            mill.republish(leave(swap + 1))
            assert mill.service.current.look()
            days_of[mill.service.current.name] = swap + 1
        stop.set()
        answers = [answer for client in clients for answer in client.result()]
    assert len(days_of) == SWAPS + 1
    assert len(answers) > SWAPS * CLIENTS
    assert {release for release, _, _ in answers} > {mill.service.current.name}
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
    mill.republish(leave(5))
    store = VersionStore(mill.workspace.home / "index")
    folder = store.current_folder()
    assert folder is not None
    content = read_manifest(folder)
    manifest = Path(folder) / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text("{")
    assert not mill.service.current.look()
    assert mill.ask("ann")["release"] == before
    manifest.write_text(whole)
    assert mill.service.current.look()
    assert "5 days" in mill.ask("ann")["answer"]
    assert read_manifest(folder) == content
