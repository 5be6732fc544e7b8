"""The mill: the stages from sources to a published search index, in their order, under one lock.

The command line runs them all; each Dagster asset runs one. Both do the same work, because all of it stands in the
functions that are called here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from gristmill.corpus.acceptance import accept_documents
from gristmill.corpus.discover import StampCache, discover
from gristmill.corpus.parse import parse_documents
from gristmill.corpus.quarantine import report_file, write_quarantine_report
from gristmill.corpus.report import Progress, Silent, StageReport
from gristmill.corpus.sources import Source
from gristmill.errors import BusyError, SettingsError
from gristmill.search.chunking import chunk_documents
from gristmill.search.embedding import embed_chunks
from gristmill.search.encoder_records import kept_encoders
from gristmill.search.index import publish_index
from gristmill.search.probes import require_same
from gristmill.storage.locks import exclusive
from gristmill.workspace import Workspace

_ASK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Run:
    """What a stage works with: the workspace, the sources of this run, and whether these are all there are."""

    workspace: Workspace
    sources: Sequence[Source]
    complete: bool = True
    allow_empty: bool = False
    progress: Progress = Silent()  # noqa: RUF009 - it has no state


Stage = Callable[[Run], StageReport]


def source_files(run: Run) -> StageReport:
    """List the sources and hash what is new.

    Raises:
        SettingsError: there is no source; taken as meant, it would remove every document.
    """
    if not run.sources:
        raise SettingsError("There is no source of documents.", "Run 'gristmill ingest FOLDER', or 'gristmill init'.")
    cache = StampCache(run.workspace.home / "cache" / "stamps.json")
    return discover(
        run.workspace.lake, run.sources, cache, run.progress, complete=run.complete, allow_empty=run.allow_empty
    )


def parsed_documents(run: Run) -> StageReport:
    """Parse what was not parsed yet."""
    return parse_documents(run.workspace.lake, run.workspace.sources(), run.workspace.settings.parser, run.progress)


def accepted_documents(run: Run) -> StageReport:
    """Judge the parsed documents and write the ledger."""
    workspace = run.workspace
    return accept_documents(workspace.lake, workspace.settings, workspace.pseudonym_key, run.progress)


def quarantined_documents(run: Run) -> StageReport:
    """List what was quarantined or failed, for the people who can repair it."""
    return write_quarantine_report(run.workspace.lake, report_file(run.workspace.home))


def chunks(run: Run) -> StageReport:
    """Cut the accepted documents."""
    return chunk_documents(run.workspace.lake, run.workspace.settings.chunker, run.workspace.encoder, run.progress)


def chunk_embeddings(run: Run) -> StageReport:
    """Encode the chunks that have no vector yet."""
    workspace = run.workspace
    return embed_chunks(
        workspace.lake,
        workspace.encoders,
        run.progress,
        keep=kept_encoders(workspace.index_store),
        before=lambda encoder: require_same(workspace.lake, encoder, again=False),
    )


def search_index(run: Run) -> StageReport:
    """Build, audit and publish a new version of the search index, if anything changed."""
    workspace = run.workspace
    return publish_index(
        workspace.lake, workspace.index_store, workspace.encoders, workspace.settings.search, run.progress
    )


STAGES: tuple[Stage, ...] = (
    source_files,
    parsed_documents,
    accepted_documents,
    quarantined_documents,
    chunks,
    chunk_embeddings,
    search_index,
)


def grind(run: Run) -> Iterator[StageReport]:
    """Run all stages in order, yielding each one's report.

    Raises:
        BusyError: another process is at work on the same home.
        SettingsError: there is no source.
    """
    with working(run.workspace, "ingest"):
        for stage in STAGES:
            yield stage(run)


@contextmanager
def working(
    workspace: Workspace, purpose: str, *, patience: float = 0.0, waiting: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Hold the lock of a home for the length of the block.

    Args:
        workspace: the installation whose home it is.
        purpose: told to others that want the lock.
        patience: seconds to wait for another process.
        waiting: told once, when waiting begins, who holds the lock.

    Raises:
        BusyError: another process is at work on the same home, and still was when patience ended.
    """
    with ExitStack() as held:
        deadline = time.monotonic() + patience
        told = False
        while True:
            try:
                held.enter_context(exclusive(workspace.home / "lock", purpose))
                break
            except BusyError as busy:
                if time.monotonic() >= deadline:
                    raise
                if not told:
                    waiting(busy.message)
                    told = True
                time.sleep(_ASK_AGAIN_SECONDS)
        yield
