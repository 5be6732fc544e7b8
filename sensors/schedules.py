"""The clock: what is done each night, week and month, whether or not anything was noticed. Times are UTC."""

from __future__ import annotations

import dagster as dg

from sensors.jobs import everything, full_audit, retention, usage

_RUNNING = dg.DefaultScheduleStatus.RUNNING

nightly = dg.ScheduleDefinition(
    name="nightly",
    job=everything,
    # After midnight and before the first shift.
    cron_schedule="0 2 * * *",
    default_status=_RUNNING,
    description="Each night at two: takes in what sensors missed, and evaluates the release in force.",
)
weekly_audit = dg.ScheduleDefinition(
    name="weekly_audit",
    job=full_audit,
    cron_schedule="0 4 * * 0",
    default_status=_RUNNING,
    description="Sundays at four: compares every file of the index in force with its manifest.",
)
weekly_retention = dg.ScheduleDefinition(
    name="weekly_retention",
    job=retention,
    cron_schedule="0 5 * * 0",
    default_status=_RUNNING,
    description="Sundays at five: lets go of old events, receipts, index versions and table files.",
)

monthly_report = dg.ScheduleDefinition(
    name="monthly_report",
    job=usage,
    # In the last hour of each month's last day, and of the days before it: the month's page is then whole.
    cron_schedule="30 23 28-31 * *",
    default_status=_RUNNING,
    description="On the last nights of a month: the usage report, which stays as reports/usage-YEAR-MONTH.html.",
)

ALL = [nightly, weekly_audit, weekly_retention, monthly_report]
