"""What becomes of what people said: the court's verdict on each piece."""

import dagster as dg

from assets.indexing import search_index
from assets.interactions import interactions
from assets.presentation import checked, materialized
from gristmill.contents import table_contents
from gristmill.learning.court.checks import check_verdicts
from gristmill.resources import WorkspaceResource
from gristmill.storage.tables import FEEDBACK_VERDICTS

_GROUP = "learning"
_OWNERS = ["team:search"]


@dg.asset(deps=[interactions, search_index], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake"})
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
