"""Looking at an installation for drift: gathers documents and questions, lets `drift` judge, writes the page.

The command line, the asset and the sensors look through here. What follows from it is decided in `monitoring`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import select

from gristmill.asking import in_force
from gristmill.corpus.clock import Clock, now_utc
from gristmill.corpus.ledger import accepted
from gristmill.corpus.report import Progress
from gristmill.errors import SettingsError
from gristmill.evaluation.retrieving import KeptVectors
from gristmill.models.vectors import Vectors
from gristmill.monitoring.drift.monitor import Verdict, judge
from gristmill.monitoring.drift.page import DriftReport, Monitored, as_page
from gristmill.monitoring.drift.simulation import Simulated, simulate
from gristmill.monitoring.drift.streams import Item, Stream
from gristmill.monitoring.fingerprints import Changed, changed_models, mixed_lake
from gristmill.release.decisions import How
from gristmill.search.chunking import chunker_fingerprint
from gristmill.search.embedding import vectors_of
from gristmill.storage.artifacts import write_durably
from gristmill.storage.records import ReceiptRow
from gristmill.storage.tables import CHUNKS, EMBEDDINGS, SOURCE_FILES
from gristmill.workspace import Workspace

# Enough for the largest reference and a month of windows; older questions say nothing about now.
_MOST_QUESTIONS = 10_000
_FOREIGN_TEXTS, _FOREIGN_CHARACTERS = 300, 400


def look_for_drift(workspace: Workspace, since: datetime | None = None, now: Clock = now_utc) -> DriftReport:
    """Return what moved, judged against what had come when the release in force was chosen.

    Args:
        workspace: the installation.
        since: take what came before this time as the reference, instead of what the release was chosen on.
        now: the clock.

    Raises:
        SearchIndexError: there is no index yet, and so no release.
    """
    release = in_force(workspace)
    until = since or chosen_at(workspace)
    documents, questions = judge(documents_of(workspace, until)), judge(questions_of(workspace, until))
    return DriftReport(
        now(), release,
        (
            Monitored(documents, _about_documents(workspace, documents)),
            Monitored(questions, _about_questions(questions)),
        ),
        model_changes(workspace),
    )  # fmt: skip


def write_drift_report(workspace: Workspace, report: DriftReport, page: Path | None = None) -> Path:
    """Write the page, and beside it what sensors read; return the page's file."""
    file = page or report_file(workspace.home)
    write_durably(file, as_page(report))
    if page is None:
        write_durably(file.with_suffix(".json"), json.dumps(report.as_json(), default=str, indent=2))
    return file


def report_file(home: Path) -> Path:
    """Return where the drift report of a home lies."""
    return home / "reports" / "drift.html"


def chosen_at(workspace: Workspace) -> datetime:
    """Return when the release in force was chosen: the fast lane of new documents chooses nothing."""
    in_force(workspace)
    moves = [move for move in workspace.registry.moves() if move.how is not How.FAST_LANE]
    return _utc(moves[-1].at)


def documents_of(workspace: Workspace, until: datetime) -> Stream:
    """Return the accepted documents by the time they came or were edited, each as the mean of its chunks' vectors.

    When the ledger's row changed says nothing: a new rule changes all rows at once, and no document.
    """
    edited = pl.min_horizontal("modified", "changed")
    came = pl.max_horizontal("first_seen", edited).alias("came")
    # The time of the file, not the one that the document states, which an edit need not change.
    files = workspace.lake.read(SOURCE_FILES, ["document", "modified"])
    documents = accepted(workspace.lake).drop("modified").join(files, on="document", how="left")
    ledger = documents.select("document", came).sort("came", "document")
    chunks = workspace.lake.read(CHUNKS, ["document", "embedding_key"])
    mine = pl.col("encoder") == workspace.encoder.fingerprint
    rows = chunks.join(workspace.lake.read(EMBEDDINGS, ["embedding_key", "vector"], mine), on="embedding_key")
    there = ledger.filter(pl.col("document").is_in(rows["document"].unique().implode()))
    place = {document: at for at, document in enumerate(there["document"])}
    items = [Item(document, at, place[document]) for document, at in there.iter_rows()]
    return Stream("documents", items, _means(rows, place), until)


