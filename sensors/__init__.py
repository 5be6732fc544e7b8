"""When it happens: automation conditions, sensors, schedules and the jobs they start. What happens stands in assets."""

import dagster as dg

from sensors.automation import FOLLOW_CHANGES, follow_changes
from sensors.schedules import everything, nightly

ALL = dg.Definitions(jobs=[everything], schedules=[nightly], sensors=[follow_changes])

__all__ = ["ALL", "FOLLOW_CHANGES"]
