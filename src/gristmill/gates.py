"""The gate of each stage: which checks its output must pass, and the stored decision that follows.

A stage ends with its gate, whoever ran it. Only Polars looks here; the orchestrator's checks look at the same rules
once more with Great Expectations, to show them. What did not change since it passed is not looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gristmill.corpus import checks
from gristmill.corpus.checks import CheckResult
from gristmill.corpus.clock import Clock, now_utc
from gristmill.corpus.expectations import (
    Observation,
    Suite,
    as_result,
    chunks_suite,
    docs_folder,
    documents_suite,
    embeddings_suite,
    observe,
    questions_suite,
    view,
)
from gristmill.corpus.stage_gate import decide, has_passed, passed_at, refusal, subject_of
from gristmill.fingerprint import file_hash, fingerprint
from gristmill.search.checks import check_chunk_embeddings, check_chunks, check_search_index
from gristmill.search.version import MANIFEST
from gristmill.storage.tables import CHUNKS, PARSED, SOURCE_FILES, TEXTS, Table
from gristmill.workspace import Workspace

# Raised by whoever changes a check, so that what passed before is looked at again.
_CODE_VERSION = 1


@dataclass(frozen=True)
class Gate:
    """What one stage must pass: a check of the heavy rules, and a suite of declared ones if its table has one.

    The check is given the view of the suite too, so that it need not read the table once more.
    """

    check: Callable[[Workspace, pl.DataFrame | None], CheckResult]
    suite: Callable[[Workspace], Suite] | None = None


def _documents_suite(workspace: Workspace) -> Suite:
    return documents_suite(workspace.lake.read(SOURCE_FILES, ["document"]).height)


def _embeddings_suite(workspace: Workspace) -> Suite:
    texts = workspace.lake.read(CHUNKS, ["embedding_key"])["embedding_key"].n_unique()
    return embeddings_suite([encoder.fingerprint for encoder in workspace.encoders], texts)


def _kept(workspace: Workspace, table: Table) -> Path:
    """Return the folder that keeps what was taken from the files of a table."""
    return workspace.home / "cache" / "taken" / table.name


GATES: dict[str, Gate] = {
    "source_files": Gate(lambda w, _: checks.check_source_files(w.lake)),
    "parsed_documents": Gate(lambda w, _: checks.check_parsed_documents(w.lake, w.settings.parser, _kept(w, PARSED))),
    "accepted_documents": Gate(
        lambda w, _: checks.check_accepted_documents(w.lake, w.settings.corpus, _kept(w, TEXTS)), _documents_suite
    ),
    "chunks": Gate(
        lambda w, _: check_chunks(w.lake, w.encoder, passed_at(w.lake, "chunks", rules_of(w, "chunks"))),
        lambda w: chunks_suite(w.encoder.window),
    ),
    "chunk_embeddings": Gate(lambda w, seen: check_chunk_embeddings(w.lake, w.encoders, seen), _embeddings_suite),
    "search_index": Gate(lambda w, _: check_search_index(w.lake, w.index_store, w.encoders)),
}


# Tables beside the flow of documents: their suites block in the orchestrator, and nothing is stored about them, because
# whoever measures reads the questions themselves.
_OTHER_SUITES: dict[str, Callable[[Workspace], Suite]] = {"question_set": lambda _: questions_suite()}


def examine(workspace: Workspace, stage: str) -> CheckResult:
    """Look at all that a stage must pass, and decide nothing."""
    gate = GATES[stage]
    if gate.suite is None:
        return gate.check(workspace, None)
    suite = gate.suite(workspace)
    seen = view(suite, workspace.lake, _kept(workspace, suite.table))
    return gate.check(workspace, seen) + as_result(observe(suite, seen))


@dataclass(frozen=True)
class Look:
    """What Great Expectations saw of a stage's table, and its page about it."""

    seen: tuple[Observation, ...]
    page: Path


def look(workspace: Workspace, stage: str) -> Look:
    """Hold the suite of a stage against its table with Great Expectations, and write its page.

    Raises:
        KeyError: the stage has no suite.
    """
    from gristmill.corpus.expectations.data_docs import write_page
    from gristmill.corpus.expectations.great import observe_great

    suite = suite_of(workspace, stage)
    seen, result = observe_great(suite, view(suite, workspace.lake))
    return Look(seen, write_page(docs_folder(workspace.home), suite, seen, result))


def suite_of(workspace: Workspace, stage: str) -> Suite:
    """Return the suite of a stage's table.

    Raises:
        KeyError: it has none.
    """
    suite = _OTHER_SUITES.get(stage) or GATES[stage].suite
    if suite is None:
        raise KeyError(stage)
    return suite(workspace)


def judge(workspace: Workspace, stage: str, now: Clock = now_utc) -> None:
    """Decide on a stage's output as it is now, and store the decision."""
    subject, rules = _subject(workspace, stage), rules_of(workspace, stage)
    if not has_passed(workspace.lake, stage, subject, rules):
        decide(workspace.lake, stage, subject, rules, examine(workspace, stage), now())


def pass_or_stop(workspace: Workspace, stage: str) -> None:
    """Return if a stage passed its gate.

    Raises:
        GateError: it did not; with what is wrong, where, and what to do.
    """
    if stage not in GATES:
        return
    if not has_passed(workspace.lake, stage, _subject(workspace, stage), rules_of(workspace, stage)):
        found = examine(workspace, stage)
        if found.blocks:
            raise refusal(found)


def rules_of(workspace: Workspace, stage: str) -> str:
    """Return the fingerprint of what a stage is judged by."""
    settings, gate = workspace.settings, GATES[stage]
    suite = None if gate.suite is None else gate.suite(workspace)
    declared = [(e.rule, e.kind, e.severity, e.threshold, e.share) for e in suite.all_expectations] if suite else []
    limits = {
        "parsed_documents": [settings.parser.most_failed],
        "accepted_documents": [settings.corpus.max_bad_share],
    }
    return fingerprint("gate", _CODE_VERSION, stage, declared, limits.get(stage, []))


def _subject(workspace: Workspace, stage: str) -> str:
    if stage != "search_index":
        return subject_of(workspace.lake, stage)
    folder = workspace.index_store.current_folder()
    manifest = None if folder is None else folder / MANIFEST
    held = file_hash(manifest) if manifest is not None and manifest.is_file() else "nothing"
    return f"search_index@{workspace.index_store.current()} {held} of {subject_of(workspace.lake, 'chunks')}"
