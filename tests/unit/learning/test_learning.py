"""From confirmed feedback to a release: what is learnt, what the gate lets through, and what never happens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gristmill import doctor
from gristmill.answering.answer import Answer
from gristmill.answering.spans import SpanModel
from gristmill.asking import Answerer, in_force
from gristmill.cli.app import app
from gristmill.errors import SettingsError
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Origin, Split
from gristmill.evaluation.splits import near_pairs
from gristmill.identity import Asker
from gristmill.learning.feedback import Rating
from gristmill.release.manifest import Release
from gristmill.releasing import rollback
from gristmill.settings import EvaluationSettings
from gristmill.teaching import Taught, learn
from tests.releases import put_in_force
from tests.unit.learning.town import COLOUR_OF, GATE, PLACES, Town, asked, sentence


def answer(town: Town, question: str, *groups: str) -> Answer:
    return Answerer(town.workspace).answer(question, Asker.in_groups(groups))


def corrected(town: Town, places: tuple[str, ...] = PLACES[:6]) -> Taught:
    for number, place in enumerate(places):
        for name in (("ann", "bob"), ("bob", "cid"), ("cid", "dot"))[number % 3]:
            town.say(name, town.ask(name, asked(place)), correction=COLOUR_OF[place])
    return learn(town.workspace)


def test_answers_become_what_people_write_on_questions_that_nobody_corrected(school: Town) -> None:
    question = asked(GATE[0])
    before = answer(school, question)
    assert before.text == f"{sentence(GATE[0])} [1]"
    made = corrected(school)
    assert made.promoted, made.said
    assert in_force(school.workspace) == made.candidate
    after = answer(school, question)
    assert after.text == f"{COLOUR_OF[GATE[0]]} [1]"
    assert [c.quote for c in after.citations] == [c.quote for c in before.citations]
    rollback(school.workspace, who="eva", reason="to see")
    assert answer(school, question).text == before.text


def test_what_was_learnt_is_learnt_once_and_names_the_release(school: Town) -> None:
    first = corrected(school)
    again = learn(school.workspace)
    assert (again.candidate, again.promoted) == (None, False)
    assert again.learned == first.learned
    assert first.candidate is not None
    assert school.workspace.registry.get(first.candidate).learned == first.learned


def test_a_release_that_learnt_nothing_keeps_the_name_that_it_had(town: Town) -> None:
    release = town.workspace.candidate()
    stored = {name: value for name, value in release.as_json().items() if name != "learned"}
    assert Release.from_json(stored).name == release.name
    assert replace(release, learned="l-1").name != release.name


def test_what_the_gate_refuses_changes_nothing_and_is_not_tried_again(school: Town) -> None:
    strict = EvaluationSettings(questions=Path("questions.jsonl"), bootstrap=300, floors={"kind=fact": 1.1})
    school.settings["evaluation"] = strict
    school.opened = None
    before = in_force(school.workspace)
    made = corrected(school)
    assert not made.promoted
    assert in_force(school.workspace) == before
    assert school.workspace.candidate().name == before
    assert learn(school.workspace).candidate is None


def test_the_same_question_is_answered_from_its_verified_evidence_until_that_changes(school: Town) -> None:
    school.change(**school.settings, answering={"answerable": 0.999, "perhaps": 0.999})
    assert answer(school, asked("barn")).refused
    assert corrected(school).promoted
    given = answer(school, "which colour is the barn door painted")
    assert (given.refused, given.text) == (False, "blue [1]")
    school.write("barn.md", "# The barn\n\nThe barn door is painted orange each spring.\n")
    assert "blue" not in answer(school, asked("barn")).text
    made = learn(school.workspace)
    names = [each.question for each in school.workspace.learned.get(made.learned).verified]
    assert asked("barn") not in names


def test_a_verified_answer_shows_nothing_to_those_who_may_not_see_its_evidence(school: Town) -> None:
    for name in ("hal", "hel"):
        school.add(name, groups=("hr",))
    question = "What is the porter of the loft paid a week?"
    for name in ("hal", "hel"):
        school.say(name, school.ask(name, question, ("hr",)), correction="17 crowns")
    assert corrected(school).promoted
    assert "17 crowns" in answer(school, question, "hr").text
    outside = answer(school, question)
    assert "17" not in outside.text
    assert all(passage.document != "hr/pay.md" for passage in outside.passages)


def test_questions_of_feedback_join_the_set_and_no_near_duplicate_crosses_a_line(school: Town) -> None:
    corrected(school)
    questions = read_set(school.workspace.lake, counting=True)
    mine = [question for question in questions if question.origin is Origin.FEEDBACK]
    assert mine
    assert all(question.evidence[0].found for question in mine)
    pairs = near_pairs([question.text for question in questions])
    assert all(questions[one].split is questions[other].split for one, other in pairs)


def test_nothing_is_learnt_from_what_judges_releases(school: Town) -> None:
    made = corrected(school, GATE)
    learned = school.workspace.learned.get(made.learned)
    assert learned.verified == ()
    assert learned.spans is None
    other = "In what colour do they paint the door of the hall? I forgot."
    for name in ("ann", "bob"):
        school.say(name, school.ask(name, other), Rating.DOWN, correction="hazel")
    learn(school.workspace)
    found = [q for q in read_set(school.workspace.lake) if q.text == other]
    assert all(question.split is Split.GATE for question in found)
    assert school.workspace.learned.get(made.learned).verified == ()


def test_what_was_learnt_and_altered_by_hand_is_not_read(school: Town) -> None:
    made = corrected(school)
    file = school.root / "home" / "learned" / f"{made.learned}.json"
    file.write_text(file.read_text().replace('"share"', '"shares"'))
    with pytest.raises(SettingsError, match="altered"):
        school.workspace.learned.get(made.learned)


def test_what_another_version_learnt_cuts_nothing_until_it_is_learnt_again(school: Town) -> None:
    assert corrected(school).promoted
    workspace = school.workspace
    release = workspace.registry.get(in_force(workspace))
    held = workspace.learned.get(release.learned)
    assert held.spans is not None
    other = replace(held, spans=SpanModel(dict(held.spans.coefficients) | {"measured before": 1.0}))
    old = workspace.registry.keep(replace(release, learned=workspace.learned.keep(other)))
    put_in_force(workspace, old)
    assert answer(school, asked(GATE[0])).text == f"{sentence(GATE[0])} [1]"
    found = next(finding for finding in doctor.examine(workspace) if finding.name == "learned")
    assert (found.severity, found.remedy) == (doctor.Severity.WARNING, "Run 'gristmill learn'.")
    assert learn(workspace).learned == release.learned


def test_one_command_goes_from_feedback_to_a_decided_release(school: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, place in enumerate(PLACES[:6]):
        for name in (("ann", "bob"), ("bob", "cid"), ("cid", "dot"))[number % 3]:
            school.say(name, school.ask(name, asked(place)), correction=COLOUR_OF[place])
    monkeypatch.setattr("gristmill.cli.feedback.open_workspace", lambda: school.workspace)
    done = CliRunner().invoke(app, ["learn", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["promoted"]
    assert told["decision"]["outcome"] == "promote"
    assert [stage["stage"] for stage in told["stages"]] == ["interactions", "feedback_verdicts", "learned_models"]
