"""Real runs in process: the same tables as the mill, gates that hold, one process at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl

from gristmill.corpus.quarantine import report_file
from gristmill.mill import Run, grind, working
from gristmill.search.version import read_manifest
from gristmill.storage.records import ReceiptRow
from gristmill.storage.tables import (
    CHUNKS,
    PARSED,
    QUESTIONS,
    SOURCE_FILES,
    STAGE_GATES,
    TABLES,
    Table,
)
from gristmill.workspace import Workspace
from tests.assets.conftest import Materialize, workspace_over

# Times, and what is keyed by the secret that each home draws for its pseudonyms.
OF_ONE_HOME = {"first_seen", "changed", "seconds", "tried", "at", "examined_key"}
# Without a question file nothing is asked, measured or reported; the report says how many there are.
UNMOVED = {"quarantined_documents", "data_report", "interactions"}
UNMOVED |= {"question_set", "release_evaluation", "evaluation_report"}
# Without feedback there is no verdict to write and nothing to learn, without questions nobody asked in vain, and the
# few documents agree.
NOTHING_YET = {"feedback_verdicts", "learned_models", "training_examples", "missing_knowledge", "conflicts"}
# Nobody asked, rated, overruled or trained anything.
FROM_PEOPLE = {"overrules", "settled_conflicts", "questions", "interactions", "feedback_verdicts"}
FROM_PEOPLE |= {"training_examples", "training_curves", "tuned_models", "embeddings_beside"}
ALLOW_EMPTY = {"ops": {"source_files": {"config": {"allow_empty": True}}}}


def rows(workspace: Workspace, table: Table) -> list[dict[str, object]]:
    frame = workspace.lake.read(table)
    if table is STAGE_GATES:  # what was decided on, but for the hash of an index's manifest, which has Chroma's own ids
        frame = frame.with_columns(pl.col("subject").str.replace(r"[0-9a-f]{64}", ""))
    return sorted(frame.drop(OF_ONE_HOME & set(frame.columns)).to_dicts(), key=repr)


def an_answer() -> ReceiptRow:
    return ReceiptRow(
        receipt="r1", at=datetime(2026, 1, 2, tzinfo=UTC), asker="ann", groups=["everyone"], question="Who?",
        answer="Ann.", refused=False, release="r-1", citations=[], passages=[], trace=[], latency_ms=1.0,
    )  # fmt: skip


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
        assert rows(workspace, table) or table.name in FROM_PEOPLE, table.name
    assert content(workspace) == content(other)
    assert report_file(workspace.home).read_text() == report_file(other.home).read_text()


def test_every_asset_reports_numbers_a_place_and_its_changes(materialize: Materialize, workspace: Workspace) -> None:
    with workspace.database.session() as session:
        session.add(an_answer())
    for name, materialization in made(materialize(slow=True)).items():
        metadata = materialization.metadata
        numbers = [v for v in metadata.values() if isinstance(v, (dg.IntMetadataValue, dg.FloatMetadataValue))]
        assert len(numbers) > 1, name
        assert Path(str(metadata["place"].value)).exists() or name in NOTHING_YET, name
        # The court replays in a release, so it has put the first one in force before its own step comes.
        assert "|" in str(metadata["changes"].value) or name in NOTHING_YET | {"release_candidate"}, name

        if name.startswith("mart_"):
            lineage = metadata["dagster/column_lineage"].value
            assert isinstance(lineage, dg.TableColumnLineage)
            assert any(lineage.deps_by_column.values()), name


def test_a_run_that_finds_nothing_new_keeps_every_data_version(materialize: Materialize) -> None:
    first, second = versions(materialize()), versions(materialize())
    assert len(first) == 19
    assert first == second


def test_an_edited_document_changes_the_data_versions_down_to_the_index(materialize: Materialize, folder: Path) -> None:
    first = versions(materialize())
    (folder / "hr" / "leave.txt").write_text("Everybody has 30 days of leave.\n")
    second = versions(materialize())
    moved = {name for name in first if first[name] != second[name]}
    assert moved == set(first) - UNMOVED - NOTHING_YET


def test_a_failed_blocking_check_stops_the_search_index_and_says_what_to_do(
    materialize: Materialize, ground: Workspace
) -> None:
    ground.lake.upsert(CHUNKS, ground.lake.read(CHUNKS).with_columns(text=pl.lit("Nobody wrote this.")))
    result = materialize()
    assert failed_steps(result) == {"chunks_chunks_are_verbatim", "chunks_chunks_meet_their_expectations"}
    assert made(result).keys().isdisjoint({"chunk_embeddings", "search_index"})
    failed = [each for each in result.get_asset_check_evaluations() if not each.passed]
    found = {each.check_name: each for each in failed if each.severity is dg.AssetCheckSeverity.ERROR}
    assert len(found) == 2
    for evaluation in found.values():
        assert "lake/chunks" in str(evaluation.metadata["recovery"].value)
        assert evaluation.metadata["examples"].value
    shown = found["chunks_meet_their_expectations"].metadata
    row = str(shown["✗ a chunk is as long as its span"].value)
    assert "wanted: exactly 0" in row
    assert "Recovery: " in row
    assert "keep it" in str(shown["a chunk has one row"].value)
    page = Path(str(shown["data docs"].value))
    assert "a chunk is as long as its span" in page.read_text()


def test_the_decision_of_a_failed_gate_holds_for_runs_without_its_check(
    materialize: Materialize, ground: Workspace
) -> None:
    version = ground.index_store.current()
    ground.lake.upsert(CHUNKS, ground.lake.read(CHUNKS).with_columns(text=pl.lit("Nobody wrote this.")))
    assert "search_index" in failed_steps(materialize("search_index"))
    assert not failed_steps(materialize("chunks")) - {
        "chunks_chunks_are_verbatim",
        "chunks_chunks_meet_their_expectations",
    }
    assert "search_index" in failed_steps(materialize("search_index"))
    assert ground.index_store.current() == version


def test_a_question_that_breaks_an_expectation_stops_the_candidate_and_says_what_to_do(
    materialize: Materialize, ground: Workspace
) -> None:
    asked = {
        "question": "q-1", "text": "12 ?!", "language": "en", "kind": "fact", "groups": ["everyone"],
        "answerable": False, "answer": "", "evidence": [], "split": "gate", "cluster": "q-1", "origin": "feedback",
    }  # fmt: skip
    ground.lake.append(QUESTIONS, pl.DataFrame([asked], schema=QUESTIONS.schema))
    result = materialize("question_set", "release_candidate")
    assert failed_steps(result) == {"question_set_questions_meet_their_expectations"}
    assert "release_candidate" not in made(result)
    (shown,) = [e for e in result.get_asset_check_evaluations() if e.check_name == "questions_meet_their_expectations"]
    assert "q-1" in str(shown.metadata["✗ a question has words"].value)
    assert "materialise 'question_set' again" in str(shown.metadata["recovery"].value)
    assert Path(str(shown.metadata["data docs"].value)).exists()


def test_a_warning_of_a_blocking_check_is_told_and_holds_nothing_up(materialize: Materialize) -> None:
    result = materialize()
    checks = {each.check_name: each for each in result.get_asset_check_evaluations()}
    told = checks["questions_meet_their_expectations"]
    assert told.passed  # automation waits for ever for a failed one
    assert told.severity is dg.AssetCheckSeverity.WARN
    assert "at least one question" in str(told.description)
    assert told.metadata["recovery"].value


def test_a_document_that_may_be_read_later_is_a_warning_and_stops_nothing(
    materialize: Materialize, ground: Workspace
) -> None:
    row = ground.lake.read(PARSED, where=pl.col("outcome") == "parsed").head(1)
    said = {"outcome": "timed out", "reason": "It took longer.", "tried": datetime.now(UTC), "text": None}
    ground.lake.upsert(PARSED, row.with_columns(**{name: pl.lit(value) for name, value in said.items()}))
    result = materialize("parsed_documents", "accepted_documents")
    assert not failed_steps(result)
    [warned] = [each for each in result.get_asset_check_evaluations() if each.check_name == "no_documents_left_failed"]
    assert not warned.passed
    assert warned.severity is dg.AssetCheckSeverity.WARN
    assert warned.metadata["to_be_tried_again"].value == 1
    assert "documents retry" in str(warned.metadata["recovery"].value)


def test_the_data_report_is_in_the_metadata_and_on_a_page(materialize: Materialize, ground: Workspace) -> None:
    metadata = made(materialize("data_report"))["data_report"].metadata
    assert "came in" in str(metadata["report"].value)
    assert Path(str(metadata["place"].value)).read_text().startswith("<!DOCTYPE html>")


def test_a_busy_home_is_tried_three_times_then_fails_with_its_holder_and_changes_nothing(
    materialize: Materialize, workspace: Workspace
) -> None:
    with working(workspace, "the night shift"):
        result = materialize("source_files")
    [failure] = [event for event in result.all_events if event.is_step_failure and event.step_key == "source_files"]
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert "the night shift" in str(said.description)
    assert "Wait for it" in str(said.metadata["recovery"].value)
    assert sum(event.is_step_up_for_retry for event in result.all_events if event.step_key == "source_files") == 2
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
