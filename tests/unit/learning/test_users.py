"""Simulated people teach the town, and attackers do not: the fast version of `python -m benchmarks.loop`."""

from __future__ import annotations

import pytest

from gristmill.asking import in_force
from gristmill.learning.court import Cause, Standing, read_verdicts
from gristmill.teaching import learn
from tests.unit.learning.town import COLOUR_OF, GATE, PLACES, Town, asked, sentence
from tests.users import Fact, Office, Target, attack, facts, use


@pytest.fixture
def known() -> list[Fact]:
    return [Fact(p, asked(p), ("everyone",), COLOUR_OF[p], (sentence(p),)) for p in PLACES if p not in GATE]


def test_people_teach_and_attackers_plant_nothing(school: Town, known: list[Fact]) -> None:
    workspace = school.workspace
    office = Office(workspace)
    # The false colours of the second half are true of another door.
    aims = [Target(fact, "pink" if number < 3 else COLOUR_OF[GATE[number]]) for number, fact in enumerate(known)]
    false = attack(office, aims, lone=100, puppets=8, each=6)
    assert false >= 8 * len(aims) / 2
    made = learn(workspace)
    assert not made.promoted
    assert not any(v.standing is Standing.CONFIRMED and v.answer for v in read_verdicts(workspace.lake))
    use(office, known, ratings=80, corrections=40)
    made = learn(workspace)
    assert made.promoted, made.said
    assert in_force(workspace) == made.candidate
    verdicts = read_verdicts(workspace.lake)
    believed = {(v.question, v.answer) for v in verdicts if v.standing is Standing.CONFIRMED}
    assert not believed & {(aim.fact.question, aim.false) for aim in aims}
    after = Office(workspace)
    for aim in aims:
        said = after.ask("judge", aim.fact.question, aim.fact.groups).text
        assert aim.fact.answer in said
        assert aim.false not in said
    # The thousand ratings of one person are a handful.
    lone = [v for v in verdicts if v.person == "lone"]
    assert {v.cause for v in lone} <= {Cause.OVER_CAP, Cause.REPEATED, Cause.UNTRUSTED, Cause.UNFOUNDED, Cause.UNCLEAR}
    assert sum(v.standing is not Standing.DISMISSED for v in lone) <= len(known)


def test_people_know_the_tune_questions_and_no_others(request: pytest.FixtureRequest) -> None:
    file = request.config.rootpath / "samples" / "questions.jsonl"
    known = {fact.question for fact in facts(file)}
    assert known
    assert not known & {fact.question for split in ("gate", "holdout") for fact in facts(file, split)}
