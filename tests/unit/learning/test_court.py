"""The court: what becomes of a rating or a correction, and why."""

from __future__ import annotations

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from gristmill.access.people import People
from gristmill.cli.app import app
from gristmill.corpus.checks import CheckResult
from gristmill.identity import Role
from gristmill.learning.court import Cause, Standing, check_verdicts, read_verdicts
from gristmill.learning.feedback import Rating, Reason
from gristmill.storage.tables import FEEDBACK_VERDICTS
from gristmill.teaching import court
from tests.unit.learning.town import PLACES, Town, asked, sentence


def checked(town: Town) -> CheckResult:
    workspace = town.workspace
    return check_verdicts(workspace.lake, workspace.database, workspace.settings.learning.per_day)


def test_a_correction_that_two_people_make_is_confirmed_with_its_evidence(town: Town) -> None:
    ids = [town.say(name, town.ask(name, asked("barn")), correction="It is blue.") for name in ("ann", "bob")]
    verdicts = town.court()
    assert {verdicts[i].standing for i in ids} == {Standing.CONFIRMED}
    [evidence] = verdicts[ids[0]].evidence
    assert (evidence.document, evidence.quote) == ("barn.md", sentence("barn"))
    assert verdicts[ids[0]].voices == 2
    assert checked(town).passed


def test_one_person_alone_waits_for_a_second_opinion_and_a_reviewer_is_one(town: Town) -> None:
    receipt = town.ask("ann", asked("barn"))
    said = town.say("ann", receipt, correction="Blue")
    verdict = town.court()[said]
    assert (verdict.standing, verdict.voices) == (Standing.OPEN, 1)
    assert "1 more independent opinion" in verdict.reason
    town.say("rea", receipt, correction="Blue")
    assert town.court()[said].standing is Standing.CONFIRMED


def test_saying_it_often_is_no_second_opinion(town: Town) -> None:
    ids = [town.say("ann", town.ask("ann", asked("barn")), correction="Blue") for _ in range(5)]
    verdicts = town.court()
    assert [verdicts[i].cause for i in ids].count(Cause.REPEATED) == 4
    assert {verdicts[i].standing for i in ids} == {Standing.DISMISSED, Standing.OPEN}


def test_what_no_document_carries_is_dismissed_whoever_says_it(town: Town) -> None:
    ids = [town.say(name, town.ask(name, asked("barn")), correction="Pink") for name in ("ann", "bob", "cid", "rea")]
    verdicts = town.court()
    assert {(verdicts[i].standing, verdicts[i].cause) for i in ids} == {(Standing.DISMISSED, Cause.UNSUPPORTED)}
    assert not any(verdicts[i].evidence for i in ids)


def test_a_correction_must_be_carried_by_what_its_author_may_see(town: Town) -> None:
    for name in ("hal", "hel"):
        town.add(name, Role.READER, ("hr",))
    question = "What is the porter of the loft paid a week?"
    ids = [town.say(name, town.ask(name, question, ("hr",)), correction="17 crowns") for name in ("hal", "hel")]
    outside = [town.say(name, town.ask(name, question), correction="17 crowns") for name in ("ann", "bob")]
    verdicts = town.court()
    assert {verdicts[i].standing for i in ids} == {Standing.CONFIRMED}
    assert all(verdicts[i].standing is not Standing.CONFIRMED and not verdicts[i].evidence for i in outside)
    # Who leaves the group takes the correction along.
    workspace = town.workspace
    for name in ("hal", "hel"):
        People(workspace.database, workspace.journal).change(name, "test", groups=())
    verdicts = town.court()
    assert all(verdicts[i].standing is not Standing.CONFIRMED and not verdicts[i].evidence for i in ids)


def test_a_bad_rating_of_a_right_answer_is_unfounded(town: Town) -> None:
    bad = town.say("cid", town.ask("cid", asked("barn")), reason=Reason.WRONG)
    assert town.court()[bad].standing is Standing.OPEN
    for name in ("ann", "bob"):
        town.say(name, town.ask(name, asked("barn")), Rating.UP)
    verdict = town.court()[bad]
    assert (verdict.standing, verdict.cause) == (Standing.DISMISSED, Cause.UNFOUNDED)


def test_what_changed_since_expires_and_an_outdated_answer_is_told_by_code_alone(town: Town) -> None:
    ups = [town.say(name, town.ask(name, asked("barn")), Rating.UP) for name in ("ann", "bob")]
    fixed = [town.say(name, town.ask(name, asked("kiln")), correction="Khaki") for name in ("ann", "bob")]
    blamed = town.say("cid", town.ask("cid", asked("barn")), reason=Reason.OUTDATED)
    verdicts = town.court()
    assert {verdicts[i].standing for i in (*ups, *fixed)} == {Standing.CONFIRMED}
    town.write("barn.md", "# The barn\n\nThe barn door is painted orange each spring.\n")
    town.write("kiln.md", "# The kiln\n\nThe kiln has no door any more since the fire.\n")
    verdicts = town.court()
    assert {verdicts[i].cause for i in (*ups, *fixed)} == {Cause.EXPIRED}
    assert {verdicts[i].standing for i in (*ups, *fixed)} == {Standing.DISMISSED}
    assert (verdicts[blamed].standing, verdicts[blamed].cause) == (Standing.CONFIRMED, Cause.OUTDATED)
    assert checked(town).passed


