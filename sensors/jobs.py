"""The jobs that sensors and schedules start. What the steps do stands in assets and in gristmill."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from gristmill.resources import BY_A_PERSON, WorkspaceResource

# A home that another process holds is free again in a while; a document does not parse better the second time, and
# says so itself.
_PATIENCE = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL)

everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all() - dg.AssetSelection.tag(BY_A_PERSON, "true"),
    op_retry_policy=_PATIENCE,
    description="From the sources to the release. What did not change costs next to nothing; training is left out.",
)
ingest = dg.define_asset_job(
    "ingest",
    selection=dg.AssetSelection.assets("release_candidate", "quarantined_documents", "data_report").upstream()
    - dg.AssetSelection.groups("learning"),
    op_retry_policy=_PATIENCE,
    description="From the sources to documents in force by the fast lane. The full evaluation follows by itself.",
)
drift = dg.define_asset_job(
    "drift",
    selection=dg.AssetSelection.assets("interactions", "drift_report", "missing_knowledge"),
    op_retry_policy=_PATIENCE,
    description="Copies what people asked, looks for drift and for missing knowledge.",
)
learn = dg.define_asset_job(
    "learn",
    selection=dg.AssetSelection.groups("learning"),
    op_retry_policy=_PATIENCE,
    description="From feedback to what is learnt from it.",
)
tune = dg.define_asset_job(
    "tune",
    selection=dg.AssetSelection.groups("tuning"),
    description="Trains the generator on confirmed questions and offers it to the gate. Started by a person alone.",
)


usage = dg.define_asset_job(
    "usage",
    selection=dg.AssetSelection.assets("interactions") | dg.AssetSelection.groups("usage"),
    op_retry_policy=_PATIENCE,
    description="Builds the marts from what people asked, and writes the usage report.",
)


class Why(dg.Config):
    """Why a job is started; kept with what it does."""

    reason: str = "Asked for by hand."


@dg.op
def go_back(context: dg.OpExecutionContext, config: Why, workspace: WorkspaceResource) -> None:
    """Put the release before in force again: one move of a pointer."""
    from gristmill.watchers import go_back

    context.log.info(f"In force again: {go_back(workspace.open(), config.reason)}.")


@dg.op
def let_go(context: dg.OpExecutionContext, workspace: WorkspaceResource) -> None:
    """Let go of what is no longer needed: receipts and events by age, index versions, files of the lake."""
    from gristmill.mill import working
    from gristmill.retaining import retain
    from sensors.events import forget_events

    installation = workspace.open()
    with working(installation, "retention", patience=installation.settings.orchestration.patience):
        context.log.info(str(retain(installation)))
    days = installation.settings.watching.keep_events_days
    context.log.info(f"{forget_events(context.instance, days)} runs older than {days} days were forgotten.")


@dg.op
def audit(context: dg.OpExecutionContext, workspace: WorkspaceResource) -> None:
    """Compare every file of the index in force with its manifest, and tell people of damage."""
    from gristmill.watchers import audit_index

    context.log.info(audit_index(workspace.open()))


@dg.job(description="Puts the release before in force again.")
def roll_back() -> None:
    """Go back."""
    go_back()


@dg.job(description="Lets go of old events, receipts, index versions and table files.")
def retention() -> None:
    """Let go."""
    let_go()


@dg.job(description="Looks whether the index in force is intact, file by file.")
def full_audit() -> None:
    """Audit."""
    audit()


ALL: list[dg.JobDefinition | UnresolvedAssetJobDefinition] = [
    everything,
    ingest,
    drift,
    learn,
    tune,
    usage,
    roll_back,
    retention,
    full_audit,
]
