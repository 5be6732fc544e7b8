from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gristmill.search.expansion import expanded, first_rows
from gristmill.search.methods import Method
from gristmill.search.trial import TrialText
from tests.fakes import FakeEncoder
from tests.trials import parts_in

# Only the second says 'lathe'; the third speaks of what the second speaks of, in none of the question's words.
TEXTS = [
    TrialText("shop.md", "", "The cooper mends barrels in the yard behind the mill every winter morning."),
    TrialText("lathe.md", "", "The lathe turns spindles from seasoned beech wood under the north window."),
    TrialText("spindle.md", "", "Spindles from seasoned beech wood last longest under heavy stones."),
]


def test_the_first_rows_are_those_with_the_highest_scores() -> None:
    assert first_rows({4: 0.2, 7: 0.9, 1: 0.2}, 2) == [7, 1]


def test_a_question_is_moved_towards_what_it_found_and_stays_at_unit_length() -> None:
    question, found = np.array([1, 0], dtype=np.float32), np.array([[0, 1], [0, 1]], dtype=np.float32)
    moved = expanded(question, found, 0.5)
    assert np.linalg.norm(moved) == pytest.approx(1)
    assert moved[1] / moved[0] == pytest.approx(0.5)


def test_a_question_that_is_not_moved_stays_where_it_is() -> None:
    question, found = np.array([0.6, 0.8], dtype=np.float32), np.array([[0, 1]], dtype=np.float32)
    np.testing.assert_allclose(expanded(question, found, 0.0), question, rtol=1e-6)


def test_what_is_like_the_first_hit_gains(tmp_path: Path) -> None:
    with parts_in(tmp_path, search={"expansion_passages": 1}).searcher(TEXTS) as searcher:
        scores = {}
        for share in (0.0, 1.0):
            settings = searcher.search.model_copy(update={"expansion": share})
            found = type(searcher)(searcher.index, searcher.encoder, searcher.bridge, settings, searcher.focus)
            scores[share] = {passage.document: passage.score for passage in found.passages("lathe", 3)}
    assert scores[1.0]["spindle.md"] > scores[0.0]["spindle.md"]
    assert max(scores[1.0], key=scores[1.0].__getitem__) == "lathe.md"


def test_the_methods_that_stand_alone_do_not_expand(tmp_path: Path) -> None:
    search = parts_in(tmp_path).search
    assert {method.settings(search).expansion for method in (Method.DENSE, Method.LEXICAL)} == {0.0}
    assert Method.HYBRID.settings(search).expansion == search.expansion > 0


def test_the_bridge_counts_less_where_there_is_no_other_language_to_bridge(tmp_path: Path) -> None:
    scores = {}
    for language in ("en", "de"):
        texts = [TrialText("a.md", "", "Alpha beta gamma.", language), TrialText("b.md", "", "Delta epsilon.", "en")]
        folder = tmp_path / language
        parts = replace(parts_in(folder, search={"expansion": 0.0}), bridge=FakeEncoder("bridge"))
        with parts.searcher(texts) as searcher:
            settings = searcher.search.model_copy(update={"bridge": True})
            scores[language] = replace(searcher, search=settings).passages("alpha", 1)[0].score
    search = parts_in(tmp_path).search
    lost = search.bridge_weight * (1 - search.bridge_in_english)
    assert scores["de"] - scores["en"] == pytest.approx(lost, abs=1e-5)
