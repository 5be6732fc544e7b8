"""The data report: figures that add up, foreign names that stay text, a page that fetches nothing."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gristmill.cli.app import app
from gristmill.corpus.data_report import (
    DataReport,
    as_json,
    as_markdown,
    as_page,
    check_report,
    gather,
    report_file,
    runs,
    write_report,
)
from gristmill.mill import accepted_documents, parsed_documents, source_files
from gristmill.settings import SETTINGS_VARIABLE
from gristmill.storage.tables import DATA_RUNS
from gristmill.workspace import Workspace
from tests.workspaces import grind, lake_versions, source, workspace_at, write

STAGES = (source_files, parsed_documents, accepted_documents)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
MILL = "# The mill\n\nThe wheel turns by day and by night, and the sluice is shut when the rye is ground.\n"
DOCUMENTS: dict[str, str | bytes] = {
    "mill.md": MILL,
    "copy.md": MILL,
    "hr/pay.md": "# Pay\n\nBand four begins at 41,000 and ends at 52,000 a year.\n",
    "old.md": "Valid from 14 March 2011.\n\nIt had twelve paddles and an axle of oak, and nobody knows its builder.\n",
    "empty.txt": "",
    "broken.pdf": b"%PDF-1.7 and nothing more",
    "<b>.md": "# A name with a mark-up of its own\n\nThe name of this file is no markup.\n",
}


@pytest.fixture
def ground(tmp_path: Path) -> Workspace:
    folder = write(tmp_path / "documents", DOCUMENTS)
    os.utime(folder / "mill.md", times=(1_300_000_000, 1_300_000_000))
    rules = ({"pattern": "hr/**", "groups": ("hr",)},)
    workspace = workspace_at(tmp_path / "home", source(folder, audience=rules), corpus={"max_bad_share": 1.0})
    grind(workspace, STAGES)
    return workspace


@pytest.fixture
def report(ground: Workspace) -> DataReport:
    return gather(ground.lake, lambda: NOW)


def test_every_document_has_one_fate_and_each_dimension_adds_up(report: DataReport) -> None:
    assert report.totals._asdict() == {"accepted": 4, "copies": 1, "quarantined": 1, "failed": 1}
    for groups in report.groups.values():
        assert [sum(fates) for fates in zip(*(g.counts for g in groups), strict=True)] == list(report.totals)
    assert {group.name: group.counts.all for group in report.groups["audience"]} == {"everyone": 6, "hr": 1}
    assert {group.name for group in report.groups["format"]} == {"md", "txt", "pdf"}
    # The time of a file is no age of what it says.
    assert {group.name: group.counts.all for group in report.groups["age"]} == {"over 5 years": 1, "no date": 6}


def test_reasons_say_how_many_which_and_what_to_do(report: DataReport) -> None:
    left_out = {reason.rule: reason for reason in report.reasons if reason.left_out}
    assert set(left_out) == {"duplicate", "empty", "damaged"}
    assert left_out["empty"].documents_shown == ("empty.txt",)
    assert all(reason.recovery for reason in report.reasons)
    assert [reason.left_out for reason in report.reasons] == sorted((r.left_out for r in report.reasons), reverse=True)


def test_families_name_their_members(report: DataReport) -> None:
    [family] = report.families
    assert set(family.members) == {"mill.md", "copy.md"}
    assert family.left_out == 1


def test_the_page_fetches_nothing_and_names_of_files_are_no_markup(report: DataReport) -> None:
    page = as_page(report)
    for fetching in ("http", "<script", "<link", "<img", "url(", "@import"):
        assert fetching not in page
    assert "<b>.md" not in page
    assert "width=device-width" in page
    assert "prefers-color-scheme: dark" in page


def test_names_of_files_are_no_markup_in_markdown_either(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a|b [x](http:evil).txt": ""})
    workspace = workspace_at(tmp_path / "home", folder)
    grind(workspace, STAGES)
    told = as_markdown(gather(workspace.lake))
    assert "a\\|b \\[x\\]" in told


def test_a_report_of_nothing_is_a_page_too(tmp_path: Path) -> None:
    report = gather(workspace_at(tmp_path / "home").lake)
    assert report.totals.all == 0
    assert "Nothing was left out." in as_page(report)
    assert "0 documents" in as_markdown(report)


def test_each_run_that_changed_the_ledger_is_a_row_and_the_chart_shows_it(ground: Workspace, tmp_path: Path) -> None:
    assert len(runs(ground.lake)) == 1
    before = lake_versions(ground)
    grind(ground, STAGES)
    assert lake_versions(ground) == before
    write(tmp_path / "documents", {"new.md": "# New\n\nA new document says something that no other one says.\n"})
    grind(ground, STAGES)
    assert [run.counts.accepted for run in runs(ground.lake)] == [4, 5]
    assert all(run.passed for run in runs(ground.lake))
    assert "<polygon" in as_page(gather(ground.lake))


def test_a_run_that_its_gate_stopped_has_a_mark(ground: Workspace) -> None:
    row = ground.lake.read(DATA_RUNS)
    later = row.with_columns(run=row["run"] + "x", at=row["at"] + timedelta(days=1), passed=~row["passed"])
    ground.lake.append(DATA_RUNS, later)
    page = as_page(gather(ground.lake))
    assert "1 were stopped" in page
    assert 'class="stop"' in page


def test_the_check_finds_a_page_that_is_missing_or_fetches(ground: Workspace, report: DataReport) -> None:
    file = report_file(ground.home)
    assert "no page" in check_report(report, file).problems[0].message
    write_report(report, file)
    assert check_report(report, file).passed
    file.write_text(file.read_text().replace("</body>", "<img src=x></body>"))
    assert "fetched from elsewhere" in check_report(report, file).problems[0].message


def test_the_figures_are_json(report: DataReport) -> None:
    told = json.loads(json.dumps(as_json(report)))
    assert told["documents"] == 7
    assert told["groups"]["audience"][0] == {
        "name": "everyone",
        "accepted": 3,
        "copies": 1,
        "quarantined": 1,
        "failed": 1,
    }


def test_the_command_writes_the_page(ground: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "g.toml").write_text(f'home = "{ground.home}"\n')
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "g.toml"))
    done = CliRunner().invoke(app, ["report", "data", "--out", str(tmp_path / "page.html"), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["accepted"] == 4
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
