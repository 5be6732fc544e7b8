from __future__ import annotations

import json
from pathlib import Path

import pytest

from gristmill.errors import SettingsError
from gristmill.learning.encoder_tuning.examples import read_examples
from gristmill.learning.encoder_tuning.pairs import Kind, Pair, PairMaker, selected, sentences
from gristmill.learning.encoder_tuning.texts import TuningText, texts_of_folder
from gristmill.settings import ChunkerSettings
from tests.fakes import FakeEncoder


def passage(document: str, text: str, title: str, *headings: str, language: str = "en") -> TuningText:
    return TuningText(document, title, headings, title, text, language)


SLUICE = "Opening the sluice"
TEXTS = [
    passage("a", "The sluice is opened at dawn by two people. The rack is cleaned every morning.", SLUICE),
    passage("a", "After a flood the bearing is oiled with the green can.", SLUICE, "Opening", "Oil and grease"),
    passage("b", "Before that, read opening the sluice once more and sign it.", "Signing for work"),
    passage("c", "Das Wehr wird bei Hochwasser von Hand geöffnet.", "Das Wehr bei Hochwasser", language="de"),
]  # fmt: skip


def made(kind: Kind) -> list[Pair]:
    return [pair for pair in PairMaker(TEXTS, 1).pairs() if pair.kind is kind]


def test_titles_and_headings_ask_for_what_stands_below_them() -> None:
    assert {(pair.query, pair.passage) for pair in made(Kind.TITLE)} >= {
        (SLUICE, 0),
        (SLUICE, 1),
    }
    assert [(pair.query, pair.passage) for pair in made(Kind.HEADING)] == [(f"{SLUICE} Oil and grease", 1)]


def test_the_last_sentence_before_a_passage_asks_for_it_within_one_document() -> None:
    assert [pair.passage for pair in made(Kind.NEIGHBOUR)] == [1]


def test_a_sentence_that_names_another_document_asks_for_it() -> None:
    assert [(pair.query[:12], pair.passage) for pair in made(Kind.CITED)] == [("Before that,", 0)]


def test_questions_are_worded_in_the_language_of_the_passage() -> None:
    german = [pair.query for pair in made(Kind.QUESTION) if pair.passage == 3]
    assert german
    assert all(query.startswith(("was ", "wie ")) for query in german)


def test_shortened_sentences_hold_only_words_of_their_passage() -> None:
    for pair in made(Kind.SENTENCE):
        assert set(pair.query.split()) <= set(TEXTS[pair.passage].text.split())


def test_equal_seeds_make_equal_pairs_and_no_pair_comes_twice() -> None:
    pairs = PairMaker(TEXTS, 5).pairs()
    assert pairs == PairMaker(TEXTS, 5).pairs()
    assert pairs != PairMaker(TEXTS, 6).pairs()
    assert len({(pair.query.lower(), pair.passage) for pair in pairs}) == len(pairs)


def test_no_kind_crowds_out_another() -> None:
    pairs = [Pair(f"s{n}", 0, Kind.SENTENCE) for n in range(50)] + [Pair(f"t{n}", 0, Kind.TITLE) for n in range(3)]
    chosen = selected(pairs, 10)
    assert sum(pair.kind is Kind.TITLE for pair in chosen) == 3
    assert len(chosen) == 10


def test_headings_and_marks_are_no_sentences() -> None:
    text = "# Oil\n\nThe bearing is **oiled** every spring.\n\n- two\n- The can is green and stands below the stairs."
    assert sentences(text) == [
        "The bearing is oiled every spring.",
        "two - The can is green and stands below the stairs.",
    ]


def test_a_folder_in_beir_format_is_read_without_its_questions(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(
        json.dumps({"_id": "7", "title": "Oil", "text": "The bearing is oiled."}) + "\n"
        + json.dumps({"_id": "8", "title": "Oil", "text": "The bearing is oiled."})
    )  # fmt: skip
    (tmp_path / "queries.jsonl").write_text("not JSON: whoever opens it fails")
    texts = texts_of_folder(tmp_path, ChunkerSettings(), FakeEncoder())
    assert [(text.document, text.encoded) for text in texts] == [("7", "Oil\nThe bearing is oiled.")]
    with pytest.raises(SettingsError, match=r"corpus\.jsonl"):
        texts_of_folder(tmp_path / "nowhere", ChunkerSettings(), FakeEncoder())


def test_examples_of_people_find_their_passage_and_outdated_ones_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    lines = [{"question": "Which can?", "text": "the green can"}, {"question": "Who?", "text": "is not there any more"}]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert read_examples(file, TEXTS) == [Pair("Which can?", 1, Kind.EXAMPLE)]
    file.write_text("{}")
    with pytest.raises(SettingsError, match="question"):
        read_examples(file, TEXTS)
