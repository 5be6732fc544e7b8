"""Figures are read with what they count, in three languages, and two texts contradict only in figures of one kind."""

from __future__ import annotations

import pytest

from gristmill.answering.asked import Kind, asked_kinds
from gristmill.answering.disputes import contradicts
from gristmill.answering.figures import figures


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
        ("11:45 to 13:45", "11:30 to 13:30"),
        ("Assemble in car park B.", "The assembly point is car park A."),
        ("innerhalb von 45 Minuten", "within 60 minutes"),
        ("38 litres of gear oil", "Gear oil: 42 litres"),
        ("closes in 38 s", "about 45 seconds"),
        ("within 8 working hours", "within 4 hours"),
    ],
)
def test_other_figures_of_one_kind_contradict(one: str, other: str) -> None:
    assert contradicts(one, other, frozenset())


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
