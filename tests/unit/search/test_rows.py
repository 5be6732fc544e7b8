from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.search.rows import audience_groups, content_hash, embeddings_for, index_rows
from gristmill.storage.tables import EMBEDDINGS
from gristmill.workspace import Workspace
from tests.workspaces import grind, source, workspace_at, write


@pytest.fixture
def rows(workspace: Workspace) -> pl.DataFrame:
    grind(workspace)
    return index_rows(workspace.lake)


def test_rows_lie_together_by_audience_then_by_document_and_place(tmp_path: Path) -> None:
    long = "".join(f"## Part {n}\n\n{f'Oil bearing {n}. ' * 50}\n\n" for n in range(5))
    folder = write(
        tmp_path / "documents",
        {"z.md": f"# Z\n\n{long}", "a.md": "The wheel turns by day.\n", "hr/pay.md": "Band four begins at 41,000.\n"},
    )
    rules = ({"pattern": "hr/**", "groups": ("hr", "board")}, {"pattern": "z.md", "groups": ("everyone",)})
    workspace = workspace_at(tmp_path / "home", source(folder, audience=rules))
    grind(workspace)
    rows = index_rows(workspace.lake)
    assert list(dict.fromkeys(rows["document"])) == ["hr/pay.md", "a.md", "z.md"]
    starts = rows.filter(pl.col("document") == "z.md")["start"].to_list()
    assert len(starts) > 3
    assert starts == sorted(starts)


def test_only_accepted_documents_have_rows(workspace: Workspace, folder: Path) -> None:
    write(folder, {"empty.md": "", "binary.txt": b"\0\1"})
    grind(workspace)
    assert set(index_rows(workspace.lake)["document"]) == {"mill.md", "leave.txt", "hr/pay.md"}


@pytest.mark.parametrize(
    ("column", "value"),
    [("chunk", "x"), ("embedding_key", "x"), ("audience_key", "x"), ("language", "x"), ("modified", None)],
)
def test_whatever_decides_an_answer_decides_the_hash(rows: pl.DataFrame, column: str, value: str | None) -> None:
    changed = rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )
    assert content_hash(changed, ["e"]) != content_hash(rows, ["e"])


def test_the_hash_is_of_the_rows_as_python_writes_them(rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    times = [datetime(2024, 5, 1, 7, 3, 9, n, UTC) for n in (0, 1, 120_000)] + [None, datetime(1, 1, 1, tzinfo=UTC)]
    repeated = pl.concat([rows] * 5).head(5).with_columns(
        pl.Series("modified", times, dtype=rows.schema["modified"]),
        pl.Series("superseded", [True, False, None, True, False]),
        pl.Series("language", ["de", None, "", "ü\n", "en"]),
    )  # fmt: skip
    identity = ("chunk", "embedding_key", "audience_key", "language", "modified", "superseded")
    lines = ["\t".join(map(str, row)) for row in repeated.select(identity).iter_rows()]
    wanted = fingerprint("index", 4, ["e"], lines_hash(lines))
    assert content_hash(repeated, ["e"]) == wanted
    monkeypatch.setattr("gristmill.search.rows._HASHED_ROWS", 2)
    assert content_hash(repeated, ["e"]) == wanted


def test_the_hash_follows_the_encoders_and_their_order(rows: pl.DataFrame) -> None:
    hashes = [content_hash(rows, encoders) for encoders in (["a"], ["b"], ["a", "b"], ["b", "a"])]
    assert len(set(hashes)) == 4


def test_a_lost_row_changes_the_hash(rows: pl.DataFrame) -> None:
    assert content_hash(rows[1:], ["e"]) != content_hash(rows, ["e"])
    assert content_hash(rows.clear(), ["e"]) != content_hash(rows, ["e"])


def test_the_groups_of_an_audience_key_are_those_that_made_it() -> None:
    assert audience_groups("board,hr") == {"board", "hr"}
    assert audience_groups("") == set()


def test_vectors_come_in_the_order_of_the_rows_and_a_missing_one_is_null(
    workspace: Workspace, rows: pl.DataFrame
) -> None:
    encoder = workspace.encoder.fingerprint
    backwards = embeddings_for(workspace.lake, rows.reverse(), encoder)
    assert backwards.reverse().to_list() == embeddings_for(workspace.lake, rows, encoder).to_list()
    gone = workspace.lake.read(EMBEDDINGS).filter(pl.col("embedding_key") == rows["embedding_key"][1])
    workspace.lake.delete(EMBEDDINGS, gone["embedding"])
    assert [at for at, vector in enumerate(embeddings_for(workspace.lake, rows, encoder)) if vector is None] == [1]
    assert embeddings_for(workspace.lake, rows, "another encoder").null_count() == rows.height


def test_a_row_says_when_its_document_is_from(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.md": "---\ndate: 2024-05-01\n---\nThe wheel turns by day.\n"})
    workspace = workspace_at(tmp_path / "home", folder)
    grind(workspace)
    assert index_rows(workspace.lake)["modified"].to_list() == [datetime(2024, 5, 1, tzinfo=UTC)]
