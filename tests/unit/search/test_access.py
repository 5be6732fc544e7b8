"""No way of searching leaves the groups of the asker."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.identity import Asker, may_see
from gristmill.search.dense import exact_search
from gristmill.search.retrieval import Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.settings import SearchSettings
from tests.conftest import PAIRS
from tests.fakes import DIMENSIONS, bag_of_words
from tests.unit.search.indexes import GROUPS, WORDS, build_index

groups = st.lists(st.sampled_from((*GROUPS, "nobody-has-this")), max_size=4, unique=True)
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    return build_index(tmp_path_factory.mktemp("index"))


def audience_of(index: IndexVersion, row: int) -> list[str]:
    return list(index.rows["audience"][row])


def permitted(index: IndexVersion, asking: list[str]) -> set[int]:
    return {row for row in range(index.manifest.chunks) if may_see(audience_of(index, row), asking)}


@given(groups, questions, st.integers(1, 200))
def test_exact_search_returns_the_nearest_permitted_rows_and_no_others(
    index: IndexVersion, asking: list[str], question: str, k: int
) -> None:
    vector = bag_of_words(question)
    found = exact_search(index.matrix, index.runs, asking, vector, k)
    everything = np.asarray(index.matrix) @ vector
    best = sorted((float(everything[row]) for row in permitted(index, asking)), reverse=True)[:k]
    assert {row for row, _ in found} <= permitted(index, asking)
    np.testing.assert_allclose([score for _, score in found], best, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        [everything[row] for row, _ in found], [score for _, score in found], rtol=1e-5, atol=1e-6
    )


@given(groups, questions, st.integers(1, 100))
def test_chroma_returns_permitted_rows_only(index: IndexVersion, asking: list[str], question: str, k: int) -> None:
    (found,) = index.chroma.search(bag_of_words(question)[np.newaxis], k, asking)
    rows = {index.row_of[chunk] for chunk, _ in found}
    assert rows <= permitted(index, asking)
    assert len(rows) == min(k, len(permitted(index, asking)))


@given(groups, questions, st.integers(1, 100))
def test_tantivy_returns_permitted_rows_only(index: IndexVersion, asking: list[str], question: str, k: int) -> None:
    rows = {row for row, _ in index.lexical.search(question, asking, k)}
    assert rows <= permitted(index, asking)
    assert rows or not _with_a_word(index, question) & permitted(index, asking)


def _with_a_word(index: IndexVersion, question: str) -> set[int]:
    words = set(question.split())
    return {row for row, text in enumerate(index.rows["text"]) if words & set(text.split())}


@given(groups, questions, st.sampled_from(("weighted", "rrf")), st.booleans(), st.integers(0, 3))
def test_retrieval_returns_permitted_passages_only(
    index: IndexVersion, asking: list[str], question: str, fusion: str, exact: bool, neighbours: int
) -> None:
    settings = SearchSettings.model_validate(
        {"fusion": fusion, "exact_rows": 10**6 if exact else 0, "neighbours": neighbours, "passages": 20}
    )
    query = Query(question, bag_of_words(question), None, Asker(groups=tuple(asking)))
    passages = retrieve(index, query, settings)
    assert all(may_see(passage.audience, asking) for passage in passages)
    assert bool(passages) == bool(permitted(index, asking))


def test_an_asker_in_a_group_that_no_document_has_finds_nothing(index: IndexVersion) -> None:
    query = Query("wheel", bag_of_words("wheel"), None, Asker(groups=("nobody-has-this",)))
    assert retrieve(index, query, SearchSettings()) == []


def test_documents_for_nobody_are_in_the_index_and_found_by_no_group(index: IndexVersion) -> None:
    hidden = {row for row in range(index.manifest.chunks) if not audience_of(index, row)}
    assert hidden
    vector = np.ones(DIMENSIONS, dtype=np.float32)
    assert hidden.isdisjoint(row for row, _ in exact_search(index.matrix, index.runs, (*GROUPS, "-", ""), vector, 999))
    (found,) = index.chroma.search(vector[np.newaxis], 999, [*GROUPS, "-"][:-1])
    assert hidden.isdisjoint(index.row_of[chunk] for chunk, _ in found)
    assert hidden.isdisjoint(row for row, _ in index.lexical.search(" ".join(WORDS), (*GROUPS, "-", ""), 999))


def test_exact_and_approximate_search_agree_on_a_small_index(index: IndexVersion) -> None:
    for word in WORDS:
        vector = bag_of_words(f"{word} oil")
        exact = exact_search(index.matrix, index.runs, ["hr", "it"], vector, 10)
        (near,) = index.chroma.search(vector[np.newaxis], 10, ["hr", "it"])
        np.testing.assert_allclose([s for _, s in exact], [s for _, s in near], atol=1e-5)


def test_random_pairs_of_asker_and_question_see_no_chunk_title_or_id_outside_the_groups(index: IndexVersion) -> None:
    """Exact and approximate, by both fusions; `GRISTMILL_PAIRS=10000` is the thorough run."""
    draw = random.Random(PAIRS)
    hidden_from: dict[tuple[str, ...], set[str]] = {}
    for _ in range(PAIRS):
        asking = tuple(sorted(draw.sample(GROUPS, draw.randint(1, 5))))
        text = " ".join(draw.choices(WORDS, k=draw.randint(1, 6)))
        settings = SearchSettings(
            exact_rows=draw.choice((0, 10**6)), fusion=draw.choice(("weighted", "rrf")), neighbours=draw.randint(0, 3),
            passages=draw.randint(1, 20),
        )  # fmt: skip
        asker = Asker(groups=asking)
        if asking not in hidden_from:
            names = index.rows.select("chunk", "document", "audience").iter_rows()
            hidden_from[asking] = {n for c, d, audience in names if not may_see(audience, asking) for n in (c, d)}
        hidden = hidden_from[asking]
        for passage in retrieve(index, Query(text, bag_of_words(text), None, asker), settings):
            shown = {passage.chunk, passage.document, *(span.chunk for span in passage.spans)}
            assert shown.isdisjoint(hidden)
            assert may_see(passage.audience, asking)
            assert passage.title == passage.document or passage.title not in hidden
