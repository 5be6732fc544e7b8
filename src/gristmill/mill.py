"""The mill: the stages from sources to a published search index, in their order, under one lock.

The command line runs them all; each Dagster asset runs one. Both do the same work, because all of it stands in the
functions that are called here. Each stage ends with its gate: the decision on what it made is stored, whoever ran it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import wraps

from gristmill.corpus.acceptance import accept_documents
from gristmill.corpus.data_report import record_run, update_report
from gristmill.corpus.discover import StampCache, discover
from gristmill.corpus.failures import nothing_waits
from gristmill.corpus.parse import parse_documents
from gristmill.corpus.quarantine import report_file, write_quarantine_report
from gristmill.corpus.readings import Readings
from gristmill.corpus.report import Progress, Silent, StageReport
from gristmill.corpus.sources import Source
from gristmill.errors import BusyError, SettingsError
from gristmill.gates import judge, pass_or_stop
from gristmill.release.assistant import Assistant
from gristmill.search.chunking import chunk_documents
from gristmill.search.embedding import embed_chunks
from gristmill.search.index import publish_index
from gristmill.standstill import Sighting
from gristmill.storage.locks import exclusive
from gristmill.storage.tables import STAGE_GATES
from gristmill.workspace import Workspace

_ASK_AGAIN_SECONDS = 0.5
# After more changed documents than this, encoding takes so long that an assistant would only wait.
_FEW_CHANGED = 50


@dataclass(frozen=True)
class Run:
    """What a stage works with: the workspace, the sources of this run, and whether these are all there are."""

    workspace: Workspace
    sources: Sequence[Source]
    complete: bool = True
    allow_empty: bool = False
    anew: bool = False  # build the index from nothing, also when it is whole and up to date
    sighting: Sighting | None = None  # remembers, when all is done, that nothing is left to do
    progress: Progress = Silent()  # noqa: RUF009 - it has no state
    assistant: Assistant | None = None  # started ahead of need; after a large change others do what it would


Stage = Callable[[Run], StageReport]


def _gated(stage: Stage) -> Stage:
    """Return the stage with the decision of its gate at its end. It stores the decision and stops nothing itself."""

    @wraps(stage)
    def run_and_judge(run: Run) -> StageReport:
        report = stage(run)
        judge(run.workspace, stage.__name__)
        if stage.__name__ == "accepted_documents":
            record_run(run.workspace.lake, stage.__name__)
        return report

    return run_and_judge


@_gated
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


@_gated
def parsed_documents(run: Run) -> StageReport:
    """Parse what was not parsed yet."""
    workspace = run.workspace
    return parse_documents(
        workspace.lake, workspace.sources(), workspace.settings.parser, run.progress, cluster=workspace.cluster
    )


@_gated
def accepted_documents(run: Run) -> StageReport:
    """Judge the parsed documents and write the ledger."""
    workspace = run.workspace
    readings = Readings(workspace.home / "cache" / "readings.json")
    return accept_documents(
        workspace.lake, workspace.settings, workspace.pseudonym_key, run.progress, readings=readings
    )


def quarantined_documents(run: Run) -> StageReport:
    """List what was quarantined or failed, for the people who can repair it."""
    return write_quarantine_report(run.workspace.lake, report_file(run.workspace.home))


def data_report(run: Run) -> StageReport:
    """Write the page that shows what came in and what became of it."""
    return update_report(run.workspace.lake, run.workspace.home)


@_gated
def chunks(run: Run) -> StageReport:
    """Cut the accepted documents."""
    return chunk_documents(run.workspace.lake, run.workspace.settings.chunker, run.workspace.encoder, run.progress)


@_gated
def chunk_embeddings(run: Run) -> StageReport:
    """Encode the chunks that have no vector yet."""
    workspace = run.workspace

    def needed() -> set[str]:
        releases = workspace.releases.needed(workspace.settings.search.keep_versions)
        return {encoder for release in releases for encoder in release.encoders}

    return embed_chunks(workspace.lake, workspace.encoders, run.progress, needed)


@_gated
def search_index(run: Run) -> StageReport:
    """Build, audit and publish a new version of the search index, if anything changed."""
    workspace = run.workspace
    search = workspace.settings.search

    def protected() -> Collection[str]:
        # Asked while the new version is audited by another process: what the next stages load can be loaded now.
        import gristmill.evaluation.question_set
        import gristmill.release.fast_lane  # noqa: F401 - as above

        return workspace.protected()

    return publish_index(
        workspace.lake, workspace.index_store, workspace.encoders, search, run.progress, protected,
        run.assistant, anew=run.anew,
    )  # fmt: skip


def question_set(run: Run) -> StageReport:
    """Bring the question set up to date with its file and with the documents."""
    from gristmill.evaluation.question_set import update_questions

    return update_questions(run.workspace.lake, run.workspace.settings)


def document_release(run: Run) -> StageReport:
    """Put the documents of the newest index in force, if that is all that changed and retrieval does not suffer."""
    from gristmill.release.fast_lane import FastLane

    workspace = run.workspace
    releases = replace(workspace.releases, helper=run.assistant)
    lane = FastLane(releases, workspace.index_store, workspace.lake, workspace.settings.evaluation, workspace.home)
    return lane.publish(workspace.candidate(), workspace.encoders)


def heal_index(workspace: Workspace) -> StageReport:
    """Build the index again if a file of the version in force is damaged, waiting for whoever is at work."""
    patience = workspace.settings.orchestration.patience
    with working(workspace, "heal the index", patience=patience):
        return search_index(Run(workspace, ()))


STAGES: tuple[Stage, ...] = (
    source_files,
    parsed_documents,
    accepted_documents,
    quarantined_documents,
    chunks,
    chunk_embeddings,
    search_index,
)


# What follows a new index: the documents come into force, measured on the questions.
RELEASE_STAGES: tuple[Stage, ...] = (question_set, document_release)


def grind(run: Run) -> Iterator[StageReport]:
    """Run all stages in order, yielding each one's report.

    Raises:
        BusyError: another process is at work on the same home.
        GateError: what a stage made did not pass its gate; the stages after it did not run.
        SettingsError: there is no source.
    """
    yield from _run_stages(run, (*STAGES, *RELEASE_STAGES), "ingest")


def rebuild_index(run: Run) -> Iterator[StageReport]:
    """Build the index from the tables as they are and put its documents in force, yielding each stage's report.

    Raises:
        BusyError: another process is at work on the same home.
        GateError: a stage before it did not pass its gate.
    """
    yield from _run_stages(run, (search_index, document_release), "rebuild the index")


def _run_stages(run: Run, stages: Sequence[Stage], purpose: str) -> Iterator[StageReport]:
    workspace = run.workspace
    with working(workspace, purpose):
        told = []
        # Decisions are stored together, but before anything is published on them.
        with workspace.lake.gathering(STAGE_GATES) as store_decisions:
            for stage in stages:
                if stage is search_index:
                    store_decisions()
                report = stage(run)
                told.append((report.stage, report.numbers))
                yield report
                pass_or_stop(workspace, stage.__name__)
                if run.assistant is not None and _changed(report) > _FEW_CHANGED:
                    run.assistant.dismiss()
                    run = replace(run, assistant=None)
        if run.assistant is not None:
            run.assistant.let_go()
        if run.sighting is not None and nothing_waits(workspace.lake, workspace.settings.parser):
            workspace.close_database()  # it is looked at from outside
            run.sighting.remember(told)


def _changed(report: StageReport) -> float:
    """How many documents came, went or are others, as the stages that look at documents tell it."""
    told = {"source_files": ("new", "changed", "removed"), "documents": ("changed",)}
    return sum(report.numbers[name] for name in told.get(report.stage, ()))


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
