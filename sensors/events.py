"""The orchestrator's own history, which it keeps for ever unless somebody forgets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
AT_WORK = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip
# So many in one go: a first run after years must end too.
_MOST = 2_000


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
