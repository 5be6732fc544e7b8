"""When the shared condition asks for an asset, on two assets of its own and an instance in memory."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from sensors import FOLLOW_CHANGES, WITH_ITS_ASSET


@dg.asset
def parent() -> None: ...


@dg.asset(deps=[parent], automation_condition=FOLLOW_CHANGES)
def child() -> None: ...


@dg.asset_check(asset=parent, blocking=True)
def gate() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=child, blocking=True, automation_condition=WITH_ITS_ASSET)
def gate_of_child() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


class Watched:
    """Ticks of the automation sensor over what is reported to an instance."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self._defs = dg.Definitions(assets=[parent, child], asset_checks=[gate, gate_of_child])
        self._cursor: dg.AutomationConditionSensorDefinition | None = None
        self._result: object = None

    def made(self, name: str, version: str) -> None:
        tags = {"dagster/data_version": version}
        self.instance.report_runless_asset_event(dg.AssetMaterialization(name, tags=tags))

    def checked(self, *, passed: bool) -> None:
        evaluation = dg.AssetCheckEvaluation(
            asset_key=parent.key, check_name="gate", passed=passed, metadata={}, blocking=True
        )
        self.instance.report_runless_asset_event(evaluation)

    def tick(self) -> int:
        """Return how often the child is asked for; its check is asked for as often, and nothing else is."""
        cursor = getattr(self._result, "cursor", None)
        self._result = result = dg.evaluate_automation_conditions(self._defs, self.instance, cursor=cursor)
        asked = {each.key: each.true_subset.size for each in result.results}
        assert asked[dg.AssetCheckKey(child.key, "gate_of_child")] == asked[child.key]
        assert set(asked) == {child.key, dg.AssetCheckKey(child.key, "gate_of_child")}
        return asked[child.key]


@pytest.fixture
def watched() -> Watched:
    """Parent and child exist, the parent passed its check, and the sensor has seen it."""
    watched = Watched(dg.DagsterInstance.ephemeral())
    watched.made("parent", "a")
    watched.checked(passed=True)
    watched.made("child", "a")
    assert watched.tick() == 0
    return watched


def test_a_changed_input_asks_for_the_child_once(watched: Watched) -> None:
    watched.made("parent", "b")
    watched.checked(passed=True)
    assert watched.tick() == 1
    watched.made("child", "b")
    assert watched.tick() == 0


def test_an_input_made_again_without_a_change_asks_for_nothing(watched: Watched) -> None:
    watched.made("parent", "a")
    watched.checked(passed=True)
    assert watched.tick() == 0


def test_a_failed_blocking_check_asks_for_nothing_until_it_passes(watched: Watched) -> None:
    watched.made("parent", "b")
    watched.checked(passed=False)
    assert [watched.tick(), watched.tick()] == [0, 0]
    watched.made("parent", "c")
    watched.checked(passed=True)
    assert watched.tick() == 1


def test_a_child_that_never_was_made_waits_for_a_person() -> None:
    watched = Watched(dg.DagsterInstance.ephemeral())
    watched.made("parent", "a")
    watched.checked(passed=True)
    assert [watched.tick(), watched.tick()] == [0, 0]


def test_what_failed_in_a_run_is_left_to_its_retry_until_an_input_changes(watched: Watched) -> None:
    """Else the daemon's retry and a run of this sensor both went on with the work of a crashed run."""

    @dg.multi_asset(
        specs=[dg.AssetSpec("parent"), dg.AssetSpec("child", deps=["parent"])], can_subset=True, name="crashing"
    )
    def run_that_crashes() -> Iterator[dg.MaterializeResult[None]]:
        yield dg.MaterializeResult(asset_key="parent", data_version=dg.DataVersion("b"))
        raise dg.Failure("the worker is gone")

    assert not dg.materialize([run_that_crashes], instance=watched.instance, raise_on_error=False).success
    watched.checked(passed=True)
    assert watched.tick() == 0
    assert watched.tick() == 0
    watched.made("parent", "c")
    watched.checked(passed=True)
    assert watched.tick() == 1
