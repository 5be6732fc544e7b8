"""The warehouse counts what the receipts hold: its figures equal those of Polars on the database's rows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from gristmill.asking import in_force
from gristmill.mill import STAGES
from gristmill.monitoring.usage.report import Usage, as_page
from gristmill.monitoring.usage.warehouse import Built, DbtTest, Warehouse, marts
from gristmill.storage.records import FeedbackRow, ReceiptDetailRow, ReceiptRow
from gristmill.usage_stage import check_mart, check_usage, column_lineage, warehouse_stage, write_usage_report
from gristmill.workspace import Workspace
from tests.workspaces import grind, workspace_at, write

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET_WORDS = "which beer does the boss drink"


def fill(workspace: Workspace, count: int = 400) -> None:
    """Store answers of three releases over two months, some of an older version without details, some rated."""
    rng = random.Random(5)
    with workspace.database.session() as session:
        for at in range(count):
            when = NOW - timedelta(hours=rng.uniform(0, 24 * 45))
            receipt = f"r{at:04}"
            session.add(ReceiptRow(
                receipt=receipt, at=when, asker=rng.choice(["ann", "bob"]), groups=["everyone"], question=SECRET_WORDS,
                answer="Ale.", refused=rng.random() < 0.2, release=rng.choice(["r-1", "r-2", "r-3"]), citations=[],
                passages=[{"chunk": "c", "document": "d", "score": rng.random()}], trace=[],
                latency_ms=rng.lognormvariate(6, 0.5),
            ))  # fmt: skip
            session.flush()
            if rng.random() < 0.9:
                cached = rng.random() < 0.3
                remote = not cached and rng.random() < 0.3
                details = {
                    "cached": cached, "engine": "remote" if remote else "local", "prompt_tokens": 100, "new_tokens": 20,
                    "energy_wh": 0.0 if cached else 0.01,
                }  # fmt: skip
                cost = 0.02 if remote else 0.0
                session.add(ReceiptDetailRow(receipt=receipt, at=when, cost=cost, details=details))
            for person in ("ann", "bob"):
                if rng.random() < 0.2:
                    session.add(FeedbackRow(
                        feedback=f"{receipt}{person}", receipt=receipt, person=person, at=when,
                        rating=rng.choice(["up", "down"]), reason=None, correction="",
                    ))  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Built]:
    root = tmp_path_factory.mktemp("usage")
    write(root / "documents", {"a.md": "# A\n\nThe wheel turns by day.\n", "b.txt": "Thirty days of leave.\n"})
    workspace = workspace_at(root / "home", root / "documents")
    grind(workspace, STAGES)
    in_force(workspace)
    fill(workspace)
    made, reports = warehouse_stage(workspace)
    assert set(reports) == {model.name for model in marts()}
    return workspace, made


def test_each_column_is_documented(built: tuple[Workspace, Built]) -> None:
    warehouse = Warehouse(built[0].home)
    for model in warehouse.models:
        assert sorted(warehouse.read(model.name).columns) == sorted(column.name for column in model.columns), model.name
        assert all(column.description for column in model.columns), model.name


def test_each_column_tells_from_which_it_is_made(built: tuple[Workspace, Built]) -> None:
    found = column_lineage(*built)
    origins = {
        f"{mart}.{column}": [f"{each.table}.{each.column}" for each in made_from]
        for mart, columns in found.items()
        for column, made_from in columns.items()
    }
    assert origins["answers.tokens"] == ["export_answers.new_tokens", "export_answers.prompt_tokens"]
    assert origins["answers.helpful"] == ["export_feedback.rating"]
    assert origins["usage_by_day.latency_p95_ms"] == ["answers.latency_ms"]
    assert origins["releases.answers"] == ["usage_by_release.answers"]
    rows_counted = {"answers.ratings", *(f"{m}.answers" for m in ("usage_by_release", "usage_by_day", "cost_by_month"))}
    assert {name for name, made_from in origins.items() if not made_from} == rows_counted


def receipts(workspace: Workspace) -> pl.DataFrame:
    """Return the database's own rows, one for each answer, by another way than the export takes."""
    with workspace.database.reading() as session:
        rows = [
            {"receipt": r.receipt, "at": r.at, "release": r.release, "refused": r.refused, "ms": r.latency_ms}
            for r in session.scalars(select(ReceiptRow))
        ]
        told = [{"receipt": d.receipt, "cost": d.cost, **d.details} for d in session.scalars(select(ReceiptDetailRow))]
        said = [{"receipt": f.receipt, "up": f.rating == "up"} for f in session.scalars(select(FeedbackRow))]
    ratings = pl.DataFrame(said).group_by("receipt").agg(ratings=pl.len(), helpful=pl.col("up").sum())
    joined = (
        pl.DataFrame(rows).join(pl.DataFrame(told), on="receipt", how="left").join(ratings, on="receipt", how="left")
    )
    return joined.with_columns(
        pl.col("cost", "energy_wh", "ratings", "helpful").fill_null(0), pl.col("cached").fill_null(value=False)
    )


