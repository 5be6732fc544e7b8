"""An ingest that is killed at any moment: what is published answers, the next run goes on, nothing is left behind.

`GRISTMILL_KILLS=30 pytest tests/faults` is the thorough run, with the real encoder; without it the fake one saves time.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from gristmill.mill import STAGES
from tests.conftest import KILLS, REPOSITORY
from tests.faults.ingest import workspace_of
from tests.faults.runs import Ingest, assert_answers, sentences
from tests.workspaces import assert_same_state, grind

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_000)]

SAMPLES = REPOSITORY / "samples" / "documents"
FOLDERS = ("bulletins", "minutes")
ENCODER = "real" if KILLS >= 30 else "fake"
COLD_EVERY = 4  # kills of an ingest into a new home; the others meet one that holds documents
QUESTION = "When was the fire drill?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """About 25 of the sample company's documents in all formats."""
    for name in FOLDERS:
        shutil.copytree(SAMPLES / name, tmp_path / "documents" / name)
    return tmp_path / "documents"


def change(folder: Path, draw: random.Random, number: int) -> None:
    """Add, edit, touch, rename and delete some of the documents, as a day of a company does."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    edited, touched, renamed = (
        draw.sample([f for f in files if f.suffix in {".md", ".txt"}], 2),
        draw.choice(files),
        draw.choice(files),
    )
    for file in edited:
        file.write_text(f"{file.read_text()}\n\n## Addition {number}\n\n{sentences(draw, 40)}\n")
    touched.touch()
    renamed.rename(renamed.with_name(f"r{number}-{renamed.name[-40:]}"))
    (folder / f"new-{number}.md").write_text(f"# New {number}\n\n{sentences(draw, 90)}\n")
    shutil.copy(draw.choice(sorted((SAMPLES / "policies").glob("*.docx"))), folder / f"policy-{number}.docx")
    if number > 2:
        (folder / f"policy-{number - 2}.docx").unlink(missing_ok=True)


def test_an_ingest_killed_at_random_moments_ends_in_the_state_of_a_rebuild(tmp_path: Path, folder: Path) -> None:
    draw = random.Random(KILLS)
    home = tmp_path / "home"
    cold = warm = Ingest(tmp_path / "timed", folder, ENCODER).finish()
    killed = 0
    for number in range(3 * KILLS):
        if number % COLD_EVERY == 0:
            shutil.rmtree(home, ignore_errors=True)
        change(folder, draw, number)
        workspace = workspace_of(home, folder, ENCODER)
        before = workspace.index_store.current()
        is_cold = before is None
        moment = draw.uniform(0, cold if is_cold else warm)
        killed += Ingest(home, folder, ENCODER).kill_after(moment, whole_group=killed % 2 == 0)
        assert assert_answers(workspace, QUESTION) in {before, (before or 0) + 1}
        seconds = Ingest(home, folder, ENCODER).finish()
        cold, warm = (cold, warm) if is_cold else (cold, seconds)
        assert assert_answers(workspace, QUESTION) is not None
        if killed == KILLS:
            break
    assert killed == KILLS

    rebuilt = workspace_of(tmp_path / "rebuilt", folder, ENCODER)
    grind(rebuilt, STAGES)
    assert_same_state(workspace_of(home, folder, ENCODER), rebuilt)


def test_an_ingest_killed_between_its_stages_and_while_it_builds_goes_on_and_its_orphans_publish_nothing(
    tmp_path: Path, folder: Path
) -> None:
    home = tmp_path / "home"
    Ingest(home, folder).finish()
    workspace = workspace_of(home, folder, "fake")
    moments = ("done source_files", "done parsed", "done documents", "done chunks", "done embeddings", "advance index")
    for number, moment in enumerate(moments):
        change(folder, random.Random(number), number)
        ingest = Ingest(home, folder)
        ingest.wait_for(moment)
        ingest.kill(whole_group=False)
        assert assert_answers(workspace, QUESTION) == 1

    Ingest(home, folder).finish()
    assert assert_answers(workspace, QUESTION) == 2
    rebuilt = workspace_of(tmp_path / "rebuilt", folder, "fake")
    grind(rebuilt, STAGES)
    assert_same_state(workspace, rebuilt)
