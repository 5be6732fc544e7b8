"""The reader with its real model: made once in a home, the same for the same, and told apart what it should."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gristmill.errors import ModelError
from gristmill.models.catalog import generator_weights
from gristmill.models.converting import converted
from gristmill.models.gguf import GgufFile
from gristmill.models.reader import WINDOW, Reader, tokens_of
from gristmill.models.trainable import tokenizer_of
from gristmill.settings import GeneratorSettings

pytestmark = pytest.mark.slow

QUESTION = "What is the telephone number of the office in Hull?"
ANSWERS = "Offices – Hull: The office is open from nine to five; telephone 01632 960 411."
NEAR_MISS = "Offices – Leith: The office is open from nine to five; it has a lift and a car park."


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


@pytest.fixture(scope="module")
def reader(cache: Path) -> Reader:
    made = Reader(cache)
    made.load()
    return made


def test_a_text_that_answers_has_better_odds_than_a_near_miss(reader: Reader) -> None:
    assert reader.odds(QUESTION, ANSWERS) > 1.0 + reader.odds(QUESTION, NEAR_MISS)


def test_the_same_text_has_the_same_odds_loaded_again_and_at_the_same_time(cache: Path, reader: Reader) -> None:
    once = reader.odds(QUESTION, ANSWERS)
    assert Reader(cache).odds(QUESTION, ANSWERS) == once
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(reader.odds, [QUESTION] * 4, [ANSWERS] * 4)) == {once}


def test_two_processes_that_make_it_at_once_both_read(tmp_path: Path) -> None:
    program = f"from pathlib import Path; from gristmill.models.reader import Reader; " \
              f"print(Reader(Path({str(tmp_path)!r})).odds({QUESTION!r}, {ANSWERS!r}))"  # fmt: skip
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate(timeout=300)[0] for one in started]
    assert [one.returncode for one in started] == [0, 0]
    assert said[0] == said[1]
    (made,) = tmp_path.iterdir()
    assert sorted(place.name for place in made.iterdir()) == ["model", "verified.json"]


def test_what_cannot_be_converted_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "not.gguf"
    file.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ModelError, match=r"not\.gguf cannot be converted"):
        converted(file, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_what_it_was_made_from_is_not_kept(cache: Path, reader: Reader) -> None:
    assert [place.name for place in cache.iterdir()] == [reader.fingerprint]
    assert not list(cache.rglob("*.gguf"))


def test_the_words_that_answer_are_the_likeliest_however_many_are_asked_about(reader: Reader) -> None:
    parts = ["01632 960 411", "nine to five", "01632", "from nine to five; telephone 01632 960 411", "office"]
    words, end, tokens = reader.likelihoods(QUESTION, ANSWERS, parts).T
    assert parts[int(np.argmax(words + end))] == parts[0]
    assert (tokens[2] < tokens[0] < tokens[3], bool((words < 0).all()), bool((end < 0).all())) == (True, True, True)
    for at, part in enumerate(parts):
        alone = reader.likelihoods(QUESTION, ANSWERS, [part])[0]
        assert alone == pytest.approx([words[at], end[at], tokens[at]], abs=0.5)


@pytest.mark.parametrize("question", ["", QUESTION, "why " * 900])
@pytest.mark.parametrize("text", ["", "because " * 900, "Ω≈ç√ 🜁 " * 400])
def test_of_whatever_length_what_is_read_fits_and_ends_where_the_answer_begins(question: str, text: str) -> None:
    tokenizer = tokenizer_of(GgufFile(generator_weights(GeneratorSettings()).file))
    read = tokens_of(tokenizer, question, text)
    assert len(read) <= WINDOW
    assert tokenizer.decode(read).endswith("\nAnswer:")


def test_nothing_and_too_much_are_read_too(reader: Reader) -> None:
    for question, text in (("", ""), ("why " * 900, "because " * 900)):
        assert reader.odds(question, text) == reader.odds(question, text)
    assert reader.likelihoods(QUESTION, ANSWERS, []).shape == (0, 3)
    assert reader.likelihoods(QUESTION, "", [""]).shape == (1, 3)


def test_the_beginning_of_a_long_text_is_what_is_read(reader: Reader) -> None:
    assert reader.odds(QUESTION, ANSWERS + " The lift is old." * 400) > reader.odds(QUESTION, "The lift is old." * 400)
