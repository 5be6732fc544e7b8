"""Whether a text has what a question wants: a sum, a name, a time, and none that the question names itself."""

from __future__ import annotations

import pytest

from gristmill.answering.wanted import Wanted


@pytest.mark.parametrize(
    ("question", "without", "having"),
    [
        ("What did the lifter for the test hall cost?", "The lifter was ordered in May 2026 for the test hall.",
         "The lifter came to £4,310."),
        ("Combien coûte la carte ?", "La carte arrive en trois semaines.", "La carte vaut 10,80 €."),
        ("telephone number of our officer Ada Low", "Officer: Ada Low, ada@example.com", "Ada Low, 01632 960 412"),
        ("At what time of day was the drill on 9 May 2019?", "DRILL 9 May 2019: 151 persons out.", "At 10:40 it rang."),
        ("When is the drill of 2019?", "The drill of 2019 went well.", "It was on 9 May."),
        ("Which firm galvanises the arm?", "The arm is galvanised.", "The arm is done by Bluebin."),
        ("Which carrier took it?", "It goes out on 3 July by carrier.", "It goes out by carrier, Roe & Sons."),
        ("Wie heißt die Wirtin am Gratjoch?", "Bericht für die Wirtin am Gratjoch", "Die Wirtin, Vera Mohn, ruft an."),
        ("How thick is the wall of the 500 mm pipe?", "The pipe of 500 mm was built in 1958.", "The wall has 8 mm."),
        ("What interest does the bank charge?", "The bank: overdraft of £900,000.", "It takes 4.2 % a year."),
        ("what torque for the flange?", "Tighten the flange crosswise.", "Flange: 580 N·m"),
        ("How loud is the booth?", "The booth was measured in January.", "97 dB(A) beside the booth"),
        ("How often is it greased?", "It is greased by the gun.", "Grease it every 500 hours."),
        ("What is the item number of the bearing?", "The bearing is the upper one.", "Bearing: AW-12-1410"),
    ],
)  # fmt: skip
def test_a_text_with_such_a_thing_is_told_from_one_without(question: str, without: str, having: str) -> None:
    wanted = Wanted(question)
    assert wanted.known
    assert wanted.met(without) == 0.0
    assert wanted.met(having) > 0.0


@pytest.mark.parametrize("question", ["Did he accept the offer?", "the gift register", "", "May I bring a dog?"])
def test_where_no_rule_knows_what_is_wanted_nothing_is_said(question: str) -> None:
    wanted = Wanted(question)
    assert not wanted.known
    assert wanted.met("Anything.") == 0.5


def test_of_two_things_one_is_half() -> None:
    assert Wanted("Who keeps the key, and what is the phone number?").met("The key is kept by Ada Low.") == 0.5
