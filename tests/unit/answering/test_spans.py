"""What is cut out of a quote reads like an answer: whole figures and names, no torn phrases, verbatim."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gristmill.answering.evidence import Evidence
from gristmill.answering.measures import UNIT_NAMES, UnitMeasures
from gristmill.answering.phrases import ARTICLES, PREPOSITIONS, PRONOUNS
from gristmill.answering.sentences import Unit
from gristmill.answering.spans import NAMES, SpanModel, spans
from gristmill.models.vectors import Vectors

WORDS = ["The", "gate", "in", "40", "kW", "is", "(red", "blue)", "Mr", "Low,", "opened.", "a", "per", "not", "£9",
         "and", "it", "at"]  # fmt: skip
MEASURES = UnitMeasures(**dict.fromkeys(UNIT_NAMES, 0.0))


class Letters:
    """An encoder for which two texts are alike when they share letters."""

    fingerprint = "letters"

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = [
            np.bincount([ord(c) % 64 for c in text.casefold() if c.isalpha()] or [0], minlength=64) for text in texts
        ]
        found = np.array(rows, dtype=np.float32)
        scaled: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
        return scaled


def evidence(text: str, row: tuple[tuple[str, str], ...] = ()) -> Evidence:
    return Evidence(Unit(0, 0, len(text), text, text, row), MEASURES, 0.0)


def cuts(question: str, text: str) -> set[str]:
    return {span.text for span in spans(question, evidence(text), Letters())}


def cells(question: str, **row: str) -> set[str]:
    named = tuple((name.replace("_", " "), cell) for name, cell in row.items())
    return {span.text for span in spans(question, evidence(" | ".join(row.values()), named), Letters())}


@pytest.mark.parametrize(
    ("question", "text", "wanted", "never"),
    [
        ("Who feeds the cat?", "Gareth Pell feeds her at Christmas.", {"Gareth Pell"}, {"Gareth", "Pell"}),
        (
            "What do I get for a changed shift?", "It is paid with an allowance of £18 a shift.",
            {"£18 a shift", "an allowance of £18 a shift"}, {"£18", "an allowance of £18 a", "It is paid with"},
        ),
        ("How heavy is it?", "The lime weighed 1.9 t in the end.", {"1.9 t"}, {"1.9", "t"}),
        ("How much grease?", "It is 35 g on the Heron 40 and 60 g on the other.", {"35 g"}, {"40 and 60 g", "40"}),
        ("Where are the flats?", "There are two flats above the bakery. They are warm.", {"above the bakery"},
         {"above the bakery. They", "two flats above the bakery. They"}),
        ("May I open it?", "It may not be opened in winter.", set(), {"be opened in winter", "opened in winter"}),
        ("Which park?", "Car park C (the meadow by the leat) is emptied.", {"Car park C (the meadow by the leat)"},
         {"Car park C (the meadow", "the meadow by the leat) is emptied"}),
        ("Wann ist das Fest?", "Das Fest ist am 18. September 2026 in Furtmühl.", {"am 18. September 2026"},
         {"am 18."}),
        ("Combien coûte la nuit ?", "La nuit coûte 90 € par personne en hiver.", {"90 € par personne"}, {"90 €"}),
    ],
)  # fmt: skip
def test_phrases_hold_together(question: str, text: str, wanted: set[str], never: set[str]) -> None:
    found = cuts(question, text)
    assert wanted <= found
    assert not never & found


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_whatever_is_cut_is_verbatim_and_ends_with_no_word_that_wants_another(words: list[str]) -> None:
    text = " ".join(words)
    for span in spans("When is the gate opened?", evidence(text), Letters()):
        assert span.text in text
        assert span.text.count("(") == span.text.count(")") or span.whole
        if not span.whole and not text.endswith(span.text):
            assert span.text.split()[-1].casefold() not in PREPOSITIONS | ARTICLES | PRONOUNS


def test_a_bare_figure_of_a_table_comes_with_the_name_of_its_column() -> None:
    found = cells("Which torque has the flange?", joint="inlet flange", torque_in_Nm="580", price="18 €")
    assert {"torque in Nm: 580", "18 €", "inlet flange"} <= found
    assert "580" not in found


def test_two_things_asked_for_are_two_cells() -> None:
    row = {"month": "May 2026", "pay_date": "21 May", "cut_off": "7 May"}
    assert "pay date: 21 May; cut off: 7 May" in cells("When is pay day and what is the cut-off?", **row)
    assert "pay date: 21 May; cut off: 7 May" not in cells("When is pay day?", **row)


def test_the_column_that_means_what_is_asked_is_the_nearest() -> None:
    row = (("visitors", "8 €"), ("staff", "4 €"))
    found = spans("What do visitors pay?", evidence("8 € | 4 €", row), Letters())
    near = {span.text: span.measures.column_alike for span in found if span.measures.cell}
    assert near["8 €"] == 0.0 > near["4 €"]


def test_a_model_that_was_fitted_to_other_measures_cuts_nothing() -> None:
    asked, unit = "Who keeps the key?", evidence("The key is kept by Ada Low.")
    fitted = dict.fromkeys(NAMES, 0.0)
    assert SpanModel(fitted).best(asked, unit, Letters()) is not None
    assert SpanModel(fitted | {"of before": 1.0}).best(asked, unit, Letters()) is None


def test_the_whole_is_quoted_where_likely_cuts_have_little_in_common() -> None:
    unit = evidence("Ada Low, Ben High, Cid Broad, Dot Small")
    nothing_known = SpanModel(dict.fromkeys(NAMES, 0.0))
    best = nothing_known.best("Which of them?", unit, Letters())
    assert best is not None
    assert best.whole
    sure = SpanModel(dict.fromkeys(NAMES, 0.0) | {"begins_unit": 9.0, "share": -30.0}).best("Who?", unit, Letters())
    assert sure is not None
    assert sure.text == "Ada Low"


class Says:
    """A reader that would say one part of every text."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def odds(self, question: str, text: str) -> float:
        raise AssertionError((question, text))

    def likelihoods(self, question: str, text: str, parts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([[-0.1, -0.1, 2.0] if part == self.wanted else [-60.0, -5.0, 2.0] for part in parts])


def test_what_a_reader_would_say_counts() -> None:
    unit = evidence("The key is kept by Ada Low; the rota by Ben High.")
    said = SpanModel(dict.fromkeys(NAMES, 0.0) | {"said_share": 20.0})
    for wanted in ("Ada Low", "Ben High"):
        best = said.best("Who keeps it?", unit, Letters(), Says(wanted))
        assert best is not None
        assert best.text == wanted
    read = spans("Who keeps it?", unit, Letters(), Says("Ada Low"))
    assert max(read, key=lambda span: span.measures.said).text == "Ada Low"
    assert min(span.measures.said for span in read) == -4.0
    assert all(span.measures.said == 0.0 for span in spans("Who keeps it?", unit, Letters()))
