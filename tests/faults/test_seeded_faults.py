"""Faults seeded into the data after a stage did its work: each must stop the publication; clean runs never are stopped.

`GRISTMILL_CLEAN_RUNS=50 pytest tests/faults/test_seeded_faults.py` is thorough.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from gristmill import mill
from gristmill.corpus.stage_gate import SUBJECTS, require_passed
from gristmill.errors import GateError
from gristmill.gates import GATES, judge, pass_or_stop
from gristmill.mill import Run
from gristmill.storage.tables import CHUNKS, DOCUMENTS, EMBEDDINGS, PARSED, SOURCE_FILES, STAGE_GATES, TEXTS, Table
from gristmill.workspace import Workspace
from tests.conftest import CLEAN_RUNS
from tests.fakes import FakeEncoder
from tests.workspaces import LAKE_STAGES, grind, lake_state, source, workspace_at, write

Fault = Callable[[Workspace], object]
SHORT, LONG, LOCKED = "leave.txt", "mill.md", "hr/pay.md"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def changed(table: Table, where: pl.Expr, **columns: pl.Expr | str | float | None) -> Fault:
    """Overwrite columns of the rows that are chosen."""
    given = {name: value if isinstance(value, pl.Expr) else pl.lit(value) for name, value in columns.items()}

    def fault(workspace: Workspace) -> None:
        rows = workspace.lake.read(table, where=where)
        assert rows.height
        workspace.lake.upsert(table, rows.with_columns(**given))

    return fault


def lost(table: Table, where: pl.Expr) -> Fault:
    def fault(workspace: Workspace) -> None:
        keys = workspace.lake.read(table, where=where)[table.key]
        assert len(keys)
        workspace.lake.delete(table, keys)

    return fault


def doubled(table: Table) -> Fault:
    return lambda w: w.lake.append(table, w.lake.read(table).head(1))


def added(table: Table, **columns: pl.Expr | str) -> Fault:
    """Add a copy of a row under another key."""
    given = {name: value if isinstance(value, pl.Expr) else pl.lit(value) for name, value in columns.items()}
    return lambda w: w.lake.append(table, w.lake.read(table).sort(table.key).head(1).with_columns(**given))


def vectors(values: np.ndarray | bytes) -> Fault:
    data = values if isinstance(values, bytes) else values.astype("<f4").tobytes()
    return lambda w: w.lake.upsert(EMBEDDINGS, w.lake.read(EMBEDDINGS).head(1).with_columns(vector=pl.lit(data)))


def lying_manifest(workspace: Workspace) -> None:
    folder = workspace.index_store.current_folder()
    assert folder is not None
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"chunks": 99}))


def of(document: str) -> pl.Expr:
    return pl.col("document") == document


FIRST_CHUNK = of(LONG) & (pl.col("ordinal") == 0)
MIDDLE_CHUNK = of(LONG) & (pl.col("ordinal") == 1)
LAST_CHUNK = of(LONG) & (pl.col("ordinal") == pl.col("ordinal").max())
FAULTS: dict[str, tuple[str, Fault]] = {
    "a file listed twice": ("source_files", doubled(SOURCE_FILES)),
    "a file with neither hash nor reason": ("source_files", changed(SOURCE_FILES, of(LONG), version=None)),
    "a file for nobody knows whom": ("source_files", changed(SOURCE_FILES, of(LONG), audience=None)),
    "a parsed document without text": ("parsed_documents", changed(PARSED, pl.col("text").is_not_null(), text=None)),
    "an outcome that does not exist": ("parsed_documents", changed(PARSED, pl.lit(True), outcome="splendid")),
    "a file that was not parsed": ("parsed_documents", lost(PARSED, pl.col("text").str.contains("wheel"))),
    "an unknown status": ("accepted_documents", changed(DOCUMENTS, of(LONG), status="splendid")),
    "a null status": ("accepted_documents", changed(DOCUMENTS, of(LONG), status=None)),
    "a document missing from the ledger": ("accepted_documents", lost(DOCUMENTS, of(LONG))),
    "a document of no source": ("accepted_documents", added(DOCUMENTS, document="ghost.md")),
    "a document listed twice": ("accepted_documents", doubled(DOCUMENTS)),
    "a document for the wrong people": (
        "accepted_documents", changed(DOCUMENTS, of(LOCKED), audience=pl.lit(["everyone"]))
    ),
    "a document of another version": ("accepted_documents", changed(DOCUMENTS, of(LONG), version="0" * 64)),
    "a document of the wrong length": ("accepted_documents", changed(DOCUMENTS, of(LONG), characters=7)),
    "an accepted document that names no text": ("accepted_documents", changed(DOCUMENTS, of(LONG), text_hash=None)),
    "a null text": ("accepted_documents", changed(TEXTS, pl.col("text").str.contains("wheel"), text=None)),
    "an altered text": (
        "accepted_documents",
        changed(TEXTS, pl.col("text").str.contains("wheel"), text=pl.col("text").str.replace("wheel", "whale")),
    ),
    "a document left out without a reason": (
        "accepted_documents", changed(DOCUMENTS, of(SHORT), status="quarantined", text_hash=None, reason="")
    ),
    "a chunk with a null text": ("chunks", changed(CHUNKS, FIRST_CHUNK, text=None)),
    "a chunk at the wrong place": ("chunks", changed(CHUNKS, MIDDLE_CHUNK, start=pl.col("start") + 1)),
    "a chunk stored twice": ("chunks", doubled(CHUNKS)),
    "a chunk missing in the middle": ("chunks", lost(CHUNKS, MIDDLE_CHUNK)),
    "the last chunk missing": ("chunks", lost(CHUNKS, LAST_CHUNK)),
    "all chunks of a document missing": ("chunks", lost(CHUNKS, of(SHORT))),
    "chunks of a document that nobody knows": ("chunks", added(CHUNKS, chunk="f" * 32, document="ghost.md")),
    "a quarantined document with chunks": (
        "chunks", changed(DOCUMENTS, of(SHORT), status="quarantined", reason="It was rejected.", text_hash=None)
    ),
    "a chunk that the encoder would cut": ("chunks", changed(CHUNKS, FIRST_CHUNK, tokens=257)),
    "a gap that is not what stands there": ("chunks", changed(CHUNKS, FIRST_CHUNK, gap=" and not ")),
    "a truncated vector": ("chunk_embeddings", vectors(np.ones(1))),
    "half a number in a vector": ("chunk_embeddings", vectors(b"\0" * 255)),
    "a vector of no number": ("chunk_embeddings", vectors(np.full(64, np.nan))),
    "a vector of another length": ("chunk_embeddings", vectors(np.full(64, 0.5))),
    "a null vector": ("chunk_embeddings", changed(EMBEDDINGS, pl.lit(True), vector=None)),
    "a chunk without a vector": ("chunk_embeddings", lambda w: w.lake.delete(EMBEDDINGS, first_key(w))),
    "a vector stored twice": ("chunk_embeddings", doubled(EMBEDDINGS)),
    "a vector of no chunk": ("chunk_embeddings", added(EMBEDDINGS, embedding="f" * 32, embedding_key="f" * 32)),
    "a vector by another encoder": ("chunk_embeddings", added(EMBEDDINGS, embedding="f" * 32, encoder="stranger")),
    "one vector for all texts": ("chunk_embeddings", lambda w: one_vector(w)),
    "a manifest that lies": ("search_index", lying_manifest),
}  # fmt: skip


def first_key(workspace: Workspace) -> pl.Series:
    return workspace.lake.read(EMBEDDINGS, ["embedding"])["embedding"].sort()[:1]


def one_vector(workspace: Workspace) -> None:
    rows = workspace.lake.read(EMBEDDINGS)
    workspace.lake.upsert(EMBEDDINGS, rows.with_columns(vector=pl.lit(np.eye(64)[0].astype("<f4").tobytes())))


def write_documents(folder: Path) -> None:
    parts = [
        f"## Part {n}\n\nThe wheel of part {n} turns {n * 7} times before the {n}th stone is lifted.\n"
        for n in range(60)
    ]
    write(
        folder,
        {
            LONG: "# The mill\n\n" + "\n".join(parts),
            SHORT: "Everybody has thirty days of leave in each year.\n",
            LOCKED: "# Pay\n\nBand four begins at 41,000 and ends at 52,000.\n",
            "broken.pdf": b"%PDF-1.7 and nothing more",
        },
    )


def workspace_of(folder: Path, home: Path) -> Workspace:
    rules = ({"pattern": "hr/**", "groups": ("hr",)},)
    return workspace_at(home, source(folder, audience=rules), chunker={"tokens": 40, "context_tokens": 10})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace]:
    """A folder, and a home in which the mill ran once; tests damage copies of it."""
    folder = tmp_path_factory.mktemp("documents")
    write_documents(folder)
    workspace = workspace_of(folder, tmp_path_factory.mktemp("home"))
    list(mill.grind(Run(workspace, workspace.sources())))
    return folder, workspace


@pytest.fixture
def ground(model: tuple[Path, Workspace], tmp_path: Path) -> Workspace:
    folder, workspace = model
    shutil.copytree(workspace.home, tmp_path / "home")
    return workspace_of(folder, tmp_path / "home")


def test_what_the_mill_made_passes_every_gate(ground: Workspace) -> None:
    require_passed(ground.lake)
    for stage in GATES:
        ground.lake.delete(STAGE_GATES, pl.Series([stage]))
        judge(ground, stage, lambda: NOON)
        pass_or_stop(ground, stage)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_what_a_stage_made_stops_the_publication(ground: Workspace, fault: str) -> None:
    stage, seed = FAULTS[fault]
    seed(ground)
    judge(ground, stage, lambda: NOON)
    with pytest.raises(GateError) as stopped:
        pass_or_stop(ground, stage)
    assert stopped.value.remedy
    if stage in SUBJECTS:
        with pytest.raises(GateError):
            mill.search_index(Run(ground, ground.sources()))
    assert ground.index_store.numbers() == [1]


@pytest.mark.parametrize("fault", [name for name, (stage, _) in FAULTS.items() if stage in SUBJECTS])
def test_publishing_alone_is_no_way_around_the_gate(ground: Workspace, fault: str) -> None:
    FAULTS[fault][1](ground)
    with pytest.raises(GateError, match="Nothing was decided yet"):
        mill.search_index(Run(ground, ground.sources()))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_whole_run_over_a_fault_repairs_it_or_is_stopped(
    ground: Workspace, model: tuple[Path, Workspace], fault: str
) -> None:
    FAULTS[fault][1](ground)
    try:
        list(mill.grind(Run(ground, ground.sources())))
    except GateError:
        return
    assert lake_state(ground) == lake_state(model[1])


WORDS = ["rye", "stone", "sluice", "ledger", "weir", "valley", "grist", "bolt", "harvest", "paddle", "axle", "miller"]


def random_folder(folder: Path, draw: random.Random) -> None:
    """Fill or change a folder at random: new, edited, deleted and broken files of several kinds."""
    for _ in range(draw.randint(2, 9)):
        stem = f"{draw.choice(['', 'hr/', 'a b/', 'ü/'])}{draw.randint(0, 14)}"
        name = f"{stem}.{draw.choice(['md', 'txt', 'html', 'csv'])}"
        words = [draw.choice(WORDS) + draw.choice(["", "s", f" {draw.randint(1, 999)}", "ß", "."]) for _ in range(400)]
        heading = draw.choice(["", "# One\n\n", "## Two\n\n### Three\n\n", "# Only\n\n## Headings\n\n"])
        body = draw.choice(["", "\n\n", " ".join(words[: draw.randint(1, 400)]), "\n\n".join(words[:60])])
        write(folder, {name: heading + body if not name.endswith("csv") else "a,b\n" + "\n".join(words[:40])})
    if draw.random() < 0.4:
        write(folder, {f"broken-{draw.randint(0, 3)}.pdf": b"%PDF-1.7 nothing", f"x{draw.randint(0, 3)}.bin": b"\0\1"})
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if draw.random() < 0.15:
            file.unlink()


@pytest.mark.parametrize("seed", range(CLEAN_RUNS))
def test_clean_runs_are_never_stopped(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    folder = write(tmp_path / "documents", {"first.md": "# First\n\nThe first document stays for ever.\n"})
    workspace = workspace_of(folder, tmp_path / "home")
    for _ in range(draw.randint(1, 3)):
        random_folder(folder, draw)
        write(folder, {"first.md": "# First\n\nThe first document stays for ever.\n"})
        grind(workspace, LAKE_STAGES)
        for stage in SUBJECTS:
            pass_or_stop(workspace, stage)
        require_passed(workspace.lake)
    assert isinstance(workspace.encoder, FakeEncoder)
    if seed % 10 == 0:  # the rest of a run is the index builder's, with gates of its own; it takes most of the time
        grind(workspace, (mill.search_index,))
        pass_or_stop(workspace, "search_index")
