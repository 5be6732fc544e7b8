"""The rules of quality: each finds its defect, none touches a good document, and both ways of judging agree."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.corpus.quality import RULES, QualityInput, Severity, judge, judge_table, measure_table, with_thresholds
from gristmill.errors import SettingsError

NOW = date(2026, 11, 22)
GOOD = (
    "# Greasing the bearings\n\nGrease the main bearings every 1,500 operating hours with 35 g of grease. "
    "Turn the runner by hand while greasing, and wipe off what comes out.\n\n"
    "| part | grams |\n| --- | --- |\n| drive side | 35 |\n| far side | 30 |\n"
)


def broken(text: str = GOOD, **known: object) -> dict[str, Severity]:
    given_fields = {"path": "a.md", "language": "en", **known}
    document = QualityInput(text=text, **given_fields)  # type: ignore[arg-type]
    return {violation.rule: violation.severity for violation in judge(document, now=NOW)}


def test_a_good_document_breaks_no_rule() -> None:
    assert broken(date=date(2025, 1, 1), pages=1) == {}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("empty", " \n"),
        ("too_short", "Cloakroom keys: ask reception."),
        ("no_letters", "12.5 13.5 14.5 15.5 16.5 17.5 18.5"),
        ("mostly_markup_or_symbols", "{}();{}();&&!!??<<>>@@ a b c d e f g h {}();{}();"),
        ("broken_encoding", "Die M\ufffdhle steht am M\ufffdhlbach in Furtm\ufffdhl seit 1926."),
        ("only_repeated_lines", "In case of fire leave the building at once.\n" * 12),
    ],
)
def test_an_error_is_found(rule: str, text: str) -> None:
    assert broken(text)[rule] is Severity.ERROR


def test_a_form_of_repeated_lines_that_says_more_is_only_told() -> None:
    beside = (
        "Fire wardens are Gareth Pell in the hall and Shona Teague in the offices; the siren is tested on Mondays.\n"
    )
    more = "The assembly point is car park B, at the lamp post with the green sign.\n"
    found = broken("In case of fire leave the building at once.\n" * 12 + beside + more)
    assert found == {"repeated_lines": Severity.WARN}


def test_an_empty_document_is_called_empty_and_nothing_else() -> None:
    assert list(broken("")) == ["empty"]


def test_a_repeated_line_is_found_though_the_parser_joined_the_lines() -> None:
    assert "repeated_lines" in broken("In case of fire leave the building at once. " * 12)


def test_a_scan_without_text_is_unreadable_and_not_empty() -> None:
    assert broken("", pages=3, language="und") == {"unreadable_scan": Severity.ERROR}


@pytest.mark.parametrize(
    "text",
    [
        "We looked at the brake and found nothing. The next thing to look at is the",
        "day;a;b\n2025-09-20;15;16\n2025-09-21;14;16\n2025-09-22;15;17\n2025-09-23;15",
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n| 7",
        "| a | b | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 3 | 4 | 5 |\n| 5 | 6 | 7 |\n| 7 |  |  |",
        "Run this and wait:\n\n```\nmake demo\n",
    ],
)
def test_a_text_that_breaks_off_is_a_warning(text: str) -> None:
    assert broken(f"{GOOD}\n{text}")["truncated"] is Severity.WARN


@pytest.mark.parametrize(
    "end", ["- Last item of the list", "Yours sincerely,\n\nCallum Brae", "| far side | |", "What is it?", "# End"]
)
def test_usual_ends_are_not_taken_for_breaks(end: str) -> None:
    assert "truncated" not in broken(f"{GOOD}\n{end}\n")


def test_age_is_judged_against_now_and_the_limit_of_the_source() -> None:
    old = QualityInput("a.md", GOOD, "en", date=date(2025, 11, 22))
    assert judge(old, now=NOW) == []
    (violation,) = judge(old, with_thresholds({"stale": 180}), now=NOW)
    assert (violation.rule, violation.observed, violation.threshold) == ("stale", 365, 180)
    assert "365 days" in violation.reason
    assert violation.recovery


def test_superseded_and_unknown_language_are_warnings() -> None:
    assert broken(superseded_by="b.md") == {"superseded": Severity.WARN}
    assert broken("Qwx zrt plk " * 30, language="und")["unknown_language"] is Severity.WARN


def test_a_threshold_for_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"too_long.*too_short"):
        with_thresholds({"too_long": 1})


def test_each_rule_is_named_once_and_tells_how_to_recover() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 12
    assert all(rule.recovery and rule.reason.format(observed=1.0, threshold=1.0) for rule in RULES)


documents = st.builds(
    QualityInput,
    path=st.uuids().map(str),
    text=st.one_of(st.text(max_size=80), st.just(GOOD), st.text(alphabet="ab .;|\n\ufffd1", max_size=80)),
    language=st.sampled_from(["und", "en"]),
    pages=st.integers(0, 3),
    date=st.one_of(st.none(), st.dates(date(1980, 1, 1), NOW)),
    superseded_by=st.sampled_from(["", "b.md"]),
)


@settings(deadline=None)  # the first call loads polars
@given(st.lists(documents, max_size=8))
def test_judging_a_table_and_judging_each_document_agree(collection: list[QualityInput]) -> None:
    table = judge_table(measure_table(collection, now=NOW))
    one_by_one = [
        (document.path, v.rule, v.severity.value, v.observed, v.threshold, v.reason, v.recovery)
        for document in collection
        for v in judge(document, now=NOW)
    ]
    assert table.rows() == one_by_one
