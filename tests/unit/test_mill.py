"""The lock of a home: refused at once, or waited for; and what a run starts ahead of need."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gristmill.cli.app import app
from gristmill.corpus.checks import CheckResult
from gristmill.corpus.discover import discover
from gristmill.corpus.report import StageReport
from gristmill.errors import BusyError, SettingsError, StorageError
from gristmill.mill import Run, grind, working
from gristmill.models.encoder import Encoder
from gristmill.release.assistant import Assistant
from gristmill.search.checks import check_chunks
from gristmill.search.child import Child
from gristmill.settings import Settings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS
from gristmill.workspace import Workspace
from tests.processes import children
from tests.workspaces import workspace_at, write


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


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The processes that are started: assistants, and workers that audit or build."""
    kinds: list[str] = []
    assistant, worker = Assistant.start, Child.worker

    def start(lake: str) -> Assistant:
        kinds.append("assistant")
        return assistant(lake)

    def work(kind: str) -> Child:
        kinds.append(kind)
        return worker(kind)

    monkeypatch.setattr(Assistant, "start", start)
    monkeypatch.setattr(Child, "worker", work)
    return kinds


def milled(workspace: Workspace, assistant: Assistant | None = None) -> None:
    for _ in grind(Run(workspace, workspace.sources(), assistant=assistant)):
        pass


@pytest.mark.slow
def test_the_assistant_that_a_run_is_given_audits_the_new_index(tmp_path: Path, started: list[str]) -> None:
    folder = write(tmp_path / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day.\n"})
    workspace = workspace_at(tmp_path / "home", folder)
    for text, number in (("by day", 1), ("by day", 1), ("by night", 2)):
        write(folder, {"mill.md": f"# The mill\n\nThe wheel turns {text}.\n"})
        with Assistant.start(workspace.lake.url) as assistant:  # it practises on the lake as it was before
            milled(workspace, assistant)
        assert workspace.index_store.current() == number
        assert workspace.registry.current().index == workspace.candidate().index
    assert started == ["assistant"] * 3


@pytest.mark.slow
@pytest.mark.parametrize("at", ["chunks", "search_index"])
def test_a_run_whose_assistant_is_killed_does_all_itself(tmp_path: Path, started: list[str], at: str) -> None:
    folder = write(tmp_path / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day.\n"})
    workspace = workspace_at(tmp_path / "home", folder)
    milled(workspace)
    write(folder, {"mill.md": "# The mill\n\nThe wheel turns by night.\n"})
    started.clear()
    before = children(os.getpid())
    with Assistant.start(workspace.lake.url) as assistant:
        for report in grind(Run(workspace, workspace.sources(), assistant=assistant)):
            if report.stage == at:
                (killed,) = children(os.getpid()) - before
                os.kill(killed, signal.SIGKILL)
    assert started == ["assistant", *(["audit"] if at == "chunks" else [])]
    assert workspace.index_store.current() == 2
    assert workspace.registry.current().index == workspace.candidate().index
    (decision,) = workspace.registry.decisions()
    assert decision.candidate == workspace.registry.in_force()


@pytest.mark.slow
def test_a_small_change_is_taken_in_without_the_library_of_the_database(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"mill.md": "# The mill\n\nBy the stream.\n", "barn.md": "# A barn"})
    environment = os.environ | {"GRISTMILL_HOME": str(tmp_path / "home")}
    script = """
import sys
from gristmill.cli.everyday import run
sys.argv = ["gristmill", "ingest", *sys.argv[1:]]
try:
    run()
finally:
    print("sqlalchemy" in sys.modules)
"""
    told = []
    for given in ([str(folder)], []):
        run = subprocess.run(
            [sys.executable, "-c", script, *given], env=environment, check=True, capture_output=True, text=True
        )
        told.append(run.stdout.splitlines()[-1])
        (folder / "barn.md").unlink(missing_ok=True)
    assert told == ["True", "False"]  # the first release has to be made


@pytest.mark.slow
def test_the_command_starts_the_assistant_that_its_run_uses(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRISTMILL_HOME", str(tmp_path / "home"))
    folder = write(tmp_path / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day.\n"})
    ahead: list[int] = []

    def listing(*given: Any, **named: Any) -> StageReport:
        ahead.append(len(started))
        return discover(*given, **named)

    monkeypatch.setattr("gristmill.mill.discover", listing)
    told = CliRunner().invoke(app, ["ingest", str(folder)])
    assert told.exit_code == 0, told.output
    assert (ahead, started) == ([1], ["assistant"])


@pytest.mark.parametrize(("given", "code"), [("--version", 0), ("nothing", 2)])
def test_the_program_ends_with_all_its_output_what_was_to_be_done_at_last_and_its_code(given: str, code: int) -> None:
    script = """
import atexit, sys
from gristmill.cli import main
atexit.register(print, "at last")
sys.argv[0] = "gristmill"
main()
"""
    run = subprocess.run([sys.executable, "-c", script, given], check=False, capture_output=True, text=True)
    assert run.returncode == code
    assert (run.stdout + run.stderr).startswith("gristmill" if code == 0 else "at last")
    assert run.stdout.endswith("at last\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
@pytest.mark.parametrize("given", [["--version"], ["--help"], ["search", "--help"]])
def test_output_that_a_full_disk_does_not_take_is_an_error_in_words(given: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "gristmill.cli", *given]
        run = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("✗ Nothing more can be written: No space left on device.")
    assert "Traceback" not in run.stderr
    assert "Exception" not in run.stderr


@pytest.mark.slow
def test_after_a_large_change_the_assistant_does_not_wait_for_the_encoder(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gristmill.mill._FEW_CHANGED", 1)
    folder = write(tmp_path / "documents", {"mill.md": "# The mill\n\nBy the stream.\n", "barn.md": "# The barn\n"})
    workspace = workspace_at(tmp_path / "home", folder)
    before = children(os.getpid())
    with Assistant.start(workspace.lake.url) as assistant:
        run = grind(Run(workspace, workspace.sources(), assistant=assistant))
        next(run)
        assert len(children(os.getpid()) - before) == 1
        next(run)
        assert children(os.getpid()) <= before
        list(run)
    assert workspace.index_store.current() == 1
    assert started == ["assistant", "audit"]


@pytest.mark.slow
def test_the_gate_of_the_chunks_knows_which_commit_passed_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int | None] = []

    def check(lake: Lake, encoder: Encoder, passed: int | None) -> CheckResult:
        told.append(passed)
        return check_chunks(lake, encoder, passed)

    monkeypatch.setattr("gristmill.gates.check_chunks", check)
    folder = write(tmp_path / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day.\n"})
    workspace = workspace_at(tmp_path / "home", folder)
    milled(workspace)
    passed = workspace.lake.version(CHUNKS)
    write(folder, {"mill.md": "# The mill\n\nThe wheel turns by night.\n"})
    milled(workspace)
    assert told == [None, passed]


@pytest.mark.slow
def test_an_assistant_that_is_not_needed_ends_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day.\n"})
    workspace = workspace_at(tmp_path / "home", folder)
    monkeypatch.setattr("gristmill.mill.chunk_documents", broken)
    before = children(os.getpid())  # other tests may have left a server
    with pytest.raises(StorageError), Assistant.start(workspace.lake.url) as assistant:
        milled(workspace, assistant)
    assert children(os.getpid()) <= before


def broken(*_: object) -> None:
    raise StorageError("No space is left.", "Free some.")
