"""Questions made from a corpus, and what tuning chooses where there is a difference and where there is none."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from gristmill.errors import SourceError
from gristmill.evaluation.ranges import Range, total, union
from gristmill.evaluation.tuning.questions import TuningQuestion, TuningSet, questions_of_corpus, questions_of_file
from gristmill.evaluation.tuning.report import as_html, as_toml, overall_verdict, write_candidate
from gristmill.evaluation.tuning.trials import Tuner, Tuning
from gristmill.models.vectors import Vectors
from gristmill.search.trial import TrialText
from gristmill.settings import Settings
from tests.fakes import DIMENSIONS, FakeEncoder
from tests.trials import PARTS, parts_in

WORDS = ("river", "water", "grain", "flour", "oil", "iron", "wood", "rope", "stone", "keeper", "winter", "market")


def corpus(documents: int = 16) -> list[TrialText]:
    draw = random.Random(4)

    def sentence(part: str) -> str:
        return f"The {part} is {' '.join(draw.choices(WORDS, k=7))} {part}."

    def text() -> str:
        return "\n\n".join(" ".join(sentence(part) for _ in range(6)) for part in draw.sample(PARTS, 4))

    return [TrialText(f"{n}.md", f"Part {n}", text()) for n in range(documents)]


def test_a_made_question_is_no_longer_in_the_text_and_its_surroundings_are() -> None:
    texts = corpus()
    made = questions_of_corpus(texts, 40)
    left = {text.document: text.text for text in made.texts}
    before = {text.document: text.text for text in texts}
    assert len(made.questions) >= 16
    for question in made.questions:
        assert question.text in before[question.cluster]
        assert question.text not in left[question.cluster]
        for place in question.wanted:
            wanted = left[place.document][place.start : place.end]
            assert wanted in before[place.document]
            assert wanted.startswith("The ")
            assert wanted.endswith(".")


def test_questions_of_a_file_are_those_of_the_tune_split_with_their_places(tmp_path: Path) -> None:
    rows = [
        {"question": "who?", "split": "tune", "evidence": [{"document": "a.md", "quote": "kept by **Ada** Lace"}]},
        {"question": "held out?", "split": "holdout", "evidence": [{"document": "a.md", "quote": "kept"}]},
        {"question": "gone?", "split": "tune", "evidence": [{"document": "b.md", "quote": "kept"}]},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    text = TrialText("a.md", "", "It is kept by\nAda Lace today.")
    found = questions_of_file(file, [text])
    (question,) = found.questions
    (place,) = question.wanted
    assert text.text[place.start : place.end] == "kept by\nAda Lace"


def test_a_file_whose_evidence_is_nowhere_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "who?", "evidence": []}\n')
    with pytest.raises(SourceError, match="No evidence of a question"):
        questions_of_file(file, corpus())


def test_a_corpus_that_is_too_small_is_an_error_with_the_way_out() -> None:
    with pytest.raises(SourceError, match="--questions FILE"):
        questions_of_corpus([TrialText("a.md", "", "One sentence.")], 20)


def tuning_of(tmp_path: Path) -> Tuning:
    parts = parts_in(tmp_path / "cache")
    return Tuner(questions_of_corpus(corpus(), 40), parts).tune(("markdown", "fixed"), (32,))


class Blind(FakeEncoder):
    """Gives each text a direction of its own, which says nothing about its words."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        seeds = (int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) for text in texts)
        rows = np.stack([np.random.default_rng(seed).standard_normal(DIMENSIONS) for seed in seeds])
        unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit


def test_weights_that_are_plainly_wrong_are_replaced_and_the_candidate_is_valid_settings(tmp_path: Path) -> None:
    wrong = {"fusion": "weighted", "dense_weight": 1.0, "lexical_weight": 0.0, "bridge_weight": 0.0}
    parts = parts_in(tmp_path / "cache", Blind(), search=wrong)
    texts = tuple(corpus(24))
    asked = tuple(TuningQuestion(text.text.split(". ")[n], (_place(text, n),)) for text in texts for n in (1, 4, 9))
    tuning = Tuner(TuningSet(texts, asked, "test"), parts).tune((), ())
    assert tuning.search.lexical_weight > 0
    assert tuning.overall.low > 0
    assert overall_verdict(tuning).startswith("a measurable difference")
    candidate, page = write_candidate(tmp_path, tuning, parts, datetime(2026, 1, 2, tzinfo=UTC))
    Settings(**tomllib.loads(candidate.read_text()))
    html = page.read_text()
    assert html.startswith("<!doctype html>")
    assert "<svg" in html
    assert "http" not in html


def _place(text: TrialText, number: int) -> Range:
    sentence = text.text.split(". ")[number]
    start = text.text.index(sentence)
    return Range(text.document, start, start + len(sentence))


def test_no_difference_is_said_and_changes_nothing(tmp_path: Path) -> None:
    tuning = tuning_of(tmp_path)
    parts = parts_in(tmp_path / "cache")
    alike = [comparison for comparison in tuning.comparisons if not comparison.measurable]
    assert alike
    assert all(comparison.chosen is comparison.current for comparison in alike)
    assert tuning.overall.low <= tuning.overall.mean <= tuning.overall.high
    assert "no measurable difference" in as_html(tuning, as_toml(tuning, parts))


def test_what_is_wanted_is_never_nothing() -> None:
    assert all(total(union(question.wanted)) > 0 for question in questions_of_corpus(corpus(), 40).questions)
