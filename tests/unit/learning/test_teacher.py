from __future__ import annotations

import numpy as np
import pytest

from gristmill.learning.encoder_tuning.forgetting import TRIPLES, forgetting, probe_texts
from gristmill.learning.encoder_tuning.pairs import Kind, Pair
from gristmill.learning.encoder_tuning.teacher import Blend, Teacher
from gristmill.learning.encoder_tuning.texts import TuningText
from tests.fakes import bag_of_words

SAID = (
    "The bearing of the turbine is oiled every spring.",
    "Every spring the bearing of the turbine is cleaned and oiled again.",
    "The canteen serves soup on Fridays.",
    "A bearing in the canteen door squeaks.",
)
TEXTS = [TuningText(str(n), "", (), "", text, "en") for n, text in enumerate(SAID)]
VECTORS = np.stack([bag_of_words(text) for text in SAID])


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return Teacher(TEXTS, VECTORS, Blend())


def shares(teacher: Teacher, query: str, passage: int) -> dict[int, float]:
    target = teacher.target(Pair(query, passage, Kind.SENTENCE))
    return dict(zip(target.passages.tolist(), target.shares.tolist(), strict=True))


def test_shares_add_up_to_one_and_the_own_passage_has_the_most(teacher: Teacher) -> None:
    for passage, text in enumerate(SAID):
        found = shares(teacher, text, passage)
        assert sum(found.values()) == pytest.approx(1, abs=1e-5)
        assert max(found, key=lambda number: found[number]) == passage


def test_a_passage_that_says_the_same_is_half_right_and_no_false_negative(teacher: Teacher) -> None:
    found = shares(teacher, "oiled bearing", 0)
    assert found[1] > 3 * found.get(2, 0.0)


def test_a_passage_that_shares_a_word_and_not_the_matter_is_a_negative(teacher: Teacher) -> None:
    found = shares(teacher, "bearing", 0)
    assert found[1] > found[3]


def test_a_query_without_a_known_word_still_has_its_passage(teacher: Teacher) -> None:
    assert shares(teacher, "xyzzy", 2)[2] > 0.5


def test_the_forgetting_probe_sees_no_change_in_none_and_a_collapse_in_all() -> None:
    rows = np.stack([bag_of_words(text) for text in probe_texts()])
    same = forgetting(rows, rows)
    assert (same.moved, same.farthest) == (0, 0)
    collapsed = forgetting(rows, np.ones_like(rows) / np.sqrt(rows.shape[1]))
    assert collapsed.exceeds(0.05, same)
    assert len(set(probe_texts())) == 3 * len(TRIPLES)
