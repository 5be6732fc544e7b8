"""From the accepted documents to the published search index: chunks, their vectors, the index."""

import dagster as dg

from assets.ingestion import accepted_documents
from assets.presentation import checked, data_docs, expected, materialized
from gristmill import mill
from gristmill.contents import index_contents, table_contents
from gristmill.gates import look
from gristmill.resources import WorkspaceResource
from gristmill.search import checks
from gristmill.storage.tables import CHUNKS, EMBEDDINGS

_GROUP = "search"
_OWNERS = ["team:search"]


@dg.asset(deps=[accepted_documents], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake", "polars"})
def chunks(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The accepted documents, cut into the passages that answers quote. Only new and edited documents are cut."""
    with workspace.at_work(context) as run:
        return materialized(mill.chunks(run), table_contents(run.workspace.lake, CHUNKS), data_docs(run, "chunks"))


@dg.asset_check(asset=chunks, blocking=True)
def chunks_are_verbatim(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """Accepted documents and no others have chunks; chunks are the text at their place and fit the encoder."""
    with workspace.at_work(context) as run:
        return checked(checks.check_chunks(run.workspace.lake, run.workspace.encoder))


@dg.asset_check(asset=chunks, blocking=True)
def chunks_meet_their_expectations(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The chunks are as they were declared to be: keys, places, spans, lengths, tokens."""
    with workspace.at_work(context) as run:
        return expected(look(run.workspace, "chunks"))


@dg.asset(deps=[chunks], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake", "pytorch"}, pool="encoder")
def chunk_embeddings(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """A vector for the meaning of every chunk. Each text is encoded once; without need the encoder is not even loaded.

    This is where a first run spends most of its time: watch `tokens_per_second`.
    """
    with workspace.at_work(context) as run:
        return materialized(
            mill.chunk_embeddings(run), table_contents(run.workspace.lake, EMBEDDINGS), data_docs(run, "embeddings")
        )


@dg.asset_check(asset=chunk_embeddings, blocking=True)
def every_chunk_has_a_vector(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Every chunk has a vector by each encoder in force; vectors are of one size and of length 1."""
    with workspace.at_work(context) as run:
        return checked(checks.check_chunk_embeddings(run.workspace.lake, run.workspace.encoders))


@dg.asset_check(asset=chunk_embeddings, blocking=True)
def embeddings_meet_their_expectations(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The vectors are as they were declared to be: keys, encoders, sizes, lengths, difference."""
    with workspace.at_work(context) as run:
        return expected(look(run.workspace, "chunk_embeddings"))


@dg.asset(deps=[chunk_embeddings], group_name=_GROUP, owners=_OWNERS, kinds={"chroma", "tantivy"})
def search_index(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The published search index, by meaning and by words: what answers are found with.

    A new version is built beside the one in force, audited in a process of its own, and put in force at once. When the
    audit fails, the version in force stays; when nothing changed, nothing is published.
    """
    with workspace.at_work(context) as run:
        return materialized(mill.search_index(run), index_contents(run.workspace))


@dg.asset_check(asset=search_index, blocking=True)
def index_holds_what_the_lake_asks_for(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The version in force holds the chunks of all accepted documents, no others, and as many as it says."""
    with workspace.at_work(context) as run:
        return checked(checks.check_search_index(run.workspace.lake, run.workspace.index_store, run.workspace.encoders))
