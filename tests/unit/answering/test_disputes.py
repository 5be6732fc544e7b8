"""Two documents disagree where two units read alike but for a figure of what is asked."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

from gristmill.answering.asked import asked_kinds
from gristmill.answering.disputes import disagreement, newest_first
from gristmill.answering.evidence import Evidence
from gristmill.answering.measures import UnitMeasures
from gristmill.answering.sentences import Unit
from gristmill.search.retrieval import Passage
from tests.fakes import FakeEncoder

NO_MEASURES = UnitMeasures(*(0.0 for _ in fields(UnitMeasures)))

# (document, title, text, log odds of being evidence), the best first
Told = tuple[str, str, str, float]


def passage(told: Told) -> Passage:
    document, title, text, _ = told
    return Passage(
        document, document, title, (), "", text, 0, len(text), None, ("everyone",), "eng", None, 1.0, 0.5, 0.0
    )  # fmt: skip


def disagree(question: str, *told: Told, outdated: frozenset[str] = frozenset()) -> list[str] | None:
    """Return the documents that are said to disagree."""
    passages = [passage(one) for one in told]
    evidence = [
        Evidence(Unit(at, 0, len(text), text, text), NO_MEASURES, odds) for at, (_, _, text, odds) in enumerate(told)
    ]
    pair = disagreement(
        question, asked_kinds(question), evidence, passages, FakeEncoder(), lambda chunk: chunk in outdated
    )
    return None if pair is None else [passages[one.unit.passage].document for one in pair]


def test_the_same_sentence_with_another_figure() -> None:
    one: Told = ("new.md", "", "Full time is 37.5 hours a week.", 0.3)
    other: Told = ("old.md", "", "Full time is 38 hours a week.", -0.9)
    assert disagree("How many hours a week do we work?", one, other) == ["new.md", "old.md"]
    assert disagree("How many hours a week do we work?", one, ("old.md", *one[1:])) is None
    assert disagree("How many hours a week do we work?", one, other, outdated=frozenset({"old.md"})) is None
    assert disagree("How many hours a week do we work?", one, ("new.md", *other[1:])) is None


def test_of_several_the_two_that_read_alike_also_where_neither_is_the_best() -> None:
    best: Told = ("rules.md", "", "Nobody works more than 48 hours a week averaged over seventeen.", 0.3)
    one: Told = ("new.md", "", "Full time is 37.5 hours a week.", 0.1)
    other: Told = ("old.md", "", "Full time is 38 hours a week.", -0.9)
    far: Told = ("town.md", "", "The bus runs for 20 hours a week through the valley.", -1.0)
    assert disagree("How many hours a week do we work?", best, one, far, other) == ["new.md", "old.md"]


def test_another_machine_is_no_other_opinion() -> None:
    question = "What is the output of the Quern 900?"
    row = "| Output of fine flour | {} kg/h |"
    one: Told = ("quern-900.md", "Quern 900", row.format(310), 0.2)
    assert disagree(question, one, ("quern-600.md", "Quern 600", row.format(120), -0.5)) is None
    assert disagree(question, one, ("sheet.md", "Quern 900", row.format(340), -0.5)) == ["quern-900.md", "sheet.md"]


def test_dates_disagree_where_a_date_is_asked_for() -> None:
    one: Told = ("plan.md", "", "The mill is closed on 21 and 22 November 2026 for the change.", 0.2)
    other: Told = ("mail.md", "", "The mill is closed on 28 and 29 November 2026 for the change.", -0.5)
    assert disagree("On which weekend is the mill closed?", one, other) == ["plan.md", "mail.md"]
    assert disagree("Who closes the mill?", one, other) is None
    same: Told = ("mail.md", "", "The mill is closed on November 21st for the change.", -0.5)
    assert disagree("On which weekend is the mill closed?", one, same) is None


def test_names_with_numbers_are_no_figures() -> None:
    one: Told = ("a.md", "", "Grease the main bearings of the Heron 40 with BG 2, by hand.", 0.2)
    other: Told = ("b.md", "", "Grease the main bearings of the Heron 75 with BG 3, by hand.", -0.5)
    assert disagree("Which grease goes into the main bearings?", one, other) is None


def test_what_is_far_from_an_answer_is_not_compared() -> None:
    one: Told = ("new.md", "", "Full time is 37.5 hours a week.", 0.3)
    assert disagree("How many hours a week?", one, ("old.md", "", "Full time is 38 hours a week.", -3.5)) is None


def test_the_newer_document_is_told_first() -> None:
    dated = [
        Passage(name, name, "", (), "", "x", 0, 1, None, ("everyone",), "eng", modified, 1.0, 0.5, 0.0)
        for name, modified in (
            ("old", datetime(2024, 1, 1, tzinfo=UTC)),
            ("new", datetime(2026, 1, 1, tzinfo=UTC)),
        )
    ]
    old, new = (Evidence(Unit(at, 0, 1, "x", "x"), NO_MEASURES, 0.0) for at in (0, 1))
    assert newest_first(old, new, dated) == (new, old)
    # The time of a file is no date of what it says: copying a folder changes it.
    copied = [dated[0], replace(dated[1], dated=False)]
    assert newest_first(old, new, copied) == (old, new)


def test_two_parts_of_a_list_are_two_things() -> None:
    question = "What does the seal kit cost?"
    one: Told = ("list.md", "", "AW-40-2205 seal kit £172.40", 0.3)
    assert disagree(question, one, ("old.md", "", "AW-40-2205 seal kit £160.10", 0.2)) == ["list.md", "old.md"]
    assert disagree(question, one, ("other.md", "", "AW-40-2210 seal kit £160.10", 0.2)) is None


def test_what_lacks_the_thing_that_is_asked_for_is_no_other_opinion() -> None:
    one: Told = ("rooms.md", "", "A room in the keeper's house is let for £210 a month, there are 4 of them.", 0.3)
    other: Told = ("guests.md", "", "A room in the keeper's house is kept for guests, there are 2 of them.", 0.2)
    assert disagree("What is the rent for a room in the keeper's house?", one, other) is None


def test_the_list_of_another_year_is_no_other_opinion_where_a_year_is_named() -> None:
    one: Told = ("a.md", "Price list 2025", "The input card costs £350.80.", 0.3)
    other: Told = ("b.md", "Price list 2026", "The input card costs £365.50.", 0.2)
    assert disagree("What did the input card cost in 2025?", one, other) is None
    assert disagree("What does the input card cost?", one, other) == ["a.md", "b.md"]
