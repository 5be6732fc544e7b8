from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.identity import Asker
from gristmill.models.vectors import Vectors
from gristmill.search.building import build
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.settings import SearchSettings
from gristmill.storage.tables import CHUNKS, DOCUMENTS, TEXTS
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder, bag_of_words
from tests.workspaces import grind, workspace_at, write

MANUAL = "# Manual\n\n" + "".join(
    f"## Part {n}\n\n{f'The bearing number{n} takes oil{n}. ' * 12}\n\n" for n in range(10)
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("retrieval")
    folder = write(
        root / "documents",
        {
            "manual.md": MANUAL,
            "copy.md": "Sluice gate.\n",
            "other/copy.md": "Sluice gate.\n",
            "leave.txt": "Thirty days of leave.\n",
        },
    )
    workspace = workspace_at(root / "home", folder)
    grind(workspace)
    return workspace


@pytest.fixture(scope="module")
def index(workspace: Workspace) -> IndexVersion:
    folder = workspace.home / "version"
    folder.mkdir()
    build(folder, workspace.lake, [workspace.encoder.fingerprint])
    return IndexVersion(folder)


def found(index: IndexVersion, question: str, k: int | None = None, **settings: Any) -> list[Passage]:
    query = Query(question, bag_of_words(question), None, Asker())
    return retrieve(index, query, SearchSettings.model_validate(settings), k)


def text_of(workspace: Workspace, document: str) -> str:
    rows = workspace.lake.read(DOCUMENTS).join(workspace.lake.read(TEXTS), on="text_hash")
    return next(str(row["text"]) for row in rows.to_dicts() if row["document"] == document)


words_of_it = st.sampled_from([*(f"oil{n}" for n in range(10)), "sluice", "leave"])


@given(st.lists(words_of_it, min_size=1, max_size=4), st.integers(0, 5))
def test_a_passage_is_a_verbatim_span_of_its_document(
    workspace: Workspace, index: IndexVersion, words: list[str], neighbours: int
) -> None:
    for passage in found(index, " ".join(words), neighbours=neighbours, passages=10):
        assert text_of(workspace, passage.document)[passage.start : passage.end] == passage.text


@given(st.integers(0, 9), st.integers(0, 5))
def test_passages_of_one_document_do_not_overlap(index: IndexVersion, part: int, neighbours: int) -> None:
    passages = found(index, f"number{part} bearing", neighbours=neighbours, passages=10, passages_per_document=9)
    spans = sorted((p.start, p.end) for p in passages if p.document == "manual.md")
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_the_passage_that_answers_comes_first(index: IndexVersion) -> None:
    assert "number7" in found(index, "number7 oil7")[0].text
    assert found(index, "days of leave")[0].document == "leave.txt"


def test_a_passage_takes_in_its_neighbours_and_says_which_chunk_was_found(index: IndexVersion) -> None:
    (alone,), (wide,) = found(index, "number4 oil4", 1, neighbours=0), found(index, "number4 oil4", 1, neighbours=1)
    assert alone.chunk == wide.chunk
    assert alone.text in wide.text
    assert len(wide.text) > len(alone.text)


def test_passages_are_limited_in_all_and_per_document(index: IndexVersion) -> None:
    assert len(found(index, "the bearing takes", neighbours=0, passages=3, passages_per_document=9)) == 3
    passages = found(index, "the bearing takes", neighbours=0, passages=9, passages_per_document=2)
    assert [passage.document for passage in passages].count("manual.md") == 2


def test_a_text_that_stands_in_two_documents_comes_once(index: IndexVersion) -> None:
    texts = [passage.text for passage in found(index, "sluice gate", passages=10)]
    assert texts.count("Sluice gate.") == 1


def test_scores_fall_from_first_to_last_in_both_ways_of_fusion(index: IndexVersion) -> None:
    for fusion in ("weighted", "rrf"):
        scores = [passage.score for passage in found(index, "number3 oil3 leave", fusion=fusion, passages=10)]
        assert scores == sorted(scores, reverse=True)


def test_the_same_question_has_the_same_answer_twice(index: IndexVersion) -> None:
    assert found(index, "the bearing takes oil") == found(index, "the bearing takes oil")


@given(st.text(max_size=60))
def test_no_question_raises(index: IndexVersion, question: str) -> None:
    assert len(found(index, question)) <= 5


def test_an_index_without_chunks_finds_nothing(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path / "home", write(tmp_path / "documents", {"a.md": ""}))
    grind(workspace)
    (tmp_path / "version").mkdir()
    build(tmp_path / "version", workspace.lake, [workspace.encoder.fingerprint])
    assert found(IndexVersion(tmp_path / "version"), "wheel") == []


def test_a_second_encoder_counts_when_the_index_and_the_question_have_it(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path / "home", write(tmp_path / "documents", {"a.md": "wheel", "b.md": "Rad"}))
    workspace.bridge = Translator()
    grind(workspace)
    (tmp_path / "version").mkdir()
    build(tmp_path / "version", workspace.lake, [encoder.fingerprint for encoder in workspace.encoders])
    index = IndexVersion(tmp_path / "version")
    question = Query("roue", bag_of_words("roue"), Translator().encode(["roue"])[0], Asker())
    settings = SearchSettings.model_validate({"bridge_weight": 1.0})
    assert {round(float(index.bridge[row] @ question.bridge), 3) for row in range(2)} == {1.0}  # type: ignore[index]
    assert {passage.document for passage in retrieve(index, question, settings)} == {"a.md", "b.md"}


class Translator(FakeEncoder):
    """Knows that three words are one."""

    def __init__(self) -> None:
        super().__init__("translator")

    def encode(self, texts: Sequence[str]) -> Vectors:
        return super().encode(["wheel" for _ in texts])


def test_the_chunks_of_the_lake_are_the_rows_of_the_index(workspace: Workspace, index: IndexVersion) -> None:
    assert set(index.rows["chunk"]) == set(workspace.lake.read(CHUNKS)["chunk"])
    keys = index.rows["audience_key"].to_list()
    assert keys == sorted(keys)
