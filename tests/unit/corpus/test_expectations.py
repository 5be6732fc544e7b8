"""The declared expectations: Polars and Great Expectations see the same, and nulls and emptiness pass nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.corpus.expectations import (
    Expectation,
    Kind,
    Observation,
    Suite,
    as_result,
    chunks_suite,
    documents_suite,
    embeddings_suite,
    observe,
    questions_suite,
)
from gristmill.corpus.expectations.data_docs import write_page
from gristmill.corpus.expectations.great import observe_great
from gristmill.corpus.expectations.measuring import view_of
from gristmill.corpus.quality import Severity
from gristmill.storage.tables import CHUNKS, DOCUMENTS, EMBEDDINGS, QUESTIONS, STAGE_GATES

NOW = datetime(2026, 11, 25, tzinfo=UTC)
QUESTION_FILE = Path(__file__).parents[3] / "samples" / "questions.jsonl"
ENCODER = "e" * 32
SUITES: dict[str, Callable[[], Suite]] = {
    "documents": documents_suite,
    "chunks": lambda: chunks_suite(256),
    "embeddings": lambda: embeddings_suite([ENCODER], 4),
    "questions": questions_suite,
}


def key(number: int) -> str:
    return f"{number:032x}"


def good(name: str) -> pl.DataFrame:
    """Return a few rows of a table that meet all expectations."""
    rows: dict[str, Callable[[int], dict[str, object]]] = {
        "documents": lambda n: {
            "document": f"a/{n}.md", "source": "s", "version": f"{n:064x}", "status": "accepted", "reason": "",
            "attempts": 1, "audience": ["everyone"], "media_type": "text/markdown", "title": "T", "language": "en",
            "bytes": 9, "characters": 9, "text_hash": key(n), "findings": [], "modified": NOW, "first_seen": NOW,
            "changed": NOW,
        },
        "chunks": lambda n: {
            "chunk": key(n), "document": "a.md", "chunk_set": key(9), "ordinal": n, "start": n * 40, "end": n * 40 + 33,
            "text": "Nine words that say what to expect"[:33], "gap": "\n", "headings": [], "page": None, "tokens": 9,
            "context": "", "embedding_key": key(n),
        },
        "embeddings": lambda n: {
            "embedding": key(n), "embedding_key": key(n), "encoder": ENCODER,
            "vector": np.eye(4, dtype="<f4")[n].tobytes(),
        },
        "questions": lambda n: {
            "question": f"q{n}", "text": f"What is {n}?", "language": "en", "kind": "number", "groups": ["everyone"],
            "answerable": True, "answer": str(n), "split": "tune", "cluster": f"c{n}", "origin": "golden",
            "set_aside": None, "changed": NOW,
            "evidence": [{"document": "a.md", "quote": str(n), "found": "", "start": 0, "end": 1}],
        },
    }  # fmt: skip
    return pl.DataFrame([rows[name](n) for n in range(4)], schema=SUITES[name]().table.schema)


def seen(suite: Suite, rows: pl.DataFrame) -> tuple[Observation, ...]:
    return observe(suite, view_of(suite, rows.select(suite.narrow)))


def both(suite: Suite, rows: pl.DataFrame) -> tuple[tuple[Observation, ...], tuple[Observation, ...]]:
    frame = view_of(suite, rows.select(suite.narrow))
    return observe(suite, frame), observe_great(suite, frame)[0]


def broken(found: tuple[Observation, ...]) -> set[str]:
    return {one.expectation.rule for one in found if not one.passed}


@pytest.mark.parametrize("name", SUITES)
def test_good_rows_meet_all_expectations_and_both_ways_see_the_same(name: str) -> None:
    polars, great = both(SUITES[name](), good(name))
    assert broken(polars) == set()
    assert polars == great


@pytest.mark.parametrize("name", SUITES)
def test_both_ways_see_the_same_in_rows_that_are_all_null(name: str) -> None:
    suite = SUITES[name]()
    rows = good(name).select(pl.lit(None, kind).alias(column) for column, kind in suite.table.schema.items())
    polars, great = both(suite, pl.concat([rows, rows]))
    assert polars == great
    nulls = {one.expectation.column for one in polars if one.expectation.kind is Kind.PRESENT and not one.passed}
    asked = {one.expectation.column for one in polars if one.expectation.kind is Kind.PRESENT}
    always = {"counts", "splits"}  # these are counts, and nulls can be counted
    assert asked - nulls <= always
    assert len(nulls) > 3


@pytest.mark.parametrize("name", SUITES)
def test_an_empty_table_breaks_what_counts_rows_and_nothing_else(name: str) -> None:
    suite = SUITES[name]()
    polars, great = both(suite, suite.table.schema.to_frame())
    assert polars == great
    assert {one.expectation.kind for one in polars if not one.passed} == {Kind.ROWS}


def test_an_all_null_column_passes_every_rule_but_the_one_about_nulls() -> None:
    rows = good("documents").with_columns(status=pl.lit(None, pl.String))
    assert broken(seen(documents_suite(), rows)) == {"status is never null"}


DAMAGES: list[tuple[str, str, dict[str, pl.Expr]]] = [
    ("documents", "a document has one row", {"document": pl.lit("a/0.md")}),
    ("documents", "a document has a name", {"document": pl.lit(" ")}),
    ("documents", "a status is one that exists", {"status": pl.lit("splendid")}),
    ("documents", "groups is never null", {"audience": pl.lit(None, pl.List(pl.String))}),
    ("documents", "an accepted document has a version", {"version": pl.lit("abc")}),
    ("documents", "an accepted document has a version", {"version": pl.lit("a" * 64 + "\n")}),
    ("documents", "an accepted document names its text", {"text_hash": pl.lit(None, pl.String)}),
    ("documents", "an accepted document has characters", {"characters": pl.lit(0)}),
    ("documents", "only accepted documents have a text", {"status": pl.lit("quarantined")}),
    ("documents", "what is left out has a reason", {"status": pl.lit("failed"), "reason": pl.lit(" ")}),
    ("documents", "nothing changed before it was seen", {"first_seen": pl.lit(NOW) + pl.duration(days=1)}),
    ("documents", "a language is a code", {"language": pl.lit("English!")}),
    ("documents", "no document is from the future", {"modified": pl.lit(NOW) + pl.duration(days=999)}),
    ("chunks", "a place in a document is taken once", {"ordinal": pl.lit(0)}),
    ("chunks", "a chunk has at least one character", {"end": pl.col("start")}),
    ("chunks", "a chunk is as long as its span", {"text": pl.lit("short")}),
    ("chunks", "a chunk has a letter or a figure", {"text": pl.lit("--- --- ---")}),
    ("chunks", "a chunk fits the encoder", {"tokens": pl.lit(257)}),
    ("chunks", "excess is never null", {"text": pl.lit(None, pl.String)}),
    ("chunks", "pages are counted from one", {"page": pl.lit(0)}),
    ("embeddings", "an encoder is one in force", {"encoder": pl.lit("another")}),
    ("embeddings", "a text has one vector by each encoder", {"embedding_key": pl.lit(key(0))}),
    ("embeddings", "vectors are of one size", {"vector": pl.col("vector").bin.slice(0, 8)}),
    ("embeddings", "a vector has length 1", {"vector": pl.lit(np.full(4, 0.6, "<f4").tobytes())}),
    ("embeddings", "length is never null", {"vector": pl.lit(np.full(4, np.nan, "<f4").tobytes())}),
    ("embeddings", "length is never null", {"vector": pl.lit(b"abc")}),
    ("questions", "a split is one that exists", {"split": pl.lit("train")}),
    ("questions", "near duplicates stand in one split", {"cluster": pl.lit("c0"), "split": pl.lit("holdout")}),
    ("questions", "a question is asked once by the same groups", {"text": pl.lit("What is 0?")}),
    ("questions", "an answer has its evidence", {"evidence": pl.lit([], QUESTIONS.schema["evidence"])}),
    ("questions", "an answerable question has its answer", {"answer": pl.lit(" ")}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "damage"), DAMAGES, ids=[f"{n}: {rule}" for n, rule, _ in DAMAGES])
def test_damage_of_one_row_breaks_its_rule_and_names_the_row(name: str, rule: str, damage: dict[str, pl.Expr]) -> None:
    suite, rows = SUITES[name](), good(name)
    last = pl.int_range(pl.len()) == rows.height - 1
    rows = rows.with_columns(
        pl.when(last).then(value).otherwise(pl.col(column)).cast(rows.schema[column]).alias(column)
        for column, value in damage.items()
    )
    [observation] = [one for one in seen(suite, rows) if one.expectation.rule == rule]
    assert not observation.passed
    assert any(str(rows[suite.key][-1]) in example for example in observation.sample)
    assert observation.recovery


def test_both_ways_see_the_same_in_rows_that_are_damaged_in_all_these_ways() -> None:
    for name, make in SUITES.items():
        rows = [good(name)]
        for table, _, damage in DAMAGES:
            if table == name:
                rows.append(good(name).head(1).with_columns(**damage).cast(good(name).schema))
        polars, great = both(make(), pl.concat(rows))
        assert len(broken(polars)) > 5
        assert polars == great


TINY = Suite(
    STAGE_GATES,
    "key",
    [pl.col("key"), pl.col("word"), pl.col("number"), pl.col("real")],
    [
        Expectation("rows", Kind.ROWS, low=1, high=6),
        Expectation("key once", Kind.UNIQUE, "key"),
        Expectation("word known", Kind.ONE_OF, "word", values=("a", "b")),
        Expectation("word short", Kind.MATCHES, "word", pattern="[a-c]{1,2}", share=0.5),
        Expectation("number small", Kind.BETWEEN, "number", low=0, high=3),
        Expectation("real positive", Kind.BETWEEN, "real", low=0, share=0.7, severity=Severity.WARN),
    ],
    "Look at it.",
    may_be_null=frozenset({"number"}),
)


@settings(max_examples=12)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "key": st.sampled_from(["k0", "k1", "k2", "k3", None]),
                "word": st.sampled_from(["a", "b", "c", "ab", "abc", "a\n", "", "ä", None]),
                "number": st.one_of(st.none(), st.integers(-2, 5)),
                "real": st.one_of(st.none(), st.floats(-1, 1), st.just(float("nan"))),
            }
        ),
        max_size=8,
    )
)
def test_both_ways_see_the_same_in_any_rows(rows: list[dict[str, object]]) -> None:
    schema = {"key": pl.String, "word": pl.String, "number": pl.Int64, "real": pl.Float64}
    frame = view_of(TINY, pl.DataFrame(rows, schema=schema))
    polars, great = observe(TINY, frame), observe_great(TINY, frame)[0]
    for one, other in zip(polars, great, strict=True):
        assert (one.expectation, one.passed, one.observed, one.of) == (
            other.expectation, other.passed, other.observed, other.of,
        )  # fmt: skip


def test_a_warning_is_a_problem_that_does_not_block() -> None:
    result = as_result(seen(documents_suite(), good("documents").with_columns(title=pl.lit(" "))))
    assert not result.passed
    assert not result.blocks
    assert "an accepted document has a title" in result.problems[0].message


def test_the_questions_of_the_sample_company_meet_their_expectations() -> None:
    rows = []
    for line in QUESTION_FILE.read_text().splitlines():
        told = json.loads(line)
        evidence = [{**quote, "found": "", "start": 0, "end": 0} for quote in told["evidence"]]
        rows.append(
            {**told, "question": told["id"], "text": told["question"], "cluster": told["id"], "evidence": evidence}
        )
    table = [{column: row.get(column) for column in QUESTIONS.schema} for row in rows]
    assert broken(seen(questions_suite(), pl.DataFrame(table, schema=QUESTIONS.schema))) == set()


def test_the_page_of_a_table_says_what_to_do_and_fetches_nothing(tmp_path: Path) -> None:
    suite = documents_suite()
    rows = good("documents").with_columns(document=pl.lit("<script>alert(1)</script>"))
    observations, result = observe_great(suite, view_of(suite, rows.select(suite.narrow)))
    page = write_page(tmp_path, suite, observations, result).read_text()
    assert "a document has one row" in page
    assert "Run all assets again" in page
    for fetching in ("http:", "https:", "<script", "<link", "<img", "url("):
        assert fetching not in page
    assert 'href="documents.html"' in (tmp_path / "index.html").read_text()


def test_every_column_that_is_looked_at_is_in_its_view() -> None:
    for name, make in SUITES.items():
        suite = make()
        frame = view_of(suite, good(name).select(suite.narrow))
        assert {one.column for one in suite.all_expectations if one.column} | {suite.key} <= set(frame.columns)
        rules = [one.rule for one in suite.all_expectations]
        assert len(rules) == len(set(rules))


def test_suites_speak_of_the_tables_they_are_named_after() -> None:
    assert [make().table for make in SUITES.values()] == [DOCUMENTS, CHUNKS, EMBEDDINGS, QUESTIONS]
