from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.search.lexical import LexicalIndex, terms

TEXTS = [
    ("eng", "The turbines were running all night beside the old mill."),
    ("deu", "Die Mühlräder drehten sich; die Überprüfung der Getriebeöle erfolgt jährlich in den Häusern."),
    ("fra", "Les meules étaient arrêtées pendant la crue; l'équipe vérifiait les paliers."),
    ("", "Zeile ohne Sprache: SB-2024-06, Drehmoment 120 Nm, serial 4711."),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    folder = tmp_path_factory.mktemp("lexical")
    LexicalIndex.create(folder, [(f"c{n}", text, code, ["everyone"]) for n, (code, text) in enumerate(TEXTS)])
    return LexicalIndex.open(folder, ["deu", "fra"])


def best(index: LexicalIndex, question: str) -> int | None:
    hits = index.search(question, ["everyone"], 5)
    return hits[0][0] if hits else None


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("turbine", 0),
        ("who runs?", 0),
        ("Mühlrad", 1),
        ("MÜHLRÄDER", 1),
        ("Muhlrader", 1),
        ("Haus", 1),
        ("Überprüfungen", 1),
        ("meule arrêtée", 2),
        ("une équipe", 2),
        ("SB-2024-06", 3),
        ("4711", 3),
        ("Drehmomente", 3),
    ],
)
def test_a_word_is_found_in_its_other_forms(index: LexicalIndex, question: str, row: int) -> None:
    assert best(index, question) == row


def test_stop_words_alone_find_nothing(index: LexicalIndex) -> None:
    assert index.search("the of and", ["everyone"], 5) == []


MARKS = (
    "", "   ", "+-!(){}[]^\"~*?:\\/", "AND OR NOT", "body:mill", "a AND (b", '"', "mill~2", "mill^", "[a TO",
    "audience:hr",
)  # fmt: skip


@pytest.mark.parametrize("question", MARKS)
def test_marks_of_query_languages_are_only_marks(index: LexicalIndex, question: str) -> None:
    index.search(question, ["everyone"], 5)


def test_a_question_cannot_name_a_field(tmp_path: Path) -> None:
    LexicalIndex.create(tmp_path, [("c0", "open text", "eng", ["everyone"]), ("c1", "secret pay", "eng", ["hr"])])
    index = LexicalIndex.open(tmp_path, [])
    assert index.search("audience:hr chunk:c1 pay OR everyone", ["everyone"], 5) == []


@given(st.text(), st.lists(st.text(max_size=5), max_size=3))
def test_no_question_and_no_group_ever_raises(index: LexicalIndex, question: str, groups: list[str]) -> None:
    assert len(index.search(question, groups, 5)) <= len(TEXTS)


def test_scores_fall_from_first_to_last(index: LexicalIndex) -> None:
    scores = [score for _, score in index.search("mill Mühlrad crue 4711 night", ["everyone"], 10)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


def test_the_index_knows_its_ids_its_size_and_how_often_a_term_stands(index: LexicalIndex) -> None:
    assert index.ids() == {"c0", "c1", "c2", "c3"}
    assert index.size == 4
    assert index.document_frequency(terms("turbines")[0]) == 1
    assert index.document_frequency("nothing") == 0


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    LexicalIndex.create(tmp_path, [])
    index = LexicalIndex.open(tmp_path, [])
    assert (index.ids(), index.size, index.search("mill", ["everyone"], 5)) == (set(), 0, [])


def test_a_word_of_inhuman_length_is_no_term() -> None:
    assert terms("x" * 100 + " mill") == ["mill"]
