"""What Dagster did, as its history tells: runs by job, what each made, and what was done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.tags import PARENT_RUN_ID_TAG, RUN_KEY_TAG

from sensors.events import AT_WORK, ENDED


@dataclass(frozen=True)
class Run:
    """One run."""

    id: str
    job: str
    status: str
    start: float
    end: float
    tags: dict[str, str]
    made: tuple[str, ...]  # names of the assets

    @property
    def parent(self) -> str | None:
        """The run that this one tries again."""
        return self.tags.get(PARENT_RUN_ID_TAG)

    @property
    def key(self) -> str | None:
        """What a sensor asked for."""
        return self.tags.get(RUN_KEY_TAG)


def runs(instance: dg.DagsterInstance, job: str | None = None) -> list[Run]:
    """Return all runs, oldest first, or those of one job."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job), ascending=True)
    return [_run(instance, record) for record in records]


def ended(instance: dg.DagsterInstance, job: str) -> int:
    """Return how many runs of a job came to an end."""
    return instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=ENDED))


def succeeded(instance: dg.DagsterInstance, job: str) -> int:
    """Return how many runs of a job succeeded."""
    return instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]))


def at_work(instance: dg.DagsterInstance) -> int:
    """Return how many runs wait or are at work."""
    return instance.get_runs_count(dg.RunsFilter(statuses=AT_WORK))


def made_by(instance: dg.DagsterInstance, asset: str) -> str | None:
    """Return the run that made an asset last."""
    event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    return None if event is None else event.run_id


def has_begun(instance: dg.DagsterInstance, run: str, step: str) -> bool:
    """Say whether a run came to one of its steps."""
    logs = instance.all_logs(run, of_type=dg.DagsterEventType.STEP_START)
    return any(entry.step_key == step for entry in logs)


def slots_held(instance: dg.DagsterInstance) -> dict[str, int]:
    """Return the pools that somebody holds a slot of, and how many."""
    storage = instance.event_log_storage
    held = {pool.name: storage.get_concurrency_info(pool.name).active_slot_count for pool in storage.get_pool_limits()}
    return {name: many for name, many in held.items() if many}


def asked_twice(found: Iterable[Run]) -> list[str]:
    """Return what a sensor asked for and got more than one run of, tries after a crash aside."""
    keys = Counter((run.job, run.key) for run in found if run.key and run.parent is None)
    return [f"{job} {key}" for (job, key), count in keys.items() if count > 1]


def side_by_side(found: Iterable[Run]) -> list[str]:
    """Return pairs of runs that made the same assets and were at work at the same time."""
    order = sorted((run for run in found if run.start), key=lambda run: run.start)
    return [
        f"{one.job} {one.id[:8]} and {other.id[:8]}"
        for at, one in enumerate(order)
        for other in order[at + 1 :]
        if set(one.made) & set(other.made) and other.start < (one.end or float("inf"))
    ]


def _run(instance: dg.DagsterInstance, record: dg.RunRecord) -> Run:
    run = record.dagster_run
    logs = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    names = [
        entry.dagster_event.asset_key.to_user_string()
        for entry in logs
        if entry.dagster_event is not None and entry.dagster_event.asset_key is not None
    ]
    return Run(
        run.run_id, run.job_name, run.status.value, record.start_time or 0.0, record.end_time or 0.0,
        dict(run.tags), tuple(names),
    )  # fmt: skip
