"""A sentence is shown only when its evidence carries it."""

from __future__ import annotations

import pytest

from gristmill.answering.support import support
from tests.fakes import FakeEncoder

EVIDENCE = ["Employees receive 27 days of annual leave, and nobody may carry over more than 5."]
QUESTION = "How much leave do I get?"


def score(sentence: str) -> float:
    return support(sentence, EVIDENCE, QUESTION, FakeEncoder()).score


def test_the_evidence_itself_is_fully_supported() -> None:
    assert score(EVIDENCE[0]) > 0.95


@pytest.mark.parametrize(
    "sentence",
    [
        "Employees receive 28 days of annual leave.",  # another number
        "All employees of Kaldvik receive 27 days of annual leave.",  # a name from nowhere
        "Employees receive leave.",  # nothing that was not asked
        "",
    ],
)
def test_what_the_evidence_does_not_say_has_no_support(sentence: str) -> None:
    assert score(sentence) == 0.0


def test_an_answer_that_leaves_out_the_figure_has_no_support() -> None:
    assert support("You receive annual holiday entitlement.", EVIDENCE, QUESTION, FakeEncoder()).score == 0.0


def test_a_negation_that_the_evidence_lacks_has_no_support() -> None:
    evidence = ["The pump may run dry for 10 seconds."]
    found = support("The pump may not run dry for 10 seconds.", evidence, "May the pump run dry?", FakeEncoder())
    assert found.score == 0.0
    assert found.reason


def test_a_figure_of_the_question_is_not_an_answer() -> None:
    question = "What is the rated speed of the Heron 40?"
    row = ["Quantity: Rated speed; Heron 40: 520 rpm; Heron 75: 480 rpm."]
    assert support("The rated speed of the Heron 40 is 40.", row, question, FakeEncoder()).score == 0.0
    assert support("The rated speed of the Heron 40 is 520 rpm.", row, question, FakeEncoder()).score > 0.5


def test_a_row_made_of_two_rows_has_little_support() -> None:
    rows = ["Part: 6740; Name: Bucket, heavy version; Price: 171", "Part: 6750; Name: Belt monitor, right; Price: 397"]
    question = "What does the belt monitor cost?"
    assert support("Part: 6750; Name: Bucket, heavy version; Price: 171.", rows, question, FakeEncoder()).score < 0.8
    assert support("Part 6750, name belt monitor, right, price 397.", rows, question, FakeEncoder()).score >= 0.8


def test_a_word_from_nowhere_has_little_support() -> None:
    assert score("Apprentices receive 27 days of annual leave, and nobody may carry over more than 5.") < 0.8
    assert score("Employees receive 27 days of annual leave; nobody may carry over more than 5.") >= 0.8


def test_a_rule_without_its_condition_has_no_support() -> None:
    def of(sentence: str) -> float:
        rules = ["Visitors may enter the wheel pit only with a pass.", "If it rains, the yard is closed to lorries."]
        return support(sentence, rules, "May visitors go in?", FakeEncoder()).score

    assert of("Visitors may enter the wheel pit.") == 0.0
    assert of("Visitors may enter the wheel pit only with a pass.") == 1.0
    assert of("The yard is closed to lorries.") == 0.0
    # Another unit's condition is not this one's.
    pits = ["Visitors may enter the wheel pit with a pass.", "If it rains, the yard is closed to lorries."]
    assert support("Visitors may enter the wheel pit with a pass.", pits, "And visitors?", FakeEncoder()).score == 1.0
