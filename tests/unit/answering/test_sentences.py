"""Passages are cut into units that can be quoted: verbatim, whole, and with their meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.answering.sentences import units_of
from gristmill.search.retrieval import Passage

TABLE = "## Torques\n\n| Joint | Torque |\n| --- | --- |\n| Shaft flange | 210 |\n| Inlet flange | 410 |\n"


def passage(text: str, start: int = 0, context: str = "", title: str = "Manual") -> Passage:
    end = start + len(text)
    return Passage("c", "d.md", title, (), context, text, start, end, None, ("everyone",), "eng", None, 1.0, 0.5, 1.0)


@given(st.text(alphabet="Ab1 .!?\n|-#*>é", max_size=200), st.integers(0, 1000))
def test_every_unit_is_verbatim_at_its_place(text: str, start: int) -> None:
    for unit in units_of([passage(text, start)]):
        assert text[unit.start - start : unit.end - start] == unit.text
        assert unit.text.strip() == unit.text
        assert any(character.isalnum() for character in unit.text)


def test_a_table_row_means_its_cells_with_their_column_names() -> None:
    rows = [unit for unit in units_of([passage(TABLE)]) if unit.row]
    assert [dict(unit.row) for unit in rows] == [
        {"Joint": "Shaft flange", "Torque": "210"},
        {"Joint": "Inlet flange", "Torque": "410"},
    ]
    assert "Manual – Torques" in rows[0].meaning


def test_a_row_cut_from_its_header_takes_the_names_from_the_context() -> None:
    (unit,) = units_of([passage("| Inlet flange | 410 |", context="Manual\n| Joint | Torque |")])
    assert dict(unit.row) == {"Joint": "Inlet flange", "Torque": "410"}


def test_headings_and_rules_are_not_quoted() -> None:
    assert [unit.text for unit in units_of([passage("# Leave\n\n---\n\nThirty days.\n")])] == ["Thirty days."]


@pytest.mark.parametrize(
    "text",
    [
        "Ask Dr. Obiora about it.",
        "The clearance is approx. 0.25 mm.",
        "See No. 12 of the list.",
        "Die Frist beträgt z.B. 14 Tage.",
    ],
)
def test_an_abbreviation_does_not_end_a_sentence(text: str) -> None:
    assert [unit.text for unit in units_of([passage(text)])] == [text]


def test_two_sentences_are_two_units_and_a_bullet_is_left_out() -> None:
    units = units_of([passage("- Close the valve. Then lock it.\n")])
    assert [unit.text for unit in units] == ["Close the valve.", "Then lock it."]
