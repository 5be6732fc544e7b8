"""What becomes of what people said: the court's verdict on each piece, and what is learnt from the confirmed ones."""

import dagster as dg

from assets.indexing import search_index
from assets.interactions import interactions
from assets.presentation import checked, materialized
from gristmill.contents import Contents, table_contents
from gristmill.learning.court.checks import check_verdicts
from gristmill.resources import BY_ITS_SENSOR, WorkspaceResource
from gristmill.storage.tables import FEEDBACK_VERDICTS

_GROUP = "learning"
_OWNERS = ["team:search"]


@dg.asset(
    deps=[interactions, search_index], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake"}, pool="encoder",
    tags={BY_ITS_SENSOR: "true"},
)  # fmt: skip
def feedback_verdicts(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """A verdict on each piece of feedback, with its cause and its reason: confirmed, open, or dismissed.

    Each question is asked again, each correction is looked for in the documents that its author may see, and nobody
    counts more than the caps allow. Only what is new, or what a new release changed, is examined.
    """
    from gristmill.teaching import judge_feedback

    with workspace.at_work(context) as run:
        report = judge_feedback(run.workspace, run.progress)
        return materialized(report, table_contents(run.workspace.lake, FEEDBACK_VERDICTS))


@dg.asset_check(asset=feedback_verdicts, blocking=True)
def every_verdict_has_its_reason(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Each piece has one verdict with a reason; what is confirmed is permitted, carried by documents, within caps."""
    with workspace.at_work(context) as run:
        per_day = run.workspace.settings.learning.per_day
        return checked(check_verdicts(run.workspace.lake, run.workspace.database, per_day))


@dg.asset(deps=[feedback_verdicts], group_name=_GROUP, owners=_OWNERS, kinds={"json", "scipy"})
def learned_models(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """What confirmed feedback teaches: how short an answer people want, and the evidence that they verified.

    It stands in the next release candidate, which answers nobody before the gate has let it through. Questions of
    confirmed feedback join the question set here; what judges releases is never learnt from.
    """
    from gristmill.teaching import learned_models as teach

    with workspace.at_work(context) as run:
        report = teach(run.workspace, run.progress)
        name = run.workspace.candidate().learned
        place = str(run.workspace.home / "learned")
        return materialized(report, Contents(place, int(report.numbers["verified_answers"]), name or "nothing"))


@dg.asset_check(asset=learned_models, blocking=True)
def what_is_learnt_judges_nothing(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """What the next candidate has learnt can be read, and none of it is near a question that judges releases."""
    from gristmill.teaching import check_learned

    with workspace.at_work(context) as run:
        return checked(check_learned(run.workspace))