def test_a_document_that_nobody_wrote_is_missed_by_two_people(town: Town) -> None:
    town.change(answering={"answerable": 0.999, "perhaps": 0.999})
    ids = [town.say(n, town.ask(n, "How long is the harbour wall?"), correction="90 metres") for n in ("ann", "bob")]
    verdicts = town.court()
    assert {(verdicts[i].standing, verdicts[i].cause) for i in ids} == {(Standing.CONFIRMED, Cause.MISSING)}


def test_refusing_what_was_found_is_the_cause(town: Town) -> None:
    town.change(answering={"answerable": 0.999, "perhaps": 0.999})
    ids = [town.say(name, town.ask(name, asked("barn")), correction="Blue") for name in ("ann", "bob")]
    assert {town.court()[i].cause for i in ids} == {Cause.REFUSAL}


def test_those_who_always_agree_count_as_one(town: Town) -> None:
    for place in PLACES[:6]:
        for name in ("ann", "bob"):
            town.say(name, town.ask(name, asked(place)), Rating.UP)
    assert {verdict.standing for verdict in town.court().values()} == {Standing.OPEN}
    lone = town.say("cid", town.ask("cid", asked(PLACES[0])), Rating.UP)
    verdicts = town.court()
    assert (verdicts[lone].standing, verdicts[lone].voices) == (Standing.CONFIRMED, 2)


def test_more_than_the_cap_in_a_day_counts_nothing(town: Town) -> None:
    town.change(learning={"per_day": 3})
    for place in PLACES[:5]:
        town.say("ann", town.ask("ann", asked(place)), Rating.UP)
    causes = [verdict.cause for verdict in town.court().values()]
    assert causes.count(Cause.OVER_CAP) == 2


def test_who_invents_is_not_believed_where_chance_helps(town: Town) -> None:
    for place in PLACES[:4]:
        town.say("ann", town.ask("ann", asked(place)), correction="Pink")
    true = town.say("ann", town.ask("ann", asked(PLACES[5])), correction="Fawn")
    verdict = town.court()[true]
    assert (verdict.standing, verdict.cause) == (Standing.DISMISSED, Cause.UNTRUSTED)
    assert "4 of the 5" in verdict.reason


def test_people_who_contradict_each_other_go_to_the_reviewer(town: Town) -> None:
    town.write("barn2.md", "# The barn\n\nThe barn door is painted green each autumn.\n")
    ids = [town.say(name, town.ask(name, asked("barn")), correction=text)
           for name, text in (("ann", "Blue"), ("bob", "Blue"), ("cid", "Green"), ("dot", "Green"))]  # fmt: skip
    verdicts = town.court()
    assert {verdicts[i].standing for i in ids} == {Standing.OPEN}
    town.say("rea", town.ask("rea", asked("barn")), correction="Blue")
    verdicts = town.court()
    assert [str(verdicts[i].standing) for i in ids] == ["confirmed", "confirmed", "dismissed", "dismissed"]


def test_a_second_session_examines_nothing_and_writes_nothing(town: Town) -> None:
    for name in ("ann", "bob"):
        town.say(name, town.ask(name, asked("barn")), correction="Blue")
    first = court(town.workspace)[-1]
    version = town.workspace.lake.version(FEEDBACK_VERDICTS)
    second = court(town.workspace)[-1]
    assert (first.numbers["examined"], second.numbers["examined"], second.numbers["changed"]) == (2, 0, 0)
    assert town.workspace.lake.version(FEEDBACK_VERDICTS) == version


def test_what_is_kept_is_what_a_new_session_finds(town: Town) -> None:
    for name, text in (("ann", "Blue"), ("bob", "Blue"), ("cid", "Pink")):
        town.say(name, town.ask(name, asked("barn")), correction=text)
    before = town.court()
    town.write("moat.md", "# The moat\n\nThe moat is three metres deep.\n")
    grown = town.court()
    (town.root / "home" / "cache" / "court.json").unlink()
    assert town.court() == grown
    assert {i: v.standing for i, v in before.items()} == {i: v.standing for i, v in grown.items()}


def test_the_check_sees_a_verdict_that_is_missing_and_one_that_is_made_up(town: Town) -> None:
    town.say("ann", town.ask("ann", asked("barn")), Rating.UP)
    town.court()
    workspace = town.workspace
    rows = workspace.lake.read(FEEDBACK_VERDICTS)
    made_up = rows.with_columns(feedback=pl.lit("made-up"), standing=pl.lit("confirmed"), evidence=pl.lit([]))
    workspace.lake.replace(FEEDBACK_VERDICTS, "feedback", rows["feedback"], made_up)
    assert len(checked(town).problems) == 3


def test_the_commands_tell_what_was_decided(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    said = town.say("ann", town.ask("ann", asked("barn")), correction="Blue")
    monkeypatch.setattr("gristmill.cli.feedback.open_workspace", lambda: town.workspace)

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["feedback", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert json.loads(run("court", "--json"))["stages"][1]["numbers"]["open"] == 1
    assert json.loads(run("verdicts", "--standing", "open", "--json"))["verdicts"][0]["feedback"] == said
    assert json.loads(run("show", said[:10], "--json"))["answer"] == "Blue"
    assert "barn.md" in run("show", said)
    assert CliRunner().invoke(app, ["feedback", "show", "nothing"]).exit_code == 1
    assert len(read_verdicts(town.workspace.lake)) == 1
