"""When it happens: automation conditions, sensors, schedules and the jobs they start. What happens stands in assets."""

import dagster as dg

from sensors import arrivals, health, jobs, schedules
from sensors.automation import FOLLOW_CHANGES, NIGHTLY, WITH_ITS_ASSET, follow_changes

ALL = dg.Definitions(jobs=jobs.ALL, schedules=schedules.ALL, sensors=[follow_changes, *arrivals.ALL, *health.ALL])

__all__ = ["ALL", "FOLLOW_CHANGES", "NIGHTLY", "WITH_ITS_ASSET"]
