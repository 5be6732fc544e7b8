"""Assets follow their inputs: the condition that all share, and the sensor that evaluates it.

It does not look at the sources: somebody, or a schedule, materialises `source_files`, and the rest follows.
"""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from sensors.declaring import every

# `eager()` with three differences. It asks for a child when an input's *data version* changed, so a run that found
# nothing new starts nothing. It waits for the inputs' blocking checks: bare `eager()` asks for the child of a failed
# check on the next tick. And a child whose inputs were there before the sensor waits for the next change of them. A run
# that failed is not asked for again: a crash is the daemon's to retry, and what is permanent would fail for ever.
FOLLOW_CHANGES = (
    dg.AutomationCondition.any_deps_match(
        (dg.AutomationCondition.data_version_changed() & ~dg.AutomationCondition.executed_with_root_target())
        | dg.AutomationCondition.will_be_requested()
    ).since_last_handled()
    & ~dg.AutomationCondition.any_deps_missing()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("an input changed and passed its checks")

# A run that this sensor starts has the checks that ask for themselves and no others: each goes with its asset, and what
# waits for it can go on. Runs of a person or a job have all checks anyway.
WITH_ITS_ASSET = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested()).with_label(
    "its asset is asked for"
)

# The nightly schedule makes everything, changed or not; what is older than two nights is told by Dagster.
NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26))

follow_changes = dg.AutomationConditionSensorDefinition(
    "follow_changes",
    target=dg.AssetSelection.all(),
    minimum_interval_seconds=every(30),
    # A fresh install would otherwise show conditions that nobody evaluates.
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Materialises an asset when one of its inputs changed and passed its blocking checks.",
)
