from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest
from rich.console import Console
from typer.testing import CliRunner
from watchfiles import Change

from gristmill.cli.app import app
from gristmill.cli.rendering import turn_told
from gristmill.corpus.report import Change as What
from gristmill.corpus.report import Silent, StageReport
from gristmill.errors import BusyError, GristmillError, SettingsError
from gristmill.following import Turn, _Meant, follow
from gristmill.mill import Run, grind, working
from gristmill.search.index import open_current
from gristmill.settings import Settings
from gristmill.standstill import Standstill, standstill
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.processes import children
from tests.workspaces import workspace_at, write

PAGES: dict[str, str | bytes] = {
    "mill.md": "# The mill\n\nThe wheel turns by day.\n",
    "barn.md": "# The barn\n\nThe barn is of oak.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "documents", PAGES)


@pytest.fixture
def settings(tmp_path: Path, folder: Path) -> Settings:
    return workspace_at(tmp_path / "home", folder).settings


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that need no loading, and little patience."""
    monkeypatch.setattr("gristmill.following.Workspace", lambda settings: Workspace(settings, encoder=FakeEncoder()))
    monkeypatch.setattr("gristmill.following._QUIET_MS", 50)
    monkeypatch.setattr("gristmill.following._LOOK_MS", 200)


def turns(settings: Settings) -> Generator[Turn, None, None]:
    """Turns in which something was done."""
    return (turn for turn in follow(lambda: settings, lambda: nullcontext(Silent())) if not turn.idle)


def held(settings: Settings) -> set[str]:
    return set(open_current(Workspace(settings).index_store).rows["document"])


def changes(turn: Turn) -> dict[str, str]:
    assert turn.error is None
    return {
        change.name: change.what for report in turn.reports if report.stage == "documents" for change in report.changes
    }


@pytest.mark.slow
def test_each_change_is_taken_in(settings: Settings, folder: Path) -> None:
    others = children(os.getpid())  # of other tests
    turn = turns(settings)
    assert changes(next(turn)) == {"mill.md": "accepted", "barn.md": "accepted"}
    (folder / "barn.md").unlink()  # before the folder is watched
    assert changes(next(turn)) == {"barn.md": "removed"}
    assert held(settings) == {"mill.md"}
    Timer(0.6, write, (folder, {"deep/new.md": "# New\n\nA new page.\n"})).start()  # while it is watched
    assert changes(next(turn)) == {"deep/new.md": "accepted"}
    assert held(settings) == {"mill.md", "deep/new.md"}
    turn.close()
    assert children(os.getpid()) <= others


@pytest.mark.slow
def test_what_is_wrong_is_told_and_tried_again_after_the_next_change(settings: Settings, folder: Path) -> None:
    turn = turns(settings)
    next(turn)
    for page in PAGES:
        (folder / page).unlink()
    stopped = next(turn)
    assert stopped.error is not None
    assert str(folder) in stopped.error.message
    assert held(settings) == set(PAGES)
    write(folder, PAGES | {"new.md": "# New\n\nA new page.\n"})
    assert changes(next(turn)) == {"new.md": "accepted"}


@pytest.mark.slow
def test_a_folder_that_goes_is_told_once_and_followed_again_when_it_is_back(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gristmill.following._ASK_SECONDS", 0.3)
    turn = turns(settings)
    next(turn)
    away = folder.rename(folder.with_name("away"))
    gone = next(turn)
    assert gone.error is not None
    assert str(folder) in gone.error.message
    write(away, {"new.md": "# New\n\nA new page.\n"})
    Timer(1.5, away.rename, (folder,)).start()
    assert changes(next(turn)) == {"new.md": "accepted"}  # and no second word of what is gone
    Timer(0.6, (folder / "barn.md").unlink).start()
    assert changes(next(turn)) == {"barn.md": "removed"}


@pytest.mark.slow
def test_a_system_that_tells_of_no_changes_is_asked(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(*_: object, **__: object) -> None:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr("gristmill.following.watch", no_more)
    turn = turns(settings)
    next(turn)
    (folder / "barn.md").unlink()
    assert changes(next(turn)) == {"barn.md": "removed"}


@pytest.mark.slow
def test_whoever_is_at_work_on_the_same_home_is_waited_for(settings: Settings, folder: Path) -> None:
    turn = turns(settings)
    next(turn)
    workspace = Workspace(settings)
    (folder / "barn.md").unlink()
    with ExitStack() as night_shift:
        night_shift.enter_context(working(workspace, "the night shift"))
        Timer(1.5, night_shift.close).start()
        assert changes(next(turn)) == {"barn.md": "removed"}


@pytest.mark.slow
def test_what_was_done_before_another_was_at_work_is_not_told_twice(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = [True]

    def interrupted(run: Run) -> Iterator[StageReport]:
        for report in grind(run):
            yield report
            if busy and report.stage == "documents":
                busy.clear()
                raise BusyError("The night shift is at work.", "Wait for it.")

    turn = turns(settings)
    next(turn)
    monkeypatch.setattr("gristmill.following.grind", interrupted)
    write(folder, {"new.md": "# New\n\nA new page.\n"})
    stages = [report.stage for report in next(turn).reports]
    assert len(stages) == len(set(stages))
    assert not busy


@pytest.mark.slow
def test_an_auditor_that_died_while_it_waited_is_replaced(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = children(os.getpid())  # of other tests

    def kill_and_find(kind: Callable[[Settings], Standstill | None]) -> Callable[[Settings], Standstill | None]:
        def look(settings: Settings) -> Standstill | None:
            for child in children(os.getpid()) - others:
                os.kill(child, signal.SIGKILL)
            return kind(settings)

        return look

    turn = turns(settings)
    next(turn)
    (folder / "barn.md").unlink()
    monkeypatch.setattr("gristmill.following.standstill", kill_and_find(standstill))
    assert changes(next(turn)) == {"barn.md": "removed"}
    assert held(settings) == {"mill.md"}


@pytest.mark.slow
def test_wrong_settings_are_told_once_and_heard_when_they_are_right(settings: Settings, folder: Path) -> None:
    looks = 0

    def settings_now() -> Settings:
        nonlocal looks
        looks += 1
        if looks in {2, 3}:
            raise SettingsError("There is no setting 'colour'.", "Remove it.")
        return settings

    turn = follow(settings_now, lambda: nullcontext(Silent()))
    next(turn)
    write(folder, {"new.md": "# New\n\nA new page.\n"})
    wrong = next(turn)
    assert wrong.error is not None
    assert "colour" in wrong.error.message
    Timer(0.6, (folder / "barn.md").unlink).start()
    Timer(1.2, (folder / "mill.md").touch).start()
    assert changes(next(turn)) == {"new.md": "accepted", "barn.md": "removed"}


def test_settings_that_are_wrong_from_the_start_are_an_error() -> None:
    def settings_now() -> Settings:
        raise SettingsError("There is no setting 'colour'.", "Remove it.")

    with pytest.raises(SettingsError, match="colour"):
        next(follow(settings_now, lambda: nullcontext(Silent())))


def test_hidden_files_and_what_a_run_writes_are_no_change_of_documents(tmp_path: Path) -> None:
    folder, home = tmp_path / ".notes", tmp_path / ".notes" / "state"
    meant = _Meant([folder], home)
    assert meant(Change.modified, str(folder / "leave.md"))
    assert meant(Change.deleted, str(folder / "deep" / "pay.md"))
    assert not meant(Change.added, str(folder / ".git" / "index"))
    assert not meant(Change.added, str(folder / "deep" / ".leave.md.swp"))
    assert not meant(Change.modified, str(home / "lake" / "chunks" / "part.parquet"))


def told(turn: Turn) -> str:
    """What people read of a turn."""
    console = Console(width=200)
    with console.capture() as captured:
        console.print(turn_told(turn))
    return captured.get()


def turn_of(changes: int, *named: What, release: Sequence[What] = (), error: GristmillError | None = None) -> Turn:
    reports = (
        StageReport.of("documents", {"changed": changes}, named),
        StageReport.of("search_index", {"published": 1}),
        StageReport.of("document_release", {"published": int(not release)}, release),
    )
    return Turn(datetime.now(UTC), 0.42, reports[: 1 if error else 3], error)


def test_people_read_what_became_of_each_document_and_why() -> None:
    said = told(
        turn_of(2, What("a[b].md", "accepted", "of no interest"), What("x.md", "quarantined", "It [gives] orders."))
    )
    assert "accepted    a[b].md\n" in said
    assert "quarantined x.md: It [gives] orders." in said
    assert "in force after 0.4 s" in said
    assert "more" not in said


def test_of_many_documents_people_read_some_and_how_many_more() -> None:
    said = told(turn_of(1_207, *(What(f"{n}.md", "accepted") for n in range(20))))
    assert said.count(".md") == 5
    assert "and 1,202 more" in said


def test_people_read_what_is_held_back_or_stopped_and_not_that_it_is_in_force() -> None:
    held_back = told(turn_of(1, What("a.md", "accepted"), release=[What("r-1", "held back", "It finds less.")]))
    assert "held back r-1: It finds less." in held_back
    stopped = told(turn_of(1, What("a.md", "accepted"), error=SettingsError("There is no 'colour'.", "Remove it.")))
    assert "There is no 'colour'." in stopped
    assert "Remove it." in stopped
    assert "in force" not in held_back + stopped


def test_a_source_may_not_become_empty_unseen() -> None:
    refused = CliRunner().invoke(app, ["ingest", "--watch", "--allow-empty"])
    assert refused.exit_code == 2
    assert "--allow-empty" in refused.output


@pytest.mark.slow
def test_the_command_stays_until_it_is_interrupted(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "gristmill.toml").write_text('home = "home"\nsearch.bridge = false\n')
    command = [sys.executable, "-m", "gristmill.cli", "ingest", str(folder), "--watch", "--json"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = (json.loads(line) for line in process.stdout)
    assert next(lines)["stages"][0]["numbers"]["new"] == 2
    (folder / "barn.md").unlink()
    told = next(lines)
    assert told["stages"][0]["numbers"]["removed"] == 1
    assert "error" not in told
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped" in said
