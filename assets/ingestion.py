"""From the sources to the ledger: which files there are, what they say, which of them are used."""

import dagster as dg
from pydantic import Field

from assets.presentation import checked, data_docs, expected, materialized, warned
from gristmill import mill
from gristmill.contents import quarantine_contents, table_contents
from gristmill.corpus import checks
from gristmill.corpus.failures import check_no_documents_left_failed
from gristmill.corpus.quarantine import report_file
from gristmill.gates import look
from gristmill.resources import WorkspaceResource
from gristmill.storage.tables import DOCUMENTS, PARSED, SOURCE_FILES

_GROUP = "documents"
_OWNERS = ["team:documents"]


class SourceFilesConfig(dg.Config):
    """What can be said of one run."""

    allow_empty: bool = Field(
        False, description="Take it as meant when a source that had documents has none now: they are removed."
    )


@dg.asset(group_name=_GROUP, owners=_OWNERS, kinds={"deltalake", "polars"})
def source_files(
    context: dg.AssetExecutionContext, config: SourceFilesConfig, workspace: WorkspaceResource
) -> dg.MaterializeResult[None]:
    """Every file in the sources, with the hash of its content and the groups that may see it.

    Run it whenever documents were added, edited or deleted. Files that were only touched change nothing.
    """
    with workspace.at_work(context, allow_empty=config.allow_empty) as run:
        return materialized(mill.source_files(run), table_contents(run.workspace.lake, SOURCE_FILES))


@dg.asset_check(asset=source_files, blocking=True)
def files_are_listed_once_and_hashed(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """There is at least one file; each has a name of its own, an audience, and a hash or a reason why not."""
    with workspace.at_work(context) as run:
        return checked(checks.check_source_files(run.workspace.lake))


@dg.asset(deps=[source_files], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake", "polars"})
def parsed_documents(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The text of every readable file. Each content is parsed once, in processes with limits of time and memory.

    A file that cannot be parsed gets a row with the reason; it never stops the others.
    """
    with workspace.at_work(context) as run:
        return materialized(mill.parsed_documents(run), table_contents(run.workspace.lake, PARSED))


@dg.asset_check(asset=parsed_documents, blocking=True)
def readable_files_are_parsed(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Every readable file has a row, what counts as parsed has a text, and not too many files failed."""
    with workspace.at_work(context) as run:
        return checked(checks.check_parsed_documents(run.workspace.lake, run.workspace.settings.parser))


@dg.asset_check(asset=parsed_documents)
def no_documents_left_failed(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """No document failed for a reason that may pass. It warns and never blocks: the good documents go on."""
    with workspace.at_work(context) as run:
        return warned(check_no_documents_left_failed(run.workspace.lake, run.workspace.settings.parser))


@dg.asset(deps=[parsed_documents], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake", "polars"})
def accepted_documents(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The ledger: for every document ever seen whether answers may use it, and why not.

    Only accepted documents are cut, embedded and searched. A document that left its source is marked as removed here,
    and is gone from answers when the search index was made again.
    """
    with workspace.at_work(context) as run:
        return materialized(
            mill.accepted_documents(run), table_contents(run.workspace.lake, DOCUMENTS), data_docs(run, "documents")
        )


@dg.asset_check(asset=accepted_documents, blocking=True)
def ledger_is_complete(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """The ledger knows every file and no other, what is accepted has a text, and not too many documents are bad."""
    with workspace.at_work(context) as run:
        return checked(checks.check_accepted_documents(run.workspace.lake, run.workspace.settings.corpus))


@dg.asset_check(asset=accepted_documents, blocking=True)
def documents_meet_their_expectations(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The ledger is as it was declared to be: keys, statuses, versions, audiences, lengths, times."""
    with workspace.at_work(context) as run:
        return expected(look(run.workspace, "accepted_documents"))


@dg.asset(deps=[accepted_documents], group_name=_GROUP, owners=_OWNERS, kinds={"markdown"})
def quarantined_documents(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> dg.MaterializeResult[None]:
    """The documents that no answer can use, each with its reason: the list to hand to those who can repair them."""
    with workspace.at_work(context) as run:
        return materialized(mill.quarantined_documents(run), quarantine_contents(run.workspace))


@dg.asset_check(asset=quarantined_documents, blocking=True)
def every_refusal_has_a_reason(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Each quarantined or failed document has a reason, and the list is the ledger's."""
    with workspace.at_work(context) as run:
        home, lake = run.workspace.home, run.workspace.lake
        return checked(checks.check_quarantined_documents(lake, report_file(home)))
