"""Real runs in process: the same tables as the mill, gates that hold, one process at a time."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl

from gristmill.corpus.quarantine import report_file
from gristmill.mill import Run, grind, working
from gristmill.search.version import read_manifest
from gristmill.storage.tables import CHUNKS, OVERRULES, QUESTIONS, SOURCE_FILES, TABLES, Table
from gristmill.workspace import Workspace
from tests.assets.conftest import Materialize, workspace_over

# Times, and what is keyed by the secret that each home draws for its pseudonyms.
OF_ONE_HOME = {"first_seen", "changed", "seconds", "at", "examined_key"}
# Without a question file nothing is asked, measured or reported.
UNMOVED = {"quarantined_documents", "question_set", "release_evaluation", "evaluation_report"}
ALLOW_EMPTY = {"ops": {"source_files": {"config": {"allow_empty": True}}}}


def rows(workspace: Workspace, table: Table) -> list[dict[str, object]]:
    frame = workspace.lake.read(table)
    return sorted(frame.drop(OF_ONE_HOME & set(frame.columns)).to_dicts(), key=repr)


def content(workspace: Workspace) -> str:
    folder = workspace.index_store.current_folder()
    assert folder is not None
    return read_manifest(folder).content


def failed_steps(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.step_key or "" for event in result.all_events if event.is_step_failure}


def made(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetMaterialization]:
    events = [event.materialization for event in result.get_asset_materialization_events()]
    return {materialization.asset_key.to_user_string(): materialization for materialization in events}


def versions(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    return {name: (each.tags or {})["dagster/data_version"] for name, each in made(result).items()}


def test_all_assets_make_the_same_as_the_mill(
    materialize: Materialize, workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    assert materialize().success
    other = workspace_over(folder, tmp_path / "other")
    list(grind(Run(other, other.sources())))
    for table in TABLES:
        assert rows(workspace, table) == rows(other, table), table.name
        assert rows(workspace, table) or table in {OVERRULES, QUESTIONS}, table.name
    assert content(workspace) == content(other)
    assert report_file(workspace.home).read_text() == report_file(other.home).read_text()


def test_every_asset_reports_numbers_a_place_and_its_changes(materialize: Materialize) -> None:
    for name, materialization in made(materialize()).items():
        metadata = materialization.metadata
        numbers = [v for v in metadata.values() if isinstance(v, (dg.IntMetadataValue, dg.FloatMetadataValue))]
        assert len(numbers) > 1, name
        assert Path(str(metadata["place"].value)).exists(), name
        assert "|" in str(metadata["changes"].value), name


def test_a_run_that_finds_nothing_new_keeps_every_data_version(materialize: Materialize) -> None:
    first, second = versions(materialize()), versions(materialize())
    assert len(first) == 12
    assert first == second


def test_an_edited_document_changes_the_data_versions_down_to_the_index(materialize: Materialize, folder: Path) -> None:
    first = versions(materialize())
    (folder / "hr" / "leave.txt").write_text("Everybody has 30 days of leave.\n")
    second = versions(materialize())
    assert {name for name in first if first[name] != second[name]} == set(first) - UNMOVED


def test_a_failed_blocking_check_stops_the_search_index_and_says_what_to_do(
    materialize: Materialize, ground: Workspace
) -> None:
    ground.lake.upsert(CHUNKS, ground.lake.read(CHUNKS).with_columns(text=pl.lit("Nobody wrote this.")))
    result = materialize()
    assert failed_steps(result) == {"chunks_chunks_are_verbatim"}
    assert made(result).keys().isdisjoint({"chunk_embeddings", "search_index"})
    [evaluation] = [each for each in result.get_asset_check_evaluations() if not each.passed]
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert "lake/chunks" in str(evaluation.metadata["recovery"].value)
    assert evaluation.metadata["examples"].value


def test_a_busy_home_fails_with_its_holder_and_changes_nothing(materialize: Materialize, workspace: Workspace) -> None:
    with working(workspace, "the night shift"):
        result = materialize("source_files")
    [failure] = [event for event in result.all_events if event.is_step_failure and event.step_key == "source_files"]
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert "the night shift" in str(said.description)
    assert "Wait for it" in str(said.metadata["recovery"].value)
    assert workspace.lake.version(SOURCE_FILES) == -1


def test_a_suddenly_empty_source_fails_until_the_run_says_it_is_meant(
    materialize: Materialize, ground: Workspace, folder: Path
) -> None:
    for path in folder.rglob("*.*"):
        path.unlink()
    assert "source_files" in failed_steps(materialize("source_files"))
    assert ground.lake.read(SOURCE_FILES).height == 3
    assert "source_files" not in failed_steps(materialize("source_files", config=ALLOW_EMPTY))
    assert ground.lake.read(SOURCE_FILES).is_empty()
