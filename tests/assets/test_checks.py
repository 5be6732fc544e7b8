"""Each rule of each check fails for the damage it guards against, and passes on what the mill made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from tokenizers import Encoding

from gristmill.corpus.checks import (
    CheckResult,
    check_accepted_documents,
    check_parsed_documents,
    check_quarantined_documents,
    check_source_files,
)
from gristmill.corpus.quarantine import report_file
from gristmill.mill import Run, grind
from gristmill.models.vectors import Vectors
from gristmill.search.checks import check_chunk_embeddings, check_chunks, check_search_index
from gristmill.search.version import read_manifest, write_manifest
from gristmill.storage.tables import CHUNKS, DOCUMENTS, EMBEDDINGS, PARSED, SOURCE_FILES, TEXTS, Table
from gristmill.workspace import Workspace
from tests.assets.conftest import workspace_over, write_documents

Damage = Callable[[Workspace], object]
CHECKS: dict[str, Callable[[Workspace], CheckResult]] = {
    "source_files": lambda w: check_source_files(w.lake),
    "parsed_documents": lambda w: check_parsed_documents(w.lake, w.settings.parser),
    "accepted_documents": lambda w: check_accepted_documents(w.lake, w.settings.corpus),
    "quarantined_documents": lambda w: check_quarantined_documents(w.lake, report_file(w.home)),
    "chunks": lambda w: check_chunks(w.lake, w.encoder),
    "chunk_embeddings": lambda w: check_chunk_embeddings(w.lake, w.encoders),
    "search_index": lambda w: check_search_index(w.lake, w.index_store, w.encoders),
}
MILL = pl.col("document") == "mill.md"


def changed(table: Table, where: pl.Expr | None = None, **columns: pl.Expr | str | float | None) -> Damage:
    """Overwrite columns of one row."""
    given = {name: value if isinstance(value, pl.Expr) else pl.lit(value) for name, value in columns.items()}

    def damage(workspace: Workspace) -> None:
        row = workspace.lake.read(table, where=where).sort(table.key).head(1)
        assert row.height
        workspace.lake.upsert(table, row.with_columns(**given))

    return damage


def lost(table: Table, where: pl.Expr | None = None) -> Damage:
    """Lose rows, all when none are chosen."""

    def damage(workspace: Workspace) -> None:
        keys = workspace.lake.read(table, where=where)[table.key]
        assert len(keys)
        workspace.lake.delete(table, keys)

    return damage


def vector(values: Vectors) -> Damage:
    return changed(EMBEDDINGS, vector=pl.lit(values.astype("<f4").tobytes()))


def doubled(workspace: Workspace) -> None:
    workspace.lake.append(SOURCE_FILES, workspace.lake.read(SOURCE_FILES).head(1))


def lying_manifest(workspace: Workspace) -> None:
    folder = workspace.index_store.current_folder()
    assert folder is not None
    write_manifest(folder, replace(read_manifest(folder), chunks=99))


DAMAGES: list[tuple[str, str, Damage]] = [
    ("source_files", "no file", lost(SOURCE_FILES)),
    ("source_files", "more than one file", doubled),
    ("source_files", "neither a hash", changed(SOURCE_FILES, version=None, problem=None)),
    ("source_files", "no audience", changed(SOURCE_FILES, audience=None)),
    ("parsed_documents", "outcome that does not exist", changed(PARSED, outcome="splendid")),
    ("parsed_documents", "outcome that does not exist", changed(PARSED, outcome=None)),
    ("parsed_documents", "have no text", changed(PARSED, outcome="parsed", text=None)),
    ("parsed_documents", "were not parsed", lost(PARSED, pl.col("outcome") == "parsed")),
    ("accepted_documents", "status that does not exist", changed(DOCUMENTS, status="splendid")),
    ("accepted_documents", "status that does not exist", changed(DOCUMENTS, status=None)),
    ("accepted_documents", "not in the ledger", lost(DOCUMENTS, MILL)),
    ("accepted_documents", "not in the ledger", changed(DOCUMENTS, status="removed")),
    ("accepted_documents", "in no source", lost(SOURCE_FILES, MILL)),
    ("accepted_documents", "have no text", lost(TEXTS)),
    ("accepted_documents", "have no text", changed(TEXTS, text=" \n")),
    ("accepted_documents", "have no text", changed(TEXTS, text=None)),
    ("quarantined_documents", "nothing says why", changed(DOCUMENTS, pl.col("status") == "failed", reason=" ")),
    ("quarantined_documents", "not say what the ledger says", lambda w: report_file(w.home).write_text("All is well.")),
    ("quarantined_documents", "not say what the ledger says", lambda w: report_file(w.home).unlink()),
    ("chunks", "have no chunk", lost(CHUNKS, MILL)),
    ("chunks", "are not accepted", lost(DOCUMENTS, MILL)),
    ("chunks", "not the text at their place", changed(CHUNKS, text="Nobody wrote this.")),
    ("chunks", "not the text at their place", changed(CHUNKS, start=pl.col("start") + 1)),
    ("chunks", "not the text at their place", changed(CHUNKS, end=pl.col("end") + 10_000)),
    ("chunks", "exceed the encoder's window", changed(CHUNKS, tokens=257)),
    ("chunks", "exceed the encoder's window", changed(CHUNKS, tokens=None)),
    ("chunks", "exceed the encoder's window", changed(CHUNKS, context="many words " * 300)),
    ("chunk_embeddings", "without a vector", lost(EMBEDDINGS)),
    ("chunk_embeddings", "without a vector", changed(EMBEDDINGS, encoder="another")),
    ("chunk_embeddings", "are null", changed(EMBEDDINGS, vector=None)),
    ("chunk_embeddings", "another size", vector(np.ones(1, dtype=np.float32))),
    ("chunk_embeddings", "not of length 1", vector(np.full(64, 0.5, dtype=np.float32))),
    ("chunk_embeddings", "not of length 1", vector(np.full(64, np.nan, dtype=np.float32))),
    ("search_index", "what the lake asks for", lost(CHUNKS, MILL)),
    ("search_index", "what the lake asks for", changed(DOCUMENTS, MILL, audience=pl.lit(["board"]))),
    ("search_index", "manifest says 99", lying_manifest),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home in which the mill ran once; tests damage copies of it."""
    folder = tmp_path_factory.mktemp("documents")
    write_documents(folder)
    workspace = workspace_over(folder, tmp_path_factory.mktemp("home"))
    list(grind(Run(workspace, workspace.sources())))
    return workspace


