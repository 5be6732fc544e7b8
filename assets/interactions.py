"""What people asked and said, brought from the operational database into the lake."""

import dagster as dg

from assets.presentation import checked, materialized
from gristmill.contents import table_contents
from gristmill.learning.interactions import check_interactions, export_interactions
from gristmill.resources import WorkspaceResource
from gristmill.storage.tables import INTERACTIONS


@dg.asset(group_name="learning", owners=["team:search"], kinds={"deltalake"})
def interactions(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Every answer that was given, with what was said of it. Only new and newly rated answers are copied.

    Everything that is learnt from use starts here; nothing is learnt from a rating alone.
    """
    with workspace.at_work(context) as run:
        report = export_interactions(run.workspace.database, run.workspace.lake, run.progress)
        return materialized(report, table_contents(run.workspace.lake, INTERACTIONS))


@dg.asset_check(asset=interactions, blocking=True)
def every_answer_is_copied_once(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Every stored answer is in the table once, with its question, its release and all that was said of it."""
    with workspace.at_work(context) as run:
        return checked(check_interactions(run.workspace.database, run.workspace.lake))
