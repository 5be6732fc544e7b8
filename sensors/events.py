"""The orchestrator's own history, which it keeps for ever unless somebody forgets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.launcher import DefaultRunLauncher

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
AT_WORK = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip
# So many in one go: a first run after years must end too.
_MOST = 2_000
# Seconds by which a process may seem to be younger than the run that it began.
_START = 60.0


def forget_events(instance: dg.DagsterInstance, days: int) -> int:
    """Delete runs that ended more than `days` ago, with their events; the newest state of assets stays."""
    before = datetime.now(UTC) - timedelta(days=days)
    old = instance.get_run_records(dg.RunsFilter(statuses=ENDED, updated_before=before), limit=_MOST, ascending=True)
    for record in old:
        instance.delete_run(record.dagster_run.run_id)
    return len(old)


def is_at_work(instance: dg.DagsterInstance, *jobs: str) -> bool:
    """Say whether a run of any of these jobs waits or is at work."""
    return any(instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=AT_WORK)) for job in jobs)


def lost(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Return runs that count as at work on this machine and whose process is gone."""
    if not isinstance(instance.run_launcher, DefaultRunLauncher):
        return []  # their processes are elsewhere, and their launcher looks after them
    records = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    found = [(record.dagster_run, record.start_time) for record in records]
    return [run for run, began in found if _is_gone(worker_of(instance, run.run_id), began)]


def worker_of(instance: dg.DagsterInstance, run: str) -> int | None:
    """Return the process that works on a run, as the run itself told."""
    for entry in instance.all_logs(run, of_type=dg.DagsterEventType.ENGINE_EVENT):
        if entry.dagster_event is not None:
            pid = entry.dagster_event.engine_event_data.metadata.get("pid")
            if pid is not None:
                return int(str(pid.value))
    return None


def _is_gone(worker: int | None, began: float | None) -> bool:
    import psutil

    if worker is None or began is None:
        return False
    try:
        process = psutil.Process(worker)
        # After a restart of the machine another process may have the number.
        return bool(process.status() == psutil.STATUS_ZOMBIE or process.create_time() > began + _START)
    except psutil.NoSuchProcess:
        return True