def expected(rows: pl.DataFrame, by: pl.Expr) -> dict[str, tuple[float, ...]]:
    grouped = rows.group_by(by.cast(pl.String).alias("key")).agg(
        pl.len(), pl.col("refused").sum(), pl.col("cached").sum(), pl.col("ms").median(),
        pl.col("ms").quantile(0.95, "linear").alias("p95"), pl.col("cost").sum(), pl.col("energy_wh").sum(),
        pl.col("ratings").sum(), pl.col("helpful").sum(),
    )  # fmt: skip
    return {key: tuple(map(float, figures)) for key, *figures in grouped.iter_rows()}


@pytest.mark.parametrize(
    ("mart", "key", "by"),
    [
        ("usage_by_release", "release", pl.col("release")),
        ("usage_by_day", "day", pl.col("at").dt.date()),
    ],
)
def test_its_figures_equal_those_of_polars(built: tuple[Workspace, Built], mart: str, key: str, by: pl.Expr) -> None:
    workspace, _ = built
    names = (
        "answers",
        "refused",
        "cached",
        "latency_median_ms",
        "latency_p95_ms",
        "cost",
        "energy_wh",
        "ratings",
        "helpful",
    )
    found = {
        str(row[key]): tuple(float(row[n]) for n in names) for row in Warehouse(workspace.home).read(mart).to_dicts()
    }
    wanted = expected(receipts(workspace), by)
    assert found.keys() == wanted.keys()
    for one, figures in wanted.items():
        assert found[one] == pytest.approx(figures), one


def test_a_month_tells_what_it_would_have_cost(built: tuple[Workspace, Built]) -> None:
    workspace, _ = built
    rows = receipts(workspace).with_columns(month=pl.col("at").dt.strftime("%Y-%m"))
    for month in Warehouse(workspace.home).read("cost_by_month").to_dicts():
        mine = rows.filter(pl.col("month") == f"{month['month']:%Y-%m}")
        anew = mine.filter(~pl.col("cached"))
        assert month["answers"] == mine.height
        assert month["cost_without_cache"] == pytest.approx(anew["cost"].mean() * mine.height)  # type: ignore[operator]
        assert month["energy_wh_without_cache"] == pytest.approx(anew["energy_wh"].mean() * mine.height)  # type: ignore[operator]
        assert month["cost_without_routing"] == pytest.approx(0.02 * mine.height)


def test_all_its_tests_hold_and_its_columns_are_those_that_are_documented(built: tuple[Workspace, Built]) -> None:
    workspace, made = built
    assert len(made.tests) > 25
    assert all(test.passed for test in made.tests)
    for model in marts():
        columns = Warehouse(workspace.home).read(model.name).columns
        assert {column.name for column in model.columns} <= set(columns), model.name
        assert all(column.description for column in model.columns)
        assert check_mart(made, model.name).passed


def test_a_test_that_fails_blocks_its_mart() -> None:
    broken = Built((DbtTest("unique_answers_receipt", "answers", passed=False, message="Got 1 result"),), 1.0, {})
    assert not check_mart(broken, "answers").passed
    assert check_mart(broken, "releases").passed


def test_no_words_and_no_names_are_in_the_warehouse(built: tuple[Workspace, Built]) -> None:
    workspace, _ = built
    folder = Warehouse(workspace.home).folder
    held = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert SECRET_WORDS.encode() not in held
    for export in folder.glob("exports/answers.parquet"):
        assert set(pl.read_parquet(export)["asker"].unique()).isdisjoint({"ann", "bob"})


def test_the_page_stands_alone_and_counts_every_answer(built: tuple[Workspace, Built], tmp_path: Path) -> None:
    workspace, _ = built
    usage, file = write_usage_report(workspace, tmp_path / "usage.html", lambda: NOW)
    page = file.read_text()
    HTMLParser().feed(page)
    assert "<b>400</b>answers" in page
    assert page.count("<svg") > 20
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert check_usage(workspace).passed
    assert len(usage.as_json()["releases"]) == 3


def test_a_home_where_nothing_was_asked_has_a_page_too() -> None:
    nothing = pl.DataFrame(
        schema=dict.fromkeys(("answers", "refused", "cached", "ratings", "helpful", "cost", "energy_wh"), pl.Int64)
    )
    page = as_page(Usage(NOW, nothing, pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), ()))
    assert "Nothing was asked yet" in page
