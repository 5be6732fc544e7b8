"""Rows of a PDF's tables and lists get their lines back, and running text stays whole."""

from __future__ import annotations

import pytest

from gristmill.corpus.pdf_rows import with_rows

WIDE = "This line of the same page is as wide as the column of its text can be, and says so at some length."
TABLE = ["Clear width 1.2 to 4.0 m", "Gate height up to 2.2 m", "Pump motor 3.0 kW", "Emergency closing time 38 s"]
TEXT = [
    "The unit stands in a steel cabinet with a drip tray of 60 litres, so that the whole content can",
    "leak without reaching the river. The heater starts below 5 degrees. The oil must not be mixed",
    "with another one, and is changed every five years together with the filter.",
]


def page(*lines: str) -> str:
    return "\r\n".join([WIDE, *lines])


def rows(*lines: str, joined: str | None = None) -> list[str]:
    """What becomes of lines that the library joined to one paragraph."""
    return with_rows(joined or " ".join(lines), [page(*lines)]).split("\n\n")


def test_each_row_of_a_table_becomes_a_paragraph() -> None:
    assert rows(*TABLE) == TABLE


def test_running_text_stays_whole() -> None:
    assert rows(*TEXT) == [" ".join(TEXT)]


def test_running_text_in_a_narrow_column_stays_whole() -> None:
    narrow = ["contains notices to the public of the proposed", "issuance of rules and regulations. The purpose",
              "of these notices is to give interested persons", "an opportunity to participate."]  # fmt: skip
    assert rows(*narrow) == [" ".join(narrow)]


def test_a_row_over_two_lines_stays_one() -> None:
    long = [
        "2.1 This agreement begins on 1 February.",
        f"2.2 {WIDE[:-8]}",
        "of it unless somebody gives notice.",
        "2.3 It ends.",
    ]
    assert rows(*long) == [long[0], f"{long[1]} {long[2]}", long[3]]


@pytest.mark.parametrize(
    "items",
    [
        ["· Eyes: rinse for 10 minutes.", "· Skin: wash with soap."],
        ["1. Health check before work at the water.", "2. Certificate for the insurance."],
        ["4.1 The Maker promises an availability of 96 %.", "4.2 For each full point below it pays."],
    ],
)
def test_items_and_clauses_begin_a_paragraph_however_few(items: list[str]) -> None:
    assert rows(*items) == items


@pytest.mark.parametrize("end", ["about", "the most:"])
def test_a_number_in_the_middle_of_a_sentence_begins_none(end: str) -> None:
    lines = [f"{WIDE[:-1]} {end}", "30 days after the delivery of the goods."]
    assert rows(*lines) == [" ".join(lines)]


def test_a_word_alone_stays_with_the_row_that_it_belongs_to() -> None:
    table = ["visit, pay as it was for 15", "secondme", "nt 3 to 18 months", "transfer 24 months new contract"]
    assert rows(*table) == [table[0], "secondme nt 3 to 18 months", table[3]]


@pytest.mark.parametrize(
    "line", ["# Clear width 1.2 to 4.0 m Gate height up to 2.2 m Pump motor 3.0 kW", "| a | b |", ""]
)
def test_headings_and_tables_are_left_alone(line: str) -> None:
    assert with_rows(line, [page(*TABLE)]) == line


def test_what_no_page_has_in_these_words_is_left_alone() -> None:
    changed = " ".join(TABLE).replace("Pump", "Pumps")
    assert rows(*TABLE, joined=changed) == [changed]
    assert with_rows(changed, []) == changed


def test_no_word_is_lost_or_added() -> None:
    text = "\n\n".join(["# Title", " ".join(TABLE), " ".join(TEXT)])
    assert with_rows(text, [page(*TABLE, *TEXT)]).split() == text.split()
