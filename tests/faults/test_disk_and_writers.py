"""A disk that is full and a second writer: a clear error, nothing harmed, and the next run goes on."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gristmill.mill import STAGES
from tests.faults.ingest import workspace_of
from tests.faults.runs import Ingest, assert_answers, sentences, small_disk
from tests.workspaces import assert_same_state, grind, lake_state, write

pytestmark = pytest.mark.slow

QUESTION = "Which wheel turns?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "documents", texts("Wheel", count=20, length=30))


def texts(name: str, count: int, length: int) -> dict[str, str | bytes]:
    """Return documents with so many sentences each, none like another."""
    draw = random.Random(name)
    return {f"{name}-{n}.md": f"# {name} {n}\n\n{sentences(draw, length)}\n" for n in range(count)}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    try:
        with small_disk(tmp_path / "disk", megabytes=16) as folder:
            yield folder
    except subprocess.CalledProcessError as error:
        pytest.skip(f"a small disk cannot be mounted here: {error.stderr.decode().strip()}")


def fill(disk: Path, left: int) -> Path:
    """Fill a disk up to so many bytes; return the file to delete."""
    file = disk / "filler"
    file.write_bytes(b"\0" * max(0, shutil.disk_usage(disk).free - left))
    return file


@pytest.mark.parametrize("left", [0, 64_000, 400_000], ids=["at once", "in the lake", "in the index"])
def test_a_full_disk_is_a_clear_error_and_the_run_goes_on_when_there_is_room(
    disk: Path, folder: Path, left: int
) -> None:
    home = disk / "home"
    Ingest(home, folder).finish()
    workspace = workspace_of(home, folder, "fake")
    write(folder, texts("Sluice", count=10, length=120))

    filler = fill(disk, left)
    said = Ingest(home, folder).error()
    assert "space" in said.lower()
    assert assert_answers(workspace, QUESTION) == 1

    filler.unlink()
    Ingest(home, folder).finish()
    assert assert_answers(workspace, QUESTION) == 2
    rebuilt = workspace_of(folder.parent / "rebuilt", folder, "fake")
    grind(rebuilt, STAGES)
    assert_same_state(workspace, rebuilt)


def test_a_second_writer_is_refused_and_harms_nothing(tmp_path: Path, folder: Path) -> None:
    home = tmp_path / "home"
    first = Ingest(home, folder)
    first.wait_for("start")
    said = Ingest(home, folder).error()
    assert "BusyError" in said
    assert f"Process {first.process.pid} is already at work (ingest" in said
    first.finish()
    workspace = workspace_of(home, folder, "fake")
    assert assert_answers(workspace, QUESTION) == 1
    versions = lake_state(workspace)
    Ingest(home, folder).finish()
    assert lake_state(workspace) == versions
    assert assert_answers(workspace, QUESTION) == 1
