"""Small installations for tests: a home, folders of documents, a fake encoder; and what state they are in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gristmill.corpus.report import StageReport
from gristmill.mill import STAGES, Run, Stage, working
from gristmill.models.encoder import Encoder
from gristmill.models.vectors import Vectors
from gristmill.search.index import open_current
from gristmill.settings import Settings, SourceSettings
from gristmill.storage.keyfile import KEY_BYTES
from gristmill.storage.tables import (
    DATA_RUNS,
    DOCUMENTS,
    INTERACTIONS,
    OVERRULES,
    PARSED,
    PROBES,
    SETTLED_CONFLICTS,
    SOURCE_FILES,
    STAGE_GATES,
    TABLES,
    TRAINING_CURVES,
    TRAINING_EXAMPLES,
    TUNED_MODELS,
)
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder

# What depends on when and how often something was tried, and not on what the documents say.
_NOT_STATE = {
    SOURCE_FILES.name: {"modified"},
    PARSED.name: {"attempts", "seconds", "tried"},
    DOCUMENTS.name: {"attempts", "modified", "first_seen", "changed"},
}
# What people asked and decided, and when a run decided on what.
_NOT_DERIVED = {OVERRULES.name, SETTLED_CONFLICTS.name, STAGE_GATES.name, INTERACTIONS.name, DATA_RUNS.name}
_NOT_DERIVED |= {PROBES.name, TRAINING_EXAMPLES.name, TRAINING_CURVES.name, TUNED_MODELS.name}
# Two homes give the same values the same pseudonyms, so that their states can be compared.
_PSEUDONYM_KEY = b"k" * KEY_BYTES
LAKE_STAGES = STAGES[:-1]


def workspace_at(
    home: Path, *sources: Path | SourceSettings, encoder: Encoder | None = None, **settings: Any
) -> Workspace:
    """Return a workspace with one parsing process, no bridge, and a fake encoder unless another is given."""
    listed = tuple(s if isinstance(s, SourceSettings) else source(s) for s in sources)
    # Documents of tests are short and alike, and some are bad on purpose.
    lenient = {
        "quality": {"too_short": 0, "only_repeated_lines": 1},
        "max_bad_share": 1.0,
        "leave_out_duplicates": False,
    }
    defaults: dict[str, Any] = {"parser": {"workers": 1}, "search": {"bridge": False}, "corpus": lenient}
    made = Settings(root=home.parent, home=home, sources=listed, **(defaults | settings))
    write(home, {"pseudonyms.key": _PSEUDONYM_KEY})
    return Workspace(made, encoder=encoder or FakeEncoder())


def source(folder: Path | str, **fields: Any) -> SourceSettings:
    """Return the settings of a source."""
    return SourceSettings(location=str(folder), **fields)


def grind(workspace: Workspace, stages: tuple[Stage, ...] = LAKE_STAGES, **fields: Any) -> dict[str, StageReport]:
    """Run stages over all sources, by default those up to the embeddings; return their reports by name."""
    run = Run(workspace, workspace.sources(), **fields)
    with working(workspace, "test"):
        return {report.stage: report for report in [stage(run) for stage in stages]}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def lake_versions(workspace: Workspace) -> dict[str, int]:
    """Return the number of each table's latest commit: equal before and after when not a row was written."""
    return {table.name: workspace.lake.version(table) for table in TABLES}


def lake_state(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    """Return all rows that say what the documents are, in the order of their keys."""
    state = {}
    for table in TABLES:
        if table.name in _NOT_DERIVED:
            continue
        rows = workspace.lake.read(table).drop(_NOT_STATE.get(table.name, set()))
        if table is DOCUMENTS:
            rows = rows.filter(pl.col("status") != "removed")
        state[table.name] = rows.sort(table.key).to_dicts()
    return state


def index_state(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the rows of the published index, each with its vector and with what Chroma and Tantivy know of it."""
    index = open_current(workspace.index_store)
    tantivy = index.lexical.ids()
    chroma = index.chroma.ids() if index.manifest.approximate is not None else set(index.rows["chunk"])
    return [
        row | {"vector": index.matrix[at].tobytes(), "in": (row["chunk"] in chroma, row["chunk"] in tantivy)}
        for at, row in enumerate(index.rows.drop("modified").iter_rows(named=True))
    ]


def assert_same_state(one: Workspace, other: Workspace) -> None:
    """Compare lakes and published indexes: vectors by their direction, all else exactly.

    A vector in bfloat16 depends a little on the texts that were in its batch.
    """
    states = [lake_state(workspace) | {"index": index_state(workspace)} for workspace in (one, other)]
    vectors = [_take_vectors(state["embeddings"] + state["index"]) for state in states]
    assert states[0] == states[1]
    np.testing.assert_allclose(np.einsum("ij,ij->i", *vectors), 1, atol=1e-3)


def _take_vectors(rows: list[dict[str, Any]]) -> Vectors:
    return np.stack([np.frombuffer(row.pop("vector"), "<f4") for row in rows])


def statuses(workspace: Workspace) -> dict[str, str]:
    """Return the status of each document in the ledger."""
    return dict(workspace.lake.read(DOCUMENTS, ["document", "status"]).sort("document").iter_rows())
