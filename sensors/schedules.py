"""The clock: the job that runs everything, and the night it may run in."""

from __future__ import annotations

import dagster as dg

from gristmill.resources import BY_A_PERSON

everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all() - dg.AssetSelection.tag(BY_A_PERSON, "true"),
    description="From the sources to the release. What did not change costs next to nothing; training is left out.",
)

nightly = dg.ScheduleDefinition(
    name="nightly",
    job=everything,
    # After midnight and before the first shift.
    cron_schedule="0 2 * * *",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Runs everything each night at two (UTC). Switched off until somebody wants it.",
)
