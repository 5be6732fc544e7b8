"""What is left of a question when the words that make it one are taken away."""

from __future__ import annotations

import pytest

from gristmill.answering.asked import asked_for


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How many days of leave do I have?", "days of leave"),
        ("Wie viele Urlaubstage habe ich?", "Urlaubstage"),
        ("Combien de jours de congé est-ce que j'ai ?", "de jours de congé"),
        ("What's the price of MES and who is IT in May?", "the price of MES and IT in May"),
        ("Who is who?", "Who is who"),
    ],
)
def test_the_words_that_make_a_question_are_not_asked_for(question: str, wanted: str) -> None:
    assert asked_for(question) == wanted
