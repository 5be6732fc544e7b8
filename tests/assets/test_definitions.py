"""What Dagster loads: light, complete, and connected as the design says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from gristmill.definitions import build_defs
from gristmill.resources import BY_A_PERSON, BY_ITS_SENSOR
from gristmill.settings import ChunkerSettings, Settings

ROOT = Path(__file__).parents[2]
HEAVY = [
    "torch",
    "transformers",
    "chromadb",
    "great_expectations",
    "openvino",
    "openvino_genai",
    "ray",
    "sentence_transformers",
    "peft",
    "gguf",
    "dbt",
    "duckdb",
    "apprise",
    "dagster_dbt",
]
EDGES: dict[str, set[str]] = {
    "source_files": set(),
    "parsed_documents": {"source_files"},
    "accepted_documents": {"parsed_documents"},
    "quarantined_documents": {"accepted_documents"},
    "chunks": {"accepted_documents"},
    "chunk_embeddings": {"chunks"},
    "search_index": {"chunk_embeddings"},
    "data_report": {"accepted_documents"},
    "conflicts": {"accepted_documents"},
    "question_set": {"accepted_documents"},
    "feedback_verdicts": {"interactions", "search_index"},
    "learned_models": {"feedback_verdicts"},
    "release_candidate": {"search_index", "question_set", "learned_models"},
    "release_evaluation": {"release_candidate", "question_set"},
    "release": {"release_evaluation"},
    "evaluation_report": {"release"},
    "training_examples": {"search_index", "question_set"},
    "tuned_encoder": {"search_index", "question_set"},
    "tuned_generator": {"training_examples"},
    "interactions": set(),
    "missing_knowledge": {"release_candidate", "interactions"},
    "drift_report": {"release_candidate", "interactions"},
}
IMPORT_DEFINITIONS = "import gristmill.definitions"
ASK_FOR_HELP = """
import sys
from gristmill.cli.everyday import run
sys.argv = ["gristmill", "--help"]
try:
    run()
except SystemExit:
    pass
"""


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs()


@pytest.fixture(scope="module")
def specs(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


@pytest.mark.parametrize("code", [IMPORT_DEFINITIONS, ASK_FOR_HELP], ids=["definitions", "help"])
def test_it_imports_nothing_heavy(code: str) -> None:
    tell = f"\nimport json, sys; print('\\n' + json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code + tell], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_definitions_load(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_assets_depend_on_each_other_as_the_design_says(specs: dict[str, dg.AssetSpec]) -> None:
    edges = {name: {dep.asset_key.to_user_string() for dep in spec.deps} for name, spec in specs.items()}
    assert {name: edges[name] for name in EDGES} == EDGES


def test_every_asset_tells_what_it_is_and_whose(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name not in {None, "default"}, name


def test_every_asset_has_a_blocking_check_that_says_what_it_checks(
    defs: dg.Definitions, specs: dict[str, dg.AssetSpec]
) -> None:
    beside = [spec for found in defs.asset_checks or [] for spec in found.check_specs]
    inside = [spec for one in defs.assets or [] if isinstance(one, dg.AssetsDefinition) for spec in one.check_specs]
    checks = [*beside, *inside]
    assert {spec.asset_key.to_user_string() for spec in checks if spec.blocking} == set(specs)
    assert all(spec.description for spec in checks)
    assert all(spec.automation_condition for spec in beside)  # else what a sensor made would be checked by nobody


def test_tables_with_a_suite_have_a_check_that_shows_it_and_failures_one_that_only_warns(defs: dg.Definitions) -> None:
    checks = {spec.name: spec for found in defs.asset_checks or [] for spec in found.check_specs}
    suites = {name for name in checks if name.endswith("_meet_their_expectations")}
    assert suites >= {
        "documents_meet_their_expectations",
        "chunks_meet_their_expectations",
        "embeddings_meet_their_expectations",
        "questions_meet_their_expectations",
    }
    assert all(checks[name].blocking for name in suites)
    assert not checks["no_documents_left_failed"].blocking


def test_derived_assets_follow_their_inputs_but_those_that_a_person_or_a_sensor_decides_on(
    specs: dict[str, dg.AssetSpec],
) -> None:
    follows = {name for name, spec in specs.items() if spec.automation_condition is not None}
    by_a_person = {name for name, spec in specs.items() if BY_A_PERSON in spec.tags}
    assert by_a_person == {"training_examples", "tuned_encoder", "tuned_generator"}
    by_its_sensor = {name for name, spec in specs.items() if BY_ITS_SENSOR in spec.tags}
    # Otherwise a rating would be learnt from as soon as it is copied, and drift looked for twice after each release.
    assert by_its_sensor == {"feedback_verdicts", "drift_report", "missing_knowledge"}
    assert follows == {name for name, spec in specs.items() if spec.deps} - by_a_person - by_its_sensor


def test_what_has_one_user_at_a_time_is_in_a_pool_of_one(defs: dg.Definitions, specs: dict[str, dg.AssetSpec]) -> None:
    graph = defs.resolve_asset_graph()
    pools = {}
    for name, spec in specs.items():
        node = graph.get(spec.key).assets_def.node_def
        assert isinstance(node, dg.OpDefinition)
        pools[name] = node.pool
    found = {pool: {name for name, mine in pools.items() if mine == pool} for pool in set(pools.values()) - {None}}
    assert found["trainer"] == {"tuned_generator"}
    assert found["duckdb"] == {name for name, spec in specs.items() if spec.group_name == "usage"}
    encodes = {
        "chunk_embeddings",
        "feedback_verdicts",
        "release_evaluation",
        "drift_report",
        "missing_knowledge",
        "conflicts",
    }
    encodes |= {"tuned_encoder"}
    assert found["encoder"] == encodes


def test_what_is_made_each_night_is_missed_after_two(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        assert (spec.freshness_policy is None) == (BY_A_PERSON in spec.tags), name


def test_changed_settings_change_the_code_version(tmp_path: Path) -> None:
    def version(tokens: int) -> str | None:
        defs = build_defs(settings=Settings(home=tmp_path, chunker=ChunkerSettings(tokens=tokens)))
        return next(spec.code_version for spec in defs.resolve_all_asset_specs() if spec.key == dg.AssetKey("chunks"))

    assert version(100) == version(100)
    assert version(100) != version(120)


def test_the_code_location_has_one_name() -> None:
    said = dict(re.findall(r"(module_name|location_name): ([\w.]+)", (ROOT / "workspace.yaml").read_text()))
    project = (ROOT / "pyproject.toml").read_text()
    assert f'code_location_name = "{said["location_name"]}"' in project
    assert f'code_location_target_module = "{said["module_name"]}"' in project


def test_dagster_takes_our_instance_settings(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] <= 60
        assert (instance.run_retries_enabled, instance.run_retries_max_retries) == (True, 2)
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
