"""Standstill: told only when a run would find nothing to do, and in doubt not at all."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from gristmill.corpus.failures import nothing_waits
from gristmill.corpus.parse import reads_scans
from gristmill.errors import StorageError
from gristmill.mill import STAGES, Run
from gristmill.mill import grind as grind_all
from gristmill.settings import Settings
from gristmill.standstill import Sighting, standstill
from gristmill.storage.tables import DOCUMENTS, PARSED
from tests.workspaces import grind, lake_versions, source, workspace_at, write

_LONG_AGO = 3_600.0


class Town:
    """A home with two folders of documents that were written long ago, ingested once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.docs = write(root / "docs", {f"{n}.md": f"# Wheel {n}\n\nIt turns {n} times." for n in range(4)})
        self.more = write(root / "more", {"sub/a.md": "# Sluice\n\nIt is shut at night.", ".hidden/x.md": "No."})
        self.age()
        self.workspace = workspace_at(
            root / "home", source(self.docs, prefix="docs"), self.more, evaluation={"questions": "questions.jsonl"}
        )
        write(root, {"questions.jsonl": ""})

    def age(self) -> None:
        """Make all documents look as if they were written long ago, each at its time."""
        for place, file in enumerate(sorted(p for p in self.root.rglob("*") if p.is_file() and "home" not in p.parts)):
            then = time.time() - _LONG_AGO - place
            os.utime(file, (then, then))

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    def ingest(self, between: Callable[[], object] = lambda: None) -> dict[str, dict[str, float]]:
        sighting = Sighting(self.settings, [source.url for source in self.workspace.sources()])
        between()
        run = Run(self.workspace, self.workspace.sources(), sighting=sighting)
        return {report.stage: dict(report.numbers) for report in grind_all(run)}

    def still(self) -> bool:
        return standstill(self.settings) is not None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Town(tmp_path_factory.mktemp("town"))
    made.ingest()
    return made.settings.home_path


@pytest.fixture
def seen(tmp_path: Path, home: Path) -> Town:
    """A town whose home is a copy, with nothing left to do, as far as looking can tell."""
    shutil.copytree(home, tmp_path / "home")
    made = Town(tmp_path)
    Sighting(made.settings, [source.url for source in made.workspace.sources()]).remember([])
    assert made.still()
    return made


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = Town(tmp_path)
    made.ingest()
    return made


def test_nothing_moved_and_what_is_told_is_what_another_run_would_tell(town: Town) -> None:
    found = standstill(town.settings)
    assert found is not None
    versions = lake_versions(town.workspace)
    again = town.ingest()
    told = {stage["stage"]: stage["numbers"] for stage in found.stages}
    assert told == {
        stage: {name: value for name, value in numbers.items() if value and name != "seconds"}
        | {name: numbers[name] for name in told[stage] if not numbers[name]}
        for stage, numbers in again.items()
    }
    assert lake_versions(town.workspace) == versions
    assert town.still()


@pytest.mark.parametrize(
    "disturb",
    [
        lambda t: write(t.docs, {"9.md": "# New"}),
        lambda t: (t.docs / "0.md").unlink(),
        lambda t: (t.docs / "0.md").rename(t.docs / "00.md"),
        lambda t: (t.docs / "0.md").touch(),
        lambda t: write(t.more / "deep" / "er", {"x.md": "# Deep"}),
        lambda t: (t.more / "link").symlink_to(t.docs),
        lambda t: t.docs.rename(t.root / "elsewhere"),
        lambda t: write(t.root, {"questions.jsonl": "{}"}),
        lambda t: (t.settings.home_path / "index" / "current").write_text("2"),
        lambda t: (t.settings.home_path / "sources.json").write_text("[]"),
        lambda t: t.workspace.lake.delete(DOCUMENTS, pl.Series(["docs/0.md"])),
        lambda t: (t.settings.home_path / "cache" / "standstill.json").write_text("{"),
        lambda t: (t.settings.home_path / "cache" / "standstill.json").write_text('{"since": "x"}'),
    ],
)  # fmt: skip
def test_whatever_moved_ends_it(seen: Town, disturb: Callable[[Town], object]) -> None:
    disturb(seen)
    assert not seen.still()