def questions_of(workspace: Workspace, until: datetime) -> Stream:
    """Return the questions in the order they were asked. What is asked again and again counts once in a day."""
    query = select(ReceiptRow.question, ReceiptRow.at).order_by(ReceiptRow.at.desc()).limit(_MOST_QUESTIONS)
    with workspace.database.reading() as session:
        asked = [(question, _utc(at)) for question, at in reversed(session.execute(query).tuples().all())]
    once: dict[tuple[str, str], tuple[str, datetime]] = {}
    for question, at in asked:
        once.setdefault((" ".join(question.lower().split()), f"{at:%Y-%m-%d}"), (question, at))
    kept = list(once.values())
    texts = list(dict.fromkeys(question for question, _ in kept))
    place = {text: at for at, text in enumerate(texts)}
    vectors = KeptVectors(workspace.home / "cache").of(texts, workspace.encoder) if texts else _nothing()
    return Stream("questions", [Item(text, at, place[text]) for text, at in kept], vectors, until, recent=True)


def model_changes(workspace: Workspace) -> tuple[Changed, ...]:
    """Return which models differ from those in force, and which tables hold the work of others."""
    encoders = [encoder.fingerprint for encoder in workspace.encoders]
    chunker = chunker_fingerprint(workspace.settings.chunker, workspace.encoder)
    release = workspace.registry.get(in_force(workspace))
    return (*changed_models(release, encoders, chunker), *mixed_lake(workspace.lake, encoders, chunker))


def drift_benchmark(workspace: Workspace, foreign: Path, streams: int, progress: Progress) -> Simulated:
    """Simulate streams of this home's chunks, mixed with texts of another field.

    Raises:
        SettingsError: nothing was ingested, or the file has no texts.
    """
    lines = foreign.read_text(encoding="utf-8").splitlines() if foreign.is_file() else []
    texts = [json.loads(line)["text"][:_FOREIGN_CHARACTERS] for line in lines[:_FOREIGN_TEXTS]]
    mine = pl.col("encoder") == workspace.encoder.fingerprint
    home = vectors_of(workspace.lake.read(EMBEDDINGS, ["vector"], mine)["vector"])
    if not texts or not len(home):
        raise SettingsError(f"There are no texts in {foreign}, or no vectors.", "Name a JSONL file; ingest documents.")
    vectors = KeptVectors(workspace.home / "cache").of(texts, workspace.encoder)
    return simulate(home, vectors, streams, (50, 200), progress=progress)


def _means(rows: pl.DataFrame, place: dict[str, int]) -> Vectors:
    if rows.is_empty():
        return _nothing()
    vectors = vectors_of(rows["vector"])
    sums = np.zeros((len(place), vectors.shape[1]), dtype=np.float32)
    kept = [(at, place[document]) for at, document in enumerate(rows["document"]) if document in place]
    np.add.at(sums, [to for _, to in kept], vectors[[at for at, _ in kept]])
    means: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True).clip(1e-9)
    return means


def _about_documents(workspace: Workspace, verdict: Verdict) -> tuple[str, ...]:
    if not verdict.moved:
        return ()
    came = verdict.windows[-1].items
    return (
        f"The {came} documents were read, cut and encoded like all others; nothing else is encoded again.",
        f"The fast lane measured retrieval with them before release {in_force(workspace)} answered from them.",
        "Have questions about the new subject written, so that the gate can judge answers on it: "
        "docs/how-to/evaluate.md.",
        "If they should not be here: see the examples' folders, and exclude them in gristmill.toml.",
    )


def _about_questions(verdict: Verdict) -> tuple[str, ...]:
    if not verdict.moved:
        return ()
    return (
        "What cannot be answered is gathered into the list of missing documents: 'gristmill gaps'.",
        "The quality of live answers is compared with the release's own beginning; falling, it raises its own alert.",
        "The reference moves when a release passes the gate, and not before.",
    )


def _nothing() -> Vectors:
    return np.empty((0, 1), dtype=np.float32)


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


__all__: Sequence[str] = [
    "chosen_at", "documents_of", "look_for_drift", "model_changes", "questions_of", "report_file", "write_drift_report",
]  # fmt: skip
