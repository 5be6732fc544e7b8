"""What each stage's output holds, in a hash that changes only when the content does, and what decides how it is made.

The orchestrator compares these to tell what changed; the engine itself never does, it compares rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from gristmill.corpus.data_report import as_markdown, gather
from gristmill.corpus.data_report import report_file as data_report_file
from gristmill.corpus.parse import parser_fingerprint
from gristmill.corpus.quarantine import report_file, unusable
from gristmill.fingerprint import file_hash, fingerprint, lines_hash
from gristmill.search.chunking import chunker_fingerprint
from gristmill.search.version import read_manifest
from gristmill.storage.lake import Lake
from gristmill.storage.tables import (
    CHUNKS,
    DOCUMENTS,
    EMBEDDINGS,
    FEEDBACK_VERDICTS,
    INTERACTIONS,
    PARSED,
    QUESTIONS,
    SOURCE_FILES,
    TRAINING_EXAMPLES,
    Table,
)
from gristmill.workspace import Workspace


@dataclass(frozen=True)
class Contents:
    """Where an output lies, how many rows it has, and the hash of what it holds."""

    place: str
    rows: int
    hash: str


def table_contents(lake: Lake, table: Table) -> Contents:
    """Return the contents of a table; columns that only say when and how often are left out of the hash."""
    rows = lake.read(table, _SUBSTANCE[table.name]).sort(table.key)
    return Contents(lake.place(table), rows.height, lines_hash(map(repr, rows.iter_rows())))


def quarantine_contents(workspace: Workspace) -> Contents:
    """Return the contents of the list of unusable documents."""
    file = report_file(workspace.home)
    return Contents(str(file), unusable(workspace.lake).height, file_hash(file))


def data_report_contents(workspace: Workspace) -> Contents:
    """Return the contents of the data report; its page says when it was made, which changes nothing."""
    report = gather(workspace.lake)
    return Contents(str(data_report_file(workspace.home)), report.totals.all, fingerprint(as_markdown(report)))


def question_contents(lake: Lake) -> Contents:
    """Return the contents of the question set."""
    if lake.version(QUESTIONS) < 0:
        return Contents(lake.url, 0, lines_hash(()))
    return table_contents(lake, QUESTIONS)


def index_contents(workspace: Workspace) -> Contents:
    """Return the contents of the search index in force.

    Raises:
        SearchIndexError: its manifest cannot be read.
    """
    number = workspace.index_store.current() or 0
    folder = workspace.index_store.folder(number)
    manifest = read_manifest(folder)
    return Contents(str(folder), manifest.chunks, manifest.content)


def code_versions(workspace: Workspace) -> dict[str, str]:
    """Return the fingerprint of how each stage works, for the stages where it costs nothing to know."""
    settings = workspace.settings
    return {
        "parsed_documents": parser_fingerprint(settings.parser),
        "chunks": chunker_fingerprint(settings.chunker, workspace.encoder),
        "chunk_embeddings": fingerprint(*(encoder.fingerprint for encoder in workspace.encoders)),
    }


_SUBSTANCE: dict[str, list[str]] = {
    SOURCE_FILES.name: ["document", "version", "media_type", "audience", "problem"],
    PARSED.name: ["parse_key", "outcome", "reason"],
    DOCUMENTS.name: [
        "document",
        "status",
        "reason",
        "text_hash",
        "title",
        "language",
        "audience",
        "modified",
        "superseded_by",
    ],
    CHUNKS.name: ["chunk", "embedding_key"],
    EMBEDDINGS.name: ["embedding"],
    QUESTIONS.name: ["question", "text", "evidence", "split", "set_aside"],
    INTERACTIONS.name: ["receipt", "feedback"],
    TRAINING_EXAMPLES.name: ["example"],
    FEEDBACK_VERDICTS.name: ["feedback", "standing", "cause", "answer", "evidence"],
}
