"""How strongly a memory pulls: as questions want it, and as the documents suggest without them."""

from __future__ import annotations

import numpy as np
import pytest

from gristmill.learning.examples import general_prompts
from gristmill.learning.remembering import (
    PULLS,
    Confirmed,
    answers_of,
    choose,
    likenesses_moved,
    stated,
)
from gristmill.models.memory import Memory, Pull, unit
from gristmill.models.vectors import Vectors


def topics(spread: float, seed: int = 5) -> tuple[Memory, Vectors, list[Confirmed]]:
    """Return 200 topics of 5 passages each, and a question to each topic that any of its passages answers."""
    draw = np.random.default_rng(seed)
    centres = unit(draw.normal(size=(200, 48)))
    passages = unit(np.repeat(centres, 5, axis=0) + spread * draw.normal(size=(1_000, 48)))
    questions = unit(centres + spread * draw.normal(size=(200, 48)))
    confirmed = [Confirmed(f"question {topic}", tuple(range(5 * topic, 5 * topic + 5))) for topic in range(200)]
    nothing = np.empty((0, 48), np.float32)
    return Memory(passages, nothing, nothing, Pull()), questions, confirmed


def test_questions_that_several_passages_answer_want_neighbours_together() -> None:
    memory, questions, confirmed = topics(0.18)
    choice = choose(memory, questions, confirmed, documents=1_000, least=30)
    assert choice.pull > 0
    assert choice.measured[choice.pull] > choice.measured[0.0]
    assert set(choice.measured) == set(PULLS)
    assert "200 confirmed questions" in choice.reason


def test_questions_that_one_passage_answers_want_it_left_where_it_is() -> None:
    memory, _, _ = topics(0.1)
    draw = np.random.default_rng(7)
    questions = unit(memory.passages[:60] + 0.05 * draw.normal(size=(60, 48)))
    one = [Confirmed(f"question {row}", (row,)) for row in range(60)]
    choice = choose(memory, questions, one, documents=1_000, least=30)
    assert choice.pull == 0.0
    assert "no measurable difference" in choice.reason


@pytest.mark.parametrize(("documents", "pull"), [(1_000, 1.0), (500, 1.0), (300, 0.0)])
def test_without_questions_the_length_of_documents_decides(documents: int, pull: float) -> None:
    memory, questions, confirmed = topics(0.2)
    choice = choose(memory, questions[:5], confirmed[:5], documents, least=30)
    assert choice.pull == pull
    assert choice.measured == {}
    assert "fewer than 30" in choice.reason


def test_an_answer_is_the_mean_of_its_passages() -> None:
    passages = np.eye(4, dtype=np.float32)
    found = answers_of(passages, [Confirmed("one", (0, 2)), Confirmed("other", (3,))])
    np.testing.assert_allclose(found, np.array([[0.5, 0, 0.5, 0], [0, 0, 0, 1]]))
    assert answers_of(passages, []).shape == (0, 4)


def test_what_is_forgotten_is_measured() -> None:
    memory, _, _ = topics(0.2)
    near = memory.passages[:10] + 0.01
    assert likenesses_moved(memory.pulled(0), unit(near)) == pytest.approx(0, abs=1e-5)
    assert likenesses_moved(memory.pulled(1.5), unit(near)) > 0.01
    assert len(general_prompts()) >= 20


def test_a_stated_pull_is_measured_beside_none() -> None:
    memory, _, _ = topics(0.1)
    draw = np.random.default_rng(7)
    questions = unit(memory.passages[:60] + 0.12 * draw.normal(size=(60, 48)))
    one = [Confirmed(f"question {row}", (row,)) for row in range(60)]
    choice = stated(memory.pulled(1.5), questions, one, least=30)
    assert choice.pull == 1.5
    assert choice.measured[1.5] < choice.measured[0.0]
    assert stated(memory, questions[:5], one[:5], least=30).measured == {}
