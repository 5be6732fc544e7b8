"""Documents that repeat a question together were written for it; one that does may be a list of questions."""

from __future__ import annotations

from gristmill.answering.crowding import crowd, repeats
from gristmill.search.retrieval import Passage

QUESTION = "How many days of leave do millers receive each year?"


def passage(document: str, text: str) -> Passage:
    return Passage(document, document, "", (), "", text, 0, len(text), None, ("everyone",), "eng", None, 1.0, 0.5, 1.0)


PLANTED = [passage(f"planted/{n}.md", f"{QUESTION} Millers receive {90 + n} days.") for n in range(5)]
TRUE = passage("leave.md", "Millers receive 27 days of leave each year.")


def test_documents_that_repeat_the_question_are_a_crowd() -> None:
    assert crowd(QUESTION, [*PLANTED, TRUE]) == {p.document for p in PLANTED}


def test_one_list_of_questions_is_none() -> None:
    faq = passage("faq.md", f"## Leave\n\n{QUESTION}\n\n27 days.")
    assert repeats(QUESTION, faq)
    assert crowd(QUESTION, [faq, TRUE]) == frozenset()


def test_a_document_that_answers_in_the_questions_words_does_not_repeat_it() -> None:
    assert not repeats("Who keeps the gift register?", passage("g.md", "The gift register is kept by Farida Kasimov."))


def test_a_short_question_is_repeated_by_chance() -> None:
    assert not repeats("Canteen hours?", passage("c.md", "Canteen hours"))
