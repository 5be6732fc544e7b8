"""The sensors on an instance: they ask once, tell once, and end in peace. What they decide is tested apart."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

import sensors
from gristmill.asking import in_force
from gristmill.definitions import build_defs
from gristmill.monitoring.deciding import Memory
from gristmill.release_stages import release_stage, standing
from gristmill.storage.records import FeedbackRow, ReceiptRow
from gristmill.watchers import feedback_standing, outbox
from gristmill.workspace import Workspace
from sensors import arrivals, health
from sensors.events import forget_events
from tests.releases import put_in_force
from tests.sensors.ticks import Installation, Ticks
from tests.workspaces import grind, write


@pytest.fixture
def root(ground: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ground, tmp_path / "root"))


def answers(workspace: Workspace, release: str, count: int, refused: int, began: datetime) -> None:
    with workspace.database.session() as session:
        for at in range(count):
            when = began + timedelta(seconds=at)
            session.add(ReceiptRow(
                receipt=f"{release}-{when:%d%H%M%S}-{at}", at=when, asker="ann", groups=["everyone"],
                question=f"Q {at}?", answer="A.", refused=at < refused, release=release,
                citations=[], passages=[], trace=[], latency_ms=1.0,
            ))  # fmt: skip


def test_every_sensor_and_schedule_is_on_and_says_what_it_does_not_do_and_its_false_alarms() -> None:
    for sensor in sensors.ALL.sensors or []:
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING, sensor.name
    for made in (*arrivals.ALL, *health.ALL):
        said = " ".join((made.description or "").split())
        assert " not " in said or "never" in said or "nobody" in said, made.name
        assert "alse alarm" in said or made.name == "run_succeeded", made.name
    for schedule in sensors.ALL.schedules or []:
        assert isinstance(schedule, dg.ScheduleDefinition)
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING, schedule.name


def test_documents_that_settled_are_asked_for_once_and_not_beside_a_run(
    root: Path, instance: dg.DagsterInstance
) -> None:
    ticks = Ticks(arrivals.documents_changed, instance, Installation(root=str(root)))
    assert ticks.tick() == []
    ticks.settle()
    assert len(ticks.tick()) == 1
    requests = [ticks.tick() for _ in range(50)]
    assert not any(requests)
    write(root / "documents", {"new.md": "# New\n\nThe new stone weighs 900 kg.\n"})
    ticks.tick()
    ticks.settle()
    run = instance.add_run(dg.DagsterRun(job_name="ingest", status=dg.DagsterRunStatus.STARTED))
    assert ticks.tick() == []
    instance.delete_run(run.run_id)
    assert len(ticks.tick()) == 1


def test_a_source_that_is_gone_is_told_and_asks_for_nothing(root: Path, instance: dg.DagsterInstance) -> None:
    shutil.rmtree(root / "documents")
    ticks = Ticks(arrivals.documents_changed, instance, Installation(root=str(root)))
    for _ in range(5):
        ticks.tick()
        ticks.settle()
    told = {one.key: one for one in outbox(ticks.resource.open()).listed()}
    assert told["source"].over is None


def test_other_models_ask_for_one_run_in_fifty_looks(root: Path, instance: dg.DagsterInstance) -> None:
    same = Ticks(arrivals.models_changed, instance, Installation(root=str(root)))
    assert same.tick() == []
    other = Ticks(arrivals.models_changed, instance, Installation(root=str(root), encoder_name="another"))
    assert sum(len(other.tick()) for _ in range(50)) == 1
    [told] = outbox(other.resource.open()).listed()
    assert (told.key, told.times) == ("models", 50)
    same.tick()
    assert outbox(other.resource.open()).listed()[0].over is not None


def test_drift_is_looked_for_after_enough_questions(root: Path, instance: dg.DagsterInstance) -> None:
    ticks = Ticks(arrivals.enough_to_look_for_drift, instance, Installation(root=str(root)))
    workspace = ticks.resource.open()
    ticks.tick()
    ticks.settle()
    assert ticks.tick() == []
    answers(workspace, in_force(workspace), 60, 0, datetime.now(UTC))
    assert len(ticks.tick()) == 1
    assert not any(ticks.tick() for _ in range(50))


def test_worse_answers_are_told_once_and_the_release_before_comes_back(
    root: Path, instance: dg.DagsterInstance
) -> None:
    resource = Installation(root=str(root), settings={"search": {"bridge": False, "passages": 4}})
    workspace = resource.open()
    good, worse = in_force(workspace), workspace.registry.keep(workspace.candidate())
    answers(workspace, good, 200, 20, datetime.now(UTC) - timedelta(hours=2))
    put_in_force(workspace, worse)
    answers(workspace, worse, 100, 60, datetime.now(UTC))
    ticks = Ticks(health.answers_became_worse, instance, resource)
    [request] = [request for _ in range(50) for request in ticks.tick()]
    defs = build_defs({"workspace": resource})
    job = defs.resolve_job_def("roll_back")
    assert job.execute_in_process(run_config=request.run_config, instance=instance).success
    assert workspace.registry.in_force() == good
    assert "refused: 60%" in workspace.registry.moves()[-1].reason
    assert not any(ticks.tick() for _ in range(50))
    [told] = [one for one in outbox(workspace).listed() if one.key == "quality"]
    assert "Going back" in told.text


def test_it_tells_and_does_not_go_back_where_that_is_not_wanted(root: Path, instance: dg.DagsterInstance) -> None:
    settings = {"search": {"bridge": False, "passages": 4}, "watching": {"roll_back": False}}
    resource = Installation(root=str(root), settings=settings)
    workspace = resource.open()
    answers(workspace, in_force(workspace), 200, 20, datetime.now(UTC) - timedelta(hours=2))
    put_in_force(workspace, workspace.registry.keep(workspace.candidate()))
    answers(workspace, in_force(workspace), 100, 60, datetime.now(UTC))
    assert Ticks(health.answers_became_worse, instance, resource).tick() == []
    assert [one.key for one in outbox(workspace).listed()] == ["quality"]


def test_a_full_disk_is_told(root: Path, instance: dg.DagsterInstance) -> None:
    resource = Installation(root=str(root), settings={"watching": {"low_disk_gb": 1e9}})
    ticks = Ticks(health.home_is_well, instance, resource)
    for _ in range(3):
        ticks.tick()
    [told] = outbox(resource.open()).listed()
    assert (told.key, told.times, told.command) == ("disk", 3, "gristmill retain")


def test_a_late_run_is_told_once(root: Path, instance: dg.DagsterInstance) -> None:
    resource = Installation(root=str(root), settings={"watching": {"late_hours": 1e-9}})
    instance.add_run(dg.DagsterRun(job_name="learn", status=dg.DagsterRunStatus.STARTED))
    for _ in range(3):
        Ticks(health.run_is_late, instance, resource).tick()
    [told] = outbox(resource.open()).listed()
    assert (told.key, told.times) == ("run-late-learn", 3)


def test_what_was_rolled_back_is_not_offered_again_and_fails_no_night(root: Path) -> None:
    workspace = Installation(root=str(root)).open()
    first = in_force(workspace)
    changed = Installation(root=str(root), settings={"search": {"passages": 3}}).open()
    candidate = changed.candidate()
    changed.registry.keep(candidate)
    put_in_force(changed, candidate.name)
    assert standing(changed).passed
    changed.registry.rollback(who="ann", reason="worse")
    stands = standing(changed)
    assert (stands.passed, stands.offered, stands.in_force) == (True, False, first)
    assert "rolled back" in stands.reason
    release_stage(changed)
    assert in_force(changed) == first


def started(instance: dg.DagsterInstance, worker: int) -> str:
    """Return a run that counts as at work by a process."""
    run = instance.add_run(dg.DagsterRun(job_name="ingest", status=dg.DagsterRunStatus.STARTING))
    instance.report_dagster_event(dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "ingest"), run.run_id)
    instance.report_engine_event("at work", run, EngineEventData({"pid": dg.MetadataValue.text(str(worker))}))
    return run.run_id


def test_a_run_whose_process_is_gone_is_ended_at_the_second_look(root: Path, instance: dg.DagsterInstance) -> None:
    """After a restart of the machine nobody else does: it would count as at work for hours, and hold up the next."""
    with subprocess.Popen(["true"]) as ended:
        pass
    gone, alive = started(instance, ended.pid), started(instance, os.getpid())
    ticks = Ticks(health.run_is_gone, instance, Installation(root=str(root)))
    for expected in ("STARTED", "FAILURE", "FAILURE"):
        ticks.tick()
        found = {run.run_id: run.status.value for run in instance.get_runs()}
        assert found == {gone: expected, alive: "STARTED"}


def failed(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.RunFailureSensorContext:
    """Return what the sensor is given of a run that failed."""
    run = instance.add_run(dg.DagsterRun(job_name="ingest", status=dg.DagsterRunStatus.FAILURE, tags=tags))
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_FAILURE.value, "ingest", message="the machine went away")
    return dg.build_run_status_sensor_context(
        sensor_name="run_failed", dagster_event=event, dagster_instance=instance, dagster_run=run
    ).for_run_failure()


def test_a_crashed_run_is_told_only_when_it_is_not_tried_again(root: Path, instance: dg.DagsterInstance) -> None:
    resource = Installation(root=str(root))
    health._run_failed(failed(instance, {"dagster/will_retry": "true"}), resource)
    assert outbox(resource.open()).listed() == []
    health._run_failed(failed(instance, {"dagster/will_retry": "false"}), resource)
    [told] = outbox(resource.open()).listed()
    assert (told.key, told.times) == ("run-failed-ingest", 1)
    assert "the machine went away" in told.text


def test_drift_is_looked_for_after_enough_documents(root: Path, instance: dg.DagsterInstance) -> None:
    ticks = Ticks(arrivals.enough_to_look_for_drift, instance, Installation(root=str(root)))
    workspace = ticks.resource.open()
    ticks.tick()
    ticks.settle()
    write(
        root / "documents", {f"new/{at}.md": f"# {at}\n\nThe stone number {at} weighs {at} kg.\n" for at in range(60)}
    )
    grind(workspace)
    assert len(ticks.tick()) == 1
    assert ticks.tick() == []


def test_damage_of_the_index_is_told_and_over_when_it_is_whole(root: Path, instance: dg.DagsterInstance) -> None:
    resource = Installation(root=str(root))
    workspace = resource.open()
    folder = workspace.index_store.current_folder()
    assert folder is not None
    whole = (folder / "vectors.npy").read_bytes()
    job = build_defs({"workspace": resource}).resolve_job_def("full_audit")
    (folder / "vectors.npy").write_bytes(b"damaged")
    assert job.execute_in_process(instance=instance).success
    assert outbox(workspace).listed()[0].key == "index"
    (folder / "vectors.npy").write_bytes(whole)
    job.execute_in_process(instance=instance)
    assert outbox(workspace).listed()[0].over is not None


def test_confirmed_is_what_two_people_agree_on_or_a_reviewer_says(root: Path) -> None:
    workspace = Installation(root=str(root)).open()
    answers(workspace, "r", 4, 0, datetime.now(UTC))
    with workspace.database.session() as session:
        receipts = [row.receipt for row in session.query(ReceiptRow)]
        said = [(0, "ann", "up"), (0, "bob", "up"), (1, "ann", "up"), (2, "ann", "up"), (2, "bob", "down")]
        for at, (receipt, person, rating) in enumerate(said):
            session.add(FeedbackRow(
                feedback=str(at), receipt=receipts[receipt], person=person, at=datetime.now(UTC), rating=rating,
                reason=None, correction="",
            ))  # fmt: skip
    standing = feedback_standing(workspace)
    assert (standing.given, standing.confirmed) == (5, 2)


def test_old_runs_are_forgotten(instance: dg.DagsterInstance) -> None:
    instance.add_run(dg.DagsterRun(job_name="learn", status=dg.DagsterRunStatus.SUCCESS))
    instance.add_run(dg.DagsterRun(job_name="learn", status=dg.DagsterRunStatus.STARTED))
    assert forget_events(instance, 1) == 0
    assert forget_events(instance, -1) == 1
    assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.STARTED]


def test_memory_survives_as_a_cursor() -> None:
    memory = Memory(handled="a", since=datetime.now(UTC).isoformat())
    assert Memory.of(memory.text()) == memory
