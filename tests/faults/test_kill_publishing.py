"""A publication that is killed at any moment of build, audit and publish: what is in force stays readable and whole.

The next run publishes the same manifest, byte for byte, that an undisturbed one does.

`GRISTMILL_KILLS=200 pytest tests/faults/test_kill_publishing.py` is the thorough run.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from gristmill.search.damage import damaged_files
from gristmill.search.index import open_current
from gristmill.search.rows import index_rows
from gristmill.workspace import Workspace
from tests.conftest import KILLS
from tests.faults.publishing import workspace_of
from tests.faults.runs import processes_of_session, sentences
from tests.processes import wait_until
from tests.workspaces import grind, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6_000)]

# Each one builds twice: a few are enough to notice a change, the thorough run is for proof.
_KILLS = KILLS if KILLS >= 30 else 2


def start(home: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.publishing", str(home), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def publish(home: Path, folder: Path) -> float:
    began = time.monotonic()
    process = start(home, folder)
    assert process.communicate()[0].startswith("published")
    assert process.returncode == 0
    return time.monotonic() - began


def kill_after(home: Path, folder: Path, seconds: float, *, whole_group: bool) -> bool:
    process = start(home, folder)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=seconds)
        return False
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()
    wait_until(lambda: not processes_of_session(process.pid))
    return True


def assert_whole(workspace: Workspace, chunks: set[str]) -> None:
    """The version in force has every chunk once, in every part."""
    version = open_current(workspace.index_store)
    assert damaged_files(version.folder) == []
    held = version.rows["chunk"].to_list()
    assert len(held) == len(set(held))
    assert set(held) == chunks == version.lexical.ids() == version.chroma.ids()
    assert len(version.matrix) == len(held) == version.lexical.size


def manifest(workspace: Workspace) -> bytes:
    return (open_current(workspace.index_store).folder / "manifest.json").read_bytes()


def test_a_publication_killed_at_random_moments_leaves_a_whole_version_and_ends_in_an_equal_manifest(
    tmp_path: Path,
) -> None:
    draw = random.Random(KILLS)
    home, folder = tmp_path / "home", tmp_path / "documents"
    write(folder, {f"{n}.md": f"# Part {n}\n\n{sentences(draw, 60)}\n" for n in range(12)})
    workspace = workspace_of(home, folder)
    grind(workspace)
    seconds = publish(home, folder)
    before = set(index_rows(workspace.lake)["chunk"])
    killed = number = 0
    while killed < _KILLS:
        number += 1
        write(folder, {f"new-{number}.md": f"# New {number}\n\n{sentences(draw, 40)}\n"})
        (folder / f"new-{number - 2}.md").unlink(missing_ok=True)
        grind(workspace)
        wanted = set(index_rows(workspace.lake)["chunk"])
        if kill_after(home, folder, draw.uniform(0, seconds), whole_group=number % 2 == 0):
            killed += 1
            version = open_current(workspace.index_store)
            assert_whole(workspace, wanted if set(version.rows["chunk"]) == wanted else before)
        seconds = 0.7 * seconds + 0.3 * publish(home, folder)
        assert_whole(workspace, wanted)
        before = wanted

    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(home / "lake", undisturbed / "lake")
    publish(undisturbed, folder)
    assert manifest(workspace) == manifest(workspace_of(undisturbed, folder))
    assert not list((home / "index" / "staging").glob("*-audit-*"))
