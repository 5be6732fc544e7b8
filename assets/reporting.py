"""What people read about the documents: the data report, as a page and in the metadata."""

import dagster as dg

from assets.ingestion import accepted_documents
from assets.presentation import checked, materialized
from gristmill import mill
from gristmill.contents import data_report_contents
from gristmill.corpus.data_report import as_markdown, check_report, gather, report_file
from gristmill.resources import WorkspaceResource


@dg.asset(deps=[accepted_documents], group_name="documents", owners=["team:documents"], kinds={"html"})
def data_report(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """What came in, what was accepted, what was left out and why; by source, format, language, age and audience.

    The page at `place` is one file of HTML that can be sent to whoever owns the documents.
    """
    with workspace.at_work(context) as run:
        made = materialized(mill.data_report(run), data_report_contents(run.workspace))
        told = as_markdown(gather(run.workspace.lake))
        return made._replace(metadata={**(made.metadata or {}), "report": dg.MetadataValue.md(told)})


@dg.asset_check(asset=data_report, blocking=True)
def report_adds_up(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """The page is there, holds nothing that is fetched from elsewhere, and its groups add up to the ledger."""
    with workspace.at_work(context) as run:
        return checked(check_report(gather(run.workspace.lake), report_file(run.workspace.home)))
