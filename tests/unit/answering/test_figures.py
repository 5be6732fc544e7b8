"""Figures are read with what they count, in three languages, and two texts contradict only in figures of one kind."""

from __future__ import annotations

import pytest

from gristmill.answering.asked import Kind, asked_kinds
from gristmill.answering.disputes import contradicts
from gristmill.answering.figures import days, figures, may_state, without_names


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("from the fourth day", "day", "4"),
        ("From the eighth calendar day", "day", "8"),
        ("48p a mile", "pence", "48"),
        ("opens at 11:45", "time", "11:45"),
        ("um 7.30 Uhr", "time", "7:30"),
        ("innerhalb von 45 Minuten", "minute", "45"),
        ("within 8 working hours", "hour", "8"),
        ("€1,200.50 each", "euro", "1200.5"),
        ("480,00 EUR", "euro", "480"),
        ("car park B", "which park", "B"),
        ("about 1.200 kg", "kilogram", "1200"),
    ],
)
def test_a_figure_has_its_unit(text: str, unit: str, value: str) -> None:
    assert value in figures(text)[unit]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("48p a mile", "45p per mile"),
        ("From the eighth calendar day", "a note from the fourth day"),
        ("Assemble in car park B.", "The assembly point is car park A."),
        ("innerhalb von 45 Minuten", "within 60 minutes"),
        ("38 litres of gear oil", "Gear oil: 42 litres"),
        ("closes in 38 s", "about 45 seconds"),
        ("within 8 working hours", "within 4 hours"),
    ],
)
def test_other_figures_of_one_kind_contradict(one: str, other: str) -> None:
    assert contradicts(one, other, frozenset())


def test_times_and_days_contradict_where_a_time_is_asked_for() -> None:
    for one, other in (("11:45 to 13:45", "11:30 to 13:30"), ("on 30 June 2027", "by 31 March 2027")):
        assert contradicts(one, other, frozenset({Kind.TIME}))
        assert not contradicts(one, other, frozenset())
        assert not contradicts(one, other, frozenset({Kind.MONEY}))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("over the weekend of 21 and 22 November 2026", {"21-11", "22-11"}),
        ("5-7 March", {"5-3", "7-3"}),
        ("am 3. Oktober 2026 um 9 Uhr", {"3-10"}),
        ("le 1er janvier 2026", {"1-1"}),
        ("On May 26, 2026 at 10:50", {"26-5"}),
        ("2026-11-21", {"21-11"}),
        ("29.09.2026", {"29-9"}),
        ("it may 5 times", set()),
        ("the 25th of the month, version 1.2.3, 3.5. and June 2026", set()),
    ],
)
def test_days_are_read_in_three_languages(text: str, named: set[str]) -> None:
    assert days(text) == named


@pytest.mark.parametrize("text", ["Assembly point: car park B", "Probation is six months", "ZWÖLF Monate", "le 3 mai"])
def test_what_states_a_figure_is_told_before_it_is_looked_for(text: str) -> None:
    assert figures(text) or days(text)
    assert may_state(text)


def test_a_text_without_figures_is_told_without_looking() -> None:
    assert not may_state("The wheel turns by day, and nobody counts.")


def test_days_and_names_are_no_numbers_to_compare() -> None:
    assert not figures(without_names("Subject: Heron 40, Date: 10 May 2021, replaces 2026-11-21"))
    assert figures(without_names("In London 140 pounds, Heron 40")) == {"pound": frozenset({"140"})}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("27 days of leave", "27 days, of which 5 may be carried over"),
        ("38 litres of oil", "weighs 40 kg"),
        ("Ask the foreman.", "Ask the office."),
        ("38 s", "38 seconds"),
    ],
)
def test_agreeing_or_unlike_figures_do_not(one: str, other: str) -> None:
    assert not contradicts(one, other, frozenset())


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who keeps the gift register?", Kind.PERSON),
        ("How long is the warranty?", Kind.DURATION),
        ("Was kostet eine Inspektion?", Kind.MONEY),
        ("Wann öffnet die Kantine?", Kind.TIME),
        ("Quel est le poids de la meule ?", Kind.NUMBER),
        ("Where do we assemble?", Kind.PLACE),
    ],
)
def test_a_question_asks_for_a_kind_of_thing(question: str, kind: Kind) -> None:
    assert kind in asked_kinds(question)
