"""The lock of a home: refused at once, or waited for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gristmill.errors import BusyError, SettingsError
from gristmill.mill import Run, grind, working
from gristmill.settings import Settings
from gristmill.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(Settings(home=tmp_path, sources=()))


def test_a_home_at_work_is_refused_at_once_with_its_holder(workspace: Workspace) -> None:
    with (
        working(workspace, "the night shift"),
        pytest.raises(BusyError, match="the night shift"),
        working(workspace, "x"),
    ):
        pass


def test_patience_gets_the_lock_when_the_holder_ends(workspace: Workspace) -> None:
    held, heard = threading.Event(), threading.Event()

    def hold() -> None:
        with working(workspace, "the night shift"):
            held.set()
            heard.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    said: list[str] = []

    def waiting(message: str) -> None:
        said.append(message)
        heard.set()

    with working(workspace, "the day shift", patience=30, waiting=waiting):
        holder.join(10)
    assert len(said) == 1
    assert "the night shift" in said[0]


def test_patience_ends(workspace: Workspace) -> None:
    with (
        working(workspace, "the night shift"),
        pytest.raises(BusyError, match="the night shift"),
        working(workspace, "the day shift", patience=0.1),
    ):
        pass


def test_no_source_is_an_error_and_removes_nothing(workspace: Workspace) -> None:
    with pytest.raises(SettingsError, match="no source"):
        next(grind(Run(workspace, [])))