def test_a_file_of_the_same_size_with_its_old_time_put_back_is_noticed(seen: Town) -> None:
    file = seen.docs / "0.md"
    told = file.stat()
    file.write_text(file.read_text().replace("Wheel", "Wharf"))
    os.utime(file, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert not seen.still()


def test_a_damaged_index_is_noticed(seen: Town) -> None:
    file = max(
        (seen.settings.home_path / "index" / "versions").rglob("*"), key=lambda f: f.stat().st_size * f.is_file()
    )
    os.truncate(file, file.stat().st_size // 2)
    assert not seen.still()


def test_other_settings_end_it(seen: Town) -> None:
    changed = seen.settings.model_copy(update={"default_groups": ("staff",)})
    assert standstill(changed) is None


@pytest.mark.parametrize(
    "elsewhere", [{"lake": "s3://bucket/lake"}, {"database": "postgresql+psycopg://localhost/mill"}]
)
def test_what_lies_elsewhere_cannot_be_looked_at(seen: Town, elsewhere: dict[str, str]) -> None:
    settings = seen.settings.model_copy(update=elsewhere)
    Sighting(settings, [str(seen.docs)]).remember([])
    assert standstill(settings) is None
    Sighting(seen.settings, ["s3://bucket/docs"]).remember([])
    assert seen.still(), "what was known before holds"


def test_a_file_written_as_the_run_began_is_not_trusted(town: Town) -> None:
    write(town.docs, {"fresh.md": "# Fresh\n\nJust written."})
    town.ingest()
    assert not town.still()
    town.age()
    town.ingest()
    assert town.still()


def test_what_moves_during_a_run_is_not_taken_for_seen(town: Town) -> None:
    def edit() -> None:
        write(town.docs, {"late.md": "# Late"})
        town.age()

    town.ingest(edit)
    assert not town.still()


def test_it_holds_an_hour_and_no_clock_that_was_put_back(seen: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for hours, still in ((0.9, True), (1.1, False), (-1, False)):
        monkeypatch.setattr("gristmill.standstill.time.time", lambda at=now + hours * 3_600: at)
        assert seen.still() is still


def test_while_a_document_waits_for_another_try_there_is_none(town: Town) -> None:
    lake, parser = town.workspace.lake, town.settings.parser
    assert nothing_waits(lake, parser)
    rows = lake.read(PARSED).head(1)
    for outcome, attempts, waits in (
        ("crashed", 1, True), ("crashed", parser.attempts, False), ("damaged", 1, False),
        ("needs ocr", 1, reads_scans(parser)), ("needs ocr", parser.attempts, False),
    ):  # fmt: skip
        told = rows.with_columns(outcome=pl.lit(outcome), attempts=pl.lit(attempts, pl.Int32))
        lake.upsert(PARSED, told)
        assert nothing_waits(lake, parser) is not waits
        town.ingest()
        assert town.still() is not (outcome == "crashed" and waits)


def test_a_document_that_nobody_could_examine_is_looked_at_again(town: Town) -> None:
    lake = town.workspace.lake
    lake.upsert(DOCUMENTS, lake.read(DOCUMENTS).head(1).with_columns(status=pl.lit("failed")))
    assert not nothing_waits(lake, town.settings.parser)


def test_a_disk_without_space_for_it_costs_nothing_but_time(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("No space left on device.")

    monkeypatch.setattr("gristmill.standstill.write_durably", full)
    write(town.docs, {"new.md": "# New\n\nIt is new."})
    town.age()
    assert town.ingest()["search_index"]["published"] == 1
    assert not town.still()


def test_whenever_it_is_told_the_stages_find_nothing_to_do(tmp_path: Path) -> None:
    town, draw, told = Town(tmp_path), random.Random(5), 0

    def settle() -> None:
        town.age()
        town.ingest()

    steps: list[Callable[[], object]] = [
        lambda: write(town.docs, {f"{draw.randrange(6)}.md": f"# Wheel\n\nIt turns {draw.randrange(99)} times."}),
        lambda: draw.choice([*town.docs.glob("*.md"), town.root / "none"]).unlink(missing_ok=True),
        lambda: (town.docs / "0.md").touch(),
        settle,
        settle,
        town.ingest,
        lambda: grind(town.workspace, STAGES),
        lambda: None,
    ]
    write(town.docs, {"kept.md": "# Kept\n\nThis one stays."})
    for _ in range(30):
        draw.choice(steps)()
        if town.still():
            told += 1
            versions = lake_versions(town.workspace)
            grind(town.workspace, STAGES)
            assert lake_versions(town.workspace) == versions
    assert told > 2


def test_asking_whether_anything_moved_loads_no_tables(tmp_path: Path) -> None:
    script = """
import sys
import gristmill.cli.app, gristmill.standstill
from gristmill.settings import load_settings
assert gristmill.standstill.standstill(load_settings()) is None
assert not {"polars", "numpy", "sqlalchemy", "deltalake"} & sys.modules.keys()
"""
    # A home of its own: in the one of the session's settings another test may have left nothing to do.
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | {"GRISTMILL_HOME": str(tmp_path)})
