"""The report: one page without a network, with the decision first and foreign text inert."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from gristmill.evaluation.comparison import Evaluation, Gated
from gristmill.evaluation.gate import judge
from gristmill.evaluation.payoff import Arm, invented, invention_arms
from gristmill.evaluation.questions import Evidence, Question, Split
from gristmill.evaluation.report import Content, Learning, Tried, as_markdown, page
from gristmill.evaluation.statistics import Interval
from gristmill.evaluation.summary import summarise
from gristmill.settings import EvaluationSettings
from tests.unit.evaluation.outcomes import outcome

SETTINGS = EvaluationSettings(bootstrap=300)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script><img src="https://example.com/x">'


def evaluated(name: str, wrong: set[int]) -> Evaluation:
    outcomes = tuple(outcome(f"q{at}", at not in wrong, document=f"d{at // 2}") for at in range(60))
    outcomes = (replace(outcomes[0], text=HOSTILE), *outcomes[1:])
    return Evaluation(name, Split.GATE, outcomes, summarise(outcomes, SETTINGS))


@pytest.fixture(scope="module")
def content() -> Content:
    after, before = evaluated("r-new", {0, 1, 2}), evaluated("r-old", set(range(2, 22)))
    verdict = judge(after.outcomes, before.outcomes, SETTINGS)
    asked = Question("q0", f"Who? {HOSTILE}", "en", "fact", ("everyone",), True, "Ada", (Evidence("d", "x"),))
    return Content(
        "r-new", "promote", after, Gated(after, before, verdict), verdict.reason, {"search.passages": (5, 8)},
        {"q0": asked}, {"its document is gone": 2}, (Arm("The model alone", Interval(0.7, 0.5, 0.9, 24)),),
        (Arm("By words alone", Interval(0.8, 0.7, 0.9, 60)),),
        (Tried("r-bad", "reject", -0.3, -0.4, -0.2, "search.passages 5 → 1", NOON),),
        Learning("r-new", "r-old", 0.2, 0.3, Interval(0.5, 0.1, 0.9, 60), {"confirmed": 40, "open": 7, "dismissed": 3}),
        10.0, NOON, 12, 40,
    )  # fmt: skip


def test_the_decision_and_its_reason_come_first(content: Content) -> None:
    first = page(content).split("<section>")[0]
    assert '<span class="badge good">promote</span>' in first
    assert "It is better" in first
    assert "95% right" not in first
    assert "95%" in first


def test_nothing_is_loaded_from_anywhere_and_no_foreign_text_is_markup(content: Content) -> None:
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            assert not {"src", "href"} & {name for name, _ in attrs}

    text = page(content)
    Reader().feed(text)
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert not re.search(r"url\(|@import", text)
    assert "&lt;script&gt;" in text


def test_the_report_tells_whether_feedback_paid(content: Content) -> None:
    text = page(content)
    assert "Does feedback pay?" in text
    assert "+50% (+10% to +90%)" in text
    assert "Does feedback pay?" not in page(replace(content, learned=None))


def test_every_part_of_the_report_is_there(content: Content) -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", page(content))
    assert titles == [
        "How good it is", "Against r-old", "By slice", "Better and worse, side by side", "What goes wrong", "Safety",
        "Time, cost, energy", "Does it pay?", "How it was measured",
    ]  # fmt: skip


def test_a_first_release_has_nothing_to_be_compared_with(content: Content) -> None:
    text = page(replace(content, gated=None))
    assert "first release" in text
    assert "Against" not in text


def test_the_brief_says_the_same(content: Content) -> None:
    brief = as_markdown(content)
    assert brief.startswith("**r-new: promote**")
    assert "| right | 0.950 |" in brief


def test_a_model_that_admits_that_it_does_not_know_invents_nothing(content: Content) -> None:
    asked = content.questions["q0"]
    assert not invented(asked, "I do not know.")
    assert not invented(asked, "It was Ada.")
    assert invented(asked, "It was Grace.")


def test_what_is_said_not_to_be_certain_is_no_invention() -> None:
    asked = [Question(name, name, "en", "fact", (), False, "", ()) for name in "abc"]
    outcomes = [
        outcome("a", right=False, answerable=False),
        outcome("b", right=False, answerable=False, uncertain=True),
        outcome("c", right=True, answerable=False, refused=True),
    ]
    alone, release = invention_arms(asked, dict.fromkeys("abc", "It is 12."), outcomes)
    assert alone.value.estimate == pytest.approx(1)
    assert release.value.estimate == pytest.approx(1 / 3)


def test_what_is_right_when_certain_counts_neither_refusals_nor_doubts(content: Content) -> None:
    outcomes = [
        outcome("a", right=True), outcome("b", right=False), outcome("c", right=True, uncertain=True),
        outcome("d", right=False, uncertain=True), outcome("e", right=True, answerable=False, refused=True),
    ]  # fmt: skip
    certain = summarise(outcomes, SETTINGS).measures["right_when_certain"]
    assert certain.estimate == pytest.approx(0.5)
    assert certain.n == 2
    assert "right when certain" in page(content)
    never = tuple(replace(each, uncertain=True) for each in content.evaluation.outcomes)
    doubting = replace(content.evaluation, outcomes=never, summary=summarise(never, SETTINGS))
    assert "right when certain" not in page(replace(content, evaluation=doubting))
