"""Sensors for what goes wrong: falling quality, failed and late runs, a full disk. Each tells people once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from gristmill.monitoring.deciding.memory import Memory
from gristmill.resources import WorkspaceResource
from sensors.declaring import RUNNING, told, watching
from sensors.events import AT_WORK, lost
from sensors.jobs import roll_back


@watching(1_800, roll_back)
def answers_became_worse(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult:
    """Compares refusals and ratings of live answers with those before the release; goes back when it is beyond doubt.

    It does not know whether an answer is right, and does not see a fall in fewer than 60 answers. False alarms: at
    most one in 500 looks tells people, one in 50,000 goes back; a look takes 30 new answers. It goes back at most once
    from a release, and never with 'roll_back = false'.
    """
    from gristmill.watchers import on_quality

    found = on_quality(workspace.open(), Memory.of(context.cursor))
    cursor = found.memory.text()
    if not found.run:
        return dg.SensorResult(skip_reason=found.reason, cursor=cursor)
    config = {"ops": {"go_back": {"config": {"reason": found.reason}}}}
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=found.key, run_config=config)], cursor=cursor)


@watching(600)
def home_is_well(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SkipReason:
    """Looks at the free space of the home, and sends alerts that waited for the end of the quiet hours.

    It does not delete anything: the schedule of retention does. No false alarms: space is there or it is not.
    """
    from gristmill.watchers import on_disk, outbox

    installation = workspace.open()
    sent = outbox(installation).flush()
    return dg.SkipReason(f"{on_disk(installation)} {len(sent)} alerts that waited were sent.")


def _run_failed(context: dg.RunFailureSensorContext, workspace: WorkspaceResource) -> None:
    """Tells people that a run failed, once for each job until a run of it succeeds.

    It does not start the run again: crashed runs are retried by Dagster's daemon, at most twice, and only the last try
    is told. No false alarms: it failed.
    """
    from gristmill.watchers import tell_run

    # The tag is written after the event that brought us here.
    run = context.instance.get_run_by_id(context.dagster_run.run_id) or context.dagster_run
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return
    tell_run(workspace.open(), "failed", run.job_name, run.run_id[:8], context.failure_event.message or "no message")


def _run_succeeded(context: dg.RunStatusSensorContext, workspace: WorkspaceResource) -> None:
    """Notices that a job works again, so that its next failure is told. It tells nobody of a success."""
    from gristmill.watchers import run_is_well

    run_is_well(workspace.open(), context.dagster_run.job_name)


@watching(900)
def run_is_late(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SkipReason:
    """Tells people of a run that waits or works for longer than 'late_hours', once for each job.

    It does not end it: run monitoring does, at its own limit. False alarms: a first ingest of a large corpus is late.
    """
    from gristmill.watchers import tell_run

    installation = workspace.open()
    before = datetime.now(UTC) - timedelta(hours=installation.settings.watching.late_hours)
    late = context.instance.get_run_records(dg.RunsFilter(statuses=AT_WORK, created_before=before), limit=20)
    for record in late:
        run = record.dagster_run
        tell_run(installation, "late", run.job_name, run.run_id[:8], f"{run.status.value.lower()} since {before:%H:%M}")
    return dg.SkipReason(f"{len(late)} runs are late.")


@watching(60)
def run_is_gone(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Ends runs whose process is gone, as after a restart of the machine; Dagster's daemon tries them again.

    It does not look at runs on other machines, and leaves a minute to the code server, which sees the end of what it
    started itself. No false alarms: a process lives or it does not.
    """
    memory = Memory.of(context.cursor)
    gone = lost(context.instance)
    for run in gone:
        if run.run_id in memory.seen.split():
            context.instance.report_run_failed(run, "Its process is gone, as after a restart of the machine.")
    seen = replace(memory, seen=" ".join(run.run_id for run in gone))
    return dg.SensorResult(skip_reason=f"{len(gone)} runs have no process any more.", cursor=seen.text())


run_failed = dg.run_failure_sensor(name="run_failed", default_status=RUNNING, description=told(_run_failed))(
    _run_failed
)
run_succeeded = dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="run_succeeded",
    default_status=RUNNING,
    description=told(_run_succeeded),
)(_run_succeeded)

ALL = [answers_became_worse, home_is_well, run_failed, run_succeeded, run_is_late, run_is_gone]
