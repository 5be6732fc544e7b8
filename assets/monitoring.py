"""What is watched: the drift report."""

import dagster as dg

from assets.ingestion import accepted_documents
from assets.interactions import interactions
from assets.presentation import checked, materialized
from assets.release import release_candidate
from gristmill.resources import BY_ITS_SENSOR, WorkspaceResource

_GROUP = "watching"
_OWNERS = ["team:search"]


@dg.asset(
    deps=[release_candidate, interactions], group_name=_GROUP, owners=_OWNERS, kinds={"html"}, pool="encoder",
    tags={BY_ITS_SENSOR: "true"},
)  # fmt: skip
def drift_report(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Whether documents and questions are like those that the release in force was chosen on.

    The page shows what moved, since when, with examples and what is being done. Drift stops nothing by itself.
    """
    from gristmill.watching_stage import drift_stage

    with workspace.at_work(context) as run:
        return materialized(*drift_stage(run.workspace))


@dg.asset_check(asset=drift_report, blocking=True)
def one_encoder_and_one_chunker(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The tables hold the work of the configured encoder and chunker alone; a mixed index would answer wrongly."""
    from gristmill.watching_stage import check_models

    with workspace.at_work(context) as run:
        return checked(check_models(run.workspace))


@dg.asset(
    deps=[release_candidate, interactions], group_name=_GROUP, owners=_OWNERS, kinds={"json"}, pool="encoder",
    tags={BY_ITS_SENSOR: "true"},
)  # fmt: skip
def missing_knowledge(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """What people asked in vain, gathered by subject: documents to write, and pairs of documents that disagree."""
    from gristmill.missing import gaps_stage

    with workspace.at_work(context) as run:
        return materialized(*gaps_stage(run.workspace))


@dg.asset_check(asset=missing_knowledge, blocking=True)
def every_failure_is_in_a_gap(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Every question that went wrong is counted in one gap."""
    from gristmill.missing import check_gaps

    with workspace.at_work(context) as run:
        return checked(check_gaps(run.workspace))


@dg.asset(deps=[accepted_documents], group_name=_GROUP, owners=_OWNERS, kinds={"json"}, pool="encoder")
def conflicts(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Where two documents in force say the same with different figures: for a person to settle.

    The list holds nothing back. What was settled stays so until one of the two statements changes.
    """
    from gristmill.conflicting import conflicts_stage

    with workspace.at_work(context) as run:
        return materialized(*conflicts_stage(run.workspace))


@dg.asset_check(asset=conflicts, blocking=True)
def conflicts_are_quoted_word_for_word(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Every statement of a conflict stands in its document, where it is said to stand."""
    from gristmill.conflicting import check_conflicts

    with workspace.at_work(context) as run:
        return checked(check_conflicts(run.workspace))