@pytest.fixture
def ground(model: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(model.home, tmp_path / "copy")
    return workspace_over(tmp_path, tmp_path / "copy")


@pytest.mark.parametrize("asset", CHECKS)
def test_what_the_mill_made_passes(ground: Workspace, asset: str) -> None:
    assert CHECKS[asset](ground).problems == ()


@pytest.mark.parametrize(("asset", "said", "damage"), DAMAGES, ids=[f"{asset}: {said}" for asset, said, _ in DAMAGES])
def test_damage_is_found_and_comes_with_a_recovery(ground: Workspace, asset: str, said: str, damage: Damage) -> None:
    damage(ground)
    result = CHECKS[asset](ground)
    assert not result.passed
    [problem] = [problem for problem in result.problems if said in problem.message]
    assert problem.recovery


def test_tokens_are_counted_again_only_where_a_chunk_did_not_pass_before(
    ground: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(CHUNKS, MILL, context="word " * 60)(ground)  # many characters, few tokens
    passed = ground.lake.version(CHUNKS)
    counted: list[str] = []
    count = ground.encoder.tokenizer.encode_batch

    def counting(texts: list[str]) -> list[Encoding]:
        counted.extend(texts)
        return count(texts)

    tokenizer = SimpleNamespace(encode_batch=counting)
    monkeypatch.setattr(type(ground.encoder), "tokenizer", tokenizer)

    assert check_chunks(ground.lake, ground.encoder).passed
    assert len(counted) == 1
    assert check_chunks(ground.lake, ground.encoder, passed).passed
    assert len(counted) == 1
    changed(CHUNKS, MILL, context="many words " * 300)(ground)
    assert not check_chunks(ground.lake, ground.encoder, passed).passed
    assert len(counted) == 2


def test_tokens_are_counted_again_where_only_a_sample_was_counted_before(
    ground: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(CHUNKS, MILL, context="many words " * 300)(ground)
    passed = ground.lake.version(CHUNKS)  # as if its document had not been in the sample
    assert check_chunks(ground.lake, ground.encoder, passed).passed
    large(ground, monkeypatch)
    another = ground.lake.read(CHUNKS).filter(~MILL).head(1)
    for _ in range(9):  # the sample follows the commit; for what only went, no tokenizer is loaded
        ground.lake.upsert(CHUNKS, another)
        assert check_chunks(ground.lake, ground.encoder, passed).passed
    ground.lake.upsert(CHUNKS, another.with_columns(embedding_key=pl.lit("new")))
    assert not check_chunks(ground.lake, ground.encoder, passed).passed


def test_of_a_large_corpus_what_changed_is_compared_and_little_else(
    ground: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    large(ground, monkeypatch)
    passed = ground.lake.version(CHUNKS)
    assert check_chunks(ground.lake, ground.encoder, passed).numbers["documents_compared"] == 1
    monkeypatch.setattr("gristmill.search.checks._COMPARED_AGAIN", 0)
    assert check_chunks(ground.lake, ground.encoder, passed).numbers["documents_compared"] == 0
    changed(CHUNKS, MILL, text="Nobody wrote this.", embedding_key="another")(ground)
    assert not check_chunks(ground.lake, ground.encoder, passed).passed


def large(ground: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the corpus for one of which only a sample is compared."""
    documents = ground.lake.read(CHUNKS, ["document"])["document"].n_unique()
    monkeypatch.setattr("gristmill.search.checks._SAMPLE_DOCUMENTS", documents - 1)
    monkeypatch.setattr("gristmill.search.checks._COMPARED_AGAIN", 1)


def test_tokens_are_counted_again_where_the_commit_that_passed_is_gone(ground: Workspace) -> None:
    passed = ground.lake.version(CHUNKS)
    changed(CHUNKS, MILL, context="many words " * 300)(ground)
    ground.lake.vacuum(CHUNKS, hours=0)
    assert ground.lake.read_at(CHUNKS, passed, ["chunk"]) is None
    assert not check_chunks(ground.lake, ground.encoder, passed).passed


def test_no_index_at_all_fails(workspace: Workspace) -> None:
    [problem] = check_search_index(workspace.lake, workspace.index_store, workspace.encoders).problems
    assert "no search index" in problem.message


def filled(table: Table, **columns: object) -> pl.DataFrame:
    """Return rows of a table with nulls for the columns that are not given."""
    given = pl.DataFrame(columns)
    rest = [pl.lit(None, kind).alias(name) for name, kind in table.schema.items() if name not in columns]
    return given.with_columns(rest).select(table.schema.names())


@pytest.mark.parametrize(
    ("bad", "of", "stops"),
    [(5, 20, False), (6, 20, True), (19, 19, False)],
    ids=["at the limit", "over the limit", "too few documents to tell"],
)
def test_many_bad_documents_stop_a_run(workspace: Workspace, bad: int, of: int, stops: bool) -> None:
    names = [f"{n:02}.md" for n in range(of)]
    workspace.lake.append(SOURCE_FILES, filled(SOURCE_FILES, document=names, version=names))
    status = ["failed"] * bad + ["accepted"] * (of - bad)
    workspace.lake.append(DOCUMENTS, filled(DOCUMENTS, document=names, status=status, reason=["It is damaged."] * of))
    problems = check_accepted_documents(workspace.lake, workspace.settings.corpus).problems
    over = [problem for problem in problems if "over the limit of 25%" in problem.message]
    assert bool(over) == stops
    assert not over or over[0].examples == (f"{bad} times: It is damaged.",)


def test_files_that_are_not_documents_do_not_count_as_bad(workspace: Workspace) -> None:
    names = [f"{n:02}.mp3" for n in range(40)]
    problem = ["This file format is not read."] * 40
    workspace.lake.append(SOURCE_FILES, filled(SOURCE_FILES, document=names, problem=problem))
    workspace.lake.append(DOCUMENTS, filled(DOCUMENTS, document=names, status=["failed"] * 40, reason=problem))
    assert check_accepted_documents(workspace.lake, workspace.settings.corpus).passed
