"""The registry: one release in force, moved only by what was decided, and put back in one move."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from gristmill.errors import GateError, SettingsError
from gristmill.evaluation.ruling import Outcome
from gristmill.release.decisions import Decision, How, Kind, Scope
from gristmill.release.known import KnownReleases
from gristmill.release.manifest import Release, differ_by_documents_alone, differences
from gristmill.release.registry import Registry
from gristmill.settings import AnsweringSettings, EncoderSettings, GeneratorSettings, SearchSettings
from gristmill.storage.database import Database
from tests.postgres import postgres

FIRST = Release(
    index="i1",
    chunker="c",
    encoders=("e",),
    encoder=EncoderSettings().model_dump(mode="json"),
    search=SearchSettings().model_dump(mode="json"),
    answering=AnsweringSettings().model_dump(mode="json"),
    prompt={"name": "answer", "system": "s", "user": "u", "sha": "p"},
    generator="g",
    generator_settings=GeneratorSettings().model_dump(mode="json"),
)
SECOND = replace(FIRST, index="i2")
THIRD = replace(FIRST, search=SearchSettings(passages=9).model_dump(mode="json"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(Database(f"sqlite:///{tmp_path / 'gristmill.db'}"), tmp_path)
    made.start(FIRST)
    return made


def decided(
    registry: Registry, release: Release, outcome: Outcome = Outcome.PROMOTE, baseline: Release = FIRST,
    scope: Scope = Scope.FULL,
) -> str:  # fmt: skip
    registry.keep(release)
    registry.decide(Decision(release.name, baseline.name, scope, outcome, "because"))
    return release.name


def test_the_first_release_comes_into_force_once(registry: Registry) -> None:
    assert registry.in_force() == FIRST.name
    assert registry.start(SECOND) == FIRST.name
    assert registry.in_force() == FIRST.name


def test_whoever_only_looks_does_not_wait_for_a_writer(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gristmill.storage.database._BUSY_SECONDS", 0.2)
    looking = Registry(Database(f"sqlite:///{tmp_path / 'gristmill.db'}"), tmp_path)
    with Database(f"sqlite:///{tmp_path / 'gristmill.db'}").session() as writer:
        writer.execute(text("SELECT 1"))  # it writes from its beginning
        assert looking.in_force() == FIRST.name
        assert looking.current() == FIRST
        assert [move.release for move in looking.moves()] == [FIRST.name]
        assert [one.state for one in looking.listed()] == ["in force"]
        assert looking.needed(1) == [FIRST]
        assert looking.decisions() == []
        assert looking.withdrawn() == set()


@pytest.mark.slow
def test_on_postgres_the_same_releases_are_needed(tmp_path: Path) -> None:
    tuned = replace(FIRST, index="i9", encoder=FIRST.encoder | {"memory": "tuned/1", "memory_sha256": "0"})
    with postgres() as url:
        registry = Registry(Database(url), tmp_path)
        registry.start(FIRST)
        assert registry.needed(2) == [FIRST]
        registry.keep(tuned)
        registry.advance(SECOND, documents(SECOND))
        assert registry.needed(0) == [SECOND, tuned]
        assert registry.needed(2) == [SECOND, FIRST, tuned]
        assert KnownReleases(url, tmp_path, lambda: registry).needed(2) == registry.needed(2)


def documents(release: Release, outcome: Outcome = Outcome.PROMOTE, baseline: Release = FIRST) -> Decision:
    return Decision(release.name, baseline.name, Scope.DOCUMENTS, outcome, "because", details={"lost": 0})


def test_other_documents_come_into_force_with_the_decision_on_them(registry: Registry, tmp_path: Path) -> None:
    registry.advance(SECOND, documents(SECOND))
    assert registry.current() == SECOND
    assert registry.moves()[-1].how is How.FAST_LANE
    assert [row.details for row in registry.decisions(SECOND.name)] == [{"lost": 0}]
    assert (tmp_path / "releases" / f"{SECOND.name}.json").is_file()
    assert registry.listed()[0].kind is Kind.DOCUMENTS


def test_other_documents_that_are_worse_are_kept_with_the_decision_and_wait(registry: Registry) -> None:
    registry.advance(SECOND, documents(SECOND, Outcome.REJECT))
    assert registry.current() == FIRST
    assert registry.get(SECOND.name) == SECOND
    assert [row.outcome for row in registry.decisions(SECOND.name)] == ["reject"]


def test_other_documents_that_were_compared_with_what_is_in_force_no_more_leave_nothing(registry: Registry) -> None:
    with pytest.raises(GateError, match="is in force now"):
        registry.advance(SECOND, documents(SECOND, baseline=THIRD))
    assert registry.current() == FIRST
    assert registry.decisions() == []
    assert [one.release for one in registry.listed()] == [FIRST.name]


def test_a_manifest_survives_the_database_and_is_a_file_too(registry: Registry, tmp_path: Path) -> None:
    assert registry.get(FIRST.name) == FIRST
    assert registry.get(FIRST.name[:6]).name == FIRST.name
    stored = json.loads((tmp_path / "releases" / f"{FIRST.name}.json").read_text())
    assert Release.from_json(stored) == FIRST


def test_a_release_of_before_there_were_uncertain_answers_goes_on_refusing() -> None:
    before = {name: value for name, value in FIRST.answering.items() if name not in {"perhaps", "wanted"}}
    read = replace(FIRST, answering=before).answering_settings
    assert (read.perhaps, read.wanted) == (1.0, False)
    assert FIRST.answering_settings.perhaps == AnsweringSettings().perhaps


def test_a_release_without_a_decision_is_refused(registry: Registry) -> None:
    registry.keep(SECOND)
    with pytest.raises(GateError, match="Nothing was decided"):
        registry.promote(SECOND.name, who="eva")
    assert registry.in_force() == FIRST.name


@pytest.mark.parametrize(
    ("outcome", "remedy"), [(Outcome.REJECT, "another candidate"), (Outcome.INSUFFICIENT, "Add questions")]
)
def test_only_a_decision_to_promote_promotes_and_the_remedy_is_no_second_try(
    registry: Registry, outcome: Outcome, remedy: str
) -> None:
    name = decided(registry, SECOND, outcome)
    with pytest.raises(GateError, match=str(outcome)) as refused:
        registry.promote(name, who="eva")
    assert remedy in str(refused.value.remedy)


def test_a_decision_against_what_is_no_longer_in_force_is_refused(registry: Registry) -> None:
    stale = decided(registry, THIRD)
    registry.promote(decided(registry, SECOND), who="eva")
    with pytest.raises(GateError, match="is in force now"):
        registry.promote(stale, who="eva")


def test_a_later_rejection_undoes_an_earlier_yes(registry: Registry) -> None:
    name = decided(registry, SECOND)
    decided(registry, SECOND, Outcome.REJECT)
    with pytest.raises(GateError, match="reject"):
        registry.promote(name, who="eva")


def test_a_decision_on_documents_promotes_nothing_that_asks_for_more(registry: Registry) -> None:
    name = decided(registry, SECOND, scope=Scope.DOCUMENTS)
    with pytest.raises(GateError, match="'documents', not 'full'"):
        registry.promote(name, who="eva", scope=Scope.FULL)


def test_a_rollback_is_one_move_and_takes_less_than_a_second(registry: Registry) -> None:
    registry.promote(decided(registry, SECOND), who="eva")
    began = time.perf_counter()
    move = registry.rollback(who="eva", reason="worse")
    assert time.perf_counter() - began < 1
    assert (registry.in_force(), move.how) == (FIRST.name, How.ROLLED_BACK)
    assert registry.withdrawn() == {SECOND.name}


def test_two_rollbacks_go_two_steps_back(registry: Registry) -> None:
    registry.promote(decided(registry, SECOND), who="eva")
    registry.promote(decided(registry, THIRD, baseline=SECOND), who="eva")
    registry.rollback(who="eva", reason="worse")
    assert registry.in_force() == SECOND.name
    registry.rollback(who="eva", reason="worse still")
    assert registry.in_force() == FIRST.name
    with pytest.raises(SettingsError, match="no earlier release"):
        registry.rollback(who="eva", reason="and again")


def test_nothing_that_never_answered_is_rolled_back_to(registry: Registry) -> None:
    registry.keep(SECOND)
    with pytest.raises(SettingsError, match="never in force"):
        registry.rollback(who="eva", reason="x", to=SECOND.name)


def test_the_list_tells_the_state_of_each(registry: Registry) -> None:
    registry.promote(decided(registry, SECOND), who="eva")
    registry.rollback(who="eva", reason="worse")
    decided(registry, THIRD, Outcome.REJECT)
    states = {each.release: each.state for each in registry.listed()}
    assert states == {FIRST.name: "in force", SECOND.name: "rolled back", THIRD.name: "reject"}


def test_indexes_of_recent_releases_are_protected(registry: Registry) -> None:
    registry.promote(decided(registry, SECOND), who="eva")
    assert registry.protected(0) == {"i2"}
    assert registry.protected(1) == {"i1", "i2"}


def test_differences_name_what_changed() -> None:
    assert differences(FIRST, THIRD) == {"search.passages": (5, 9)}
    assert differ_by_documents_alone(FIRST, SECOND)
    assert not differ_by_documents_alone(FIRST, THIRD)


def test_where_weights_lie_is_not_what_they_are() -> None:
    moved = replace(FIRST, generator_settings=FIRST.generator_settings | {"path": "/elsewhere/model.gguf"})
    assert moved.name == FIRST.name
