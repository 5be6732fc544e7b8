"""Superseded versions: found where a document, a name or a number says so, and nowhere else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.corpus.duplicates import VersionedDocument, find_superseded, read_version
from gristmill.corpus.duplicates.versions import Precision


def document(path: str, head: str = "", title: str = "", language: str = "und") -> VersionedDocument:
    return VersionedDocument(path, title, head, None, language)


def pairs(*documents: VersionedDocument) -> list[tuple[str, str]]:
    return [(found.document, found.by) for found in find_superseded(documents)]


def of_paths(*paths: str) -> list[tuple[str, str]]:
    return pairs(*(document(path) for path in paths))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("policies/travel-v2.docx", "policies/travel-v3.docx"),
        ("prices/price-list-2024.xlsx", "prices/price-list-2025.pdf"),
        ("rules/SR-21 rev A.md", "rules/SR-21 rev B.md"),
        ("manual-v1.9.pdf", "manual-v1.10.pdf"),
        ("archive/leave-2023.md", "leave-2026.md"),
        ("heron-75-manual-draft.odt", "heron-75-manual.docx"),
    ],
)
def test_a_newer_version_is_recognised_by_its_name(older: str, newer: str) -> None:
    assert of_paths(newer, older) == [(older, newer)]


@pytest.mark.parametrize(
    "paths",
    [
        ("price-list-de.pdf", "price-list-fr.pdf"),
        ("heron-40-manual.pdf", "heron-75-manual.pdf"),
        ("minutes-2026-03.md", "minutes-2026-04.md"),
        ("minutes/production-2026-w37.txt", "minutes/production-2026-w38.txt"),
        ("safety-committee-2026-q2.pdf", "safety-committee-2026-q3.pdf"),
        ("tickets/T-2317.eml", "tickets/T-2342.eml"),
        ("bulletins/SB-2019-03.pdf", "bulletins/SB-2021-05.pdf"),
        ("annual-report-2024.pdf", "annual-report-2025.pdf"),
        ("hr/absence-statistics-2024.xlsx", "hr/absence-statistics-2025.xlsx"),
        ("price-list-2026.xlsx", "price-list-2026.csv"),
        ("uk/travel-v1.md", "france/travel-v2.md"),
        ("hopper-h2.rtf", "sifter-p4.pdf"),
    ],
)
def test_neighbours_that_are_not_versions_are_left_alone(paths: tuple[str, ...]) -> None:
    assert of_paths(*paths) == []


def test_a_translation_is_no_version() -> None:
    old = document("travel-v1.md", "# Reisen\n\nVersion 1", language="de")
    new = document("travel-v2.md", "# Travel\n\nVersion 2", language="en")
    assert pairs(old, new) == []


@pytest.mark.parametrize(
    "statement",
    [
        "Replaces: SB-2019-03",
        "This bulletin supersedes SB-2019-03.",
        "Ersetzt das Bulletin SB-2019-03.",
        "Remplace SB-2019-03.",
    ],
)
def test_a_declared_replacement_is_believed(statement: str) -> None:
    old = document("SB-2019-03.pdf", "# Service bulletin SB-2019-03")
    new = document("SB-2021-05.pdf", f"# Service bulletin SB-2021-05\n\n{statement}")
    (found,) = find_superseded([old, new])
    assert (found.document, found.by) == ("SB-2019-03.pdf", "SB-2021-05.pdf")
    assert "SB-2019-03" in found.reason


def test_a_document_that_says_what_replaced_it_is_believed() -> None:
    old = document("SB-2019-03.pdf", "# Service bulletin SB-2019-03\n\nWithdrawn. Superseded by SB-2021-05.")
    assert pairs(old, document("SB-2021-05.pdf", "# SB-2021-05")) == [("SB-2019-03.pdf", "SB-2021-05.pdf")]


@pytest.mark.parametrize(
    "statement",
    ["This bulletin does not replace SB-2019-03.", "See also SB-2019-03.", "Replace bolts M20 of SB-2019-03."],
)
def test_a_mention_is_no_replacement(statement: str) -> None:
    old = document("SB-2019-03.pdf", "# Service bulletin SB-2019-03")
    assert pairs(old, document("SB-2021-05.pdf", f"# SB-2021-05\n\n{statement}")) == []


def test_an_index_that_lists_replacements_is_not_itself_replaced() -> None:
    index = document("bulletins/index.html", "# All bulletins\n\n| SB-2019-03 | replaced by SB-2021-05 |")
    assert pairs(index, document("SB-2021-05.pdf", "# SB-2021-05")) == []


def test_one_document_number_and_two_issues_are_versions_under_any_name() -> None:
    old = document("passwords-old-rules.md", "# Passwords\n\nPolicy P-12, version 1, valid from 15 March 2022.")
    new = document("it/second-factor.md", "# Passwords\n\nPolicy P-12, version 2, valid from 1 February 2025.")
    assert pairs(old, new) == [("passwords-old-rules.md", "it/second-factor.md")]


def test_a_local_copy_of_the_same_issue_is_no_version() -> None:
    head = "# SP-07 Lock-out procedure\n\nIssue 6, 15 September 2025."
    assert (
        pairs(
            document("lockout.pdf", head), document("lockout-saint-aubier.odt", head + " Local copy, 6 October 2025.")
        )
        == []
    )


def test_number_and_date_that_contradict_each_other_decide_nothing() -> None:
    one = document("rule-v1.md", "Version 1, 1 April 2026")
    assert pairs(one, document("rule-v2.md", "Version 2, 1 April 2020")) == []


def test_dates_are_compared_as_far_as_both_are_stated() -> None:
    web = document("sheet.html", "DS-HER, edition May 2025")
    assert pairs(web, document("sheet.txt", "Edition of 20 May 2025")) == []


def test_each_older_version_points_at_the_newest() -> None:
    found = of_paths("a-v1.md", "a-v2.md", "a-v3.md")
    assert found == [("a-v1.md", "a-v3.md"), ("a-v2.md", "a-v3.md")]


@given(st.permutations(["a-v1.md", "a-v2.md", "a-v3.md", "b-2024.md", "b-2025.md", "copy of b-2025.md"]))
def test_the_order_of_documents_is_no_matter(paths: list[str]) -> None:
    assert of_paths(*paths) == of_paths(*sorted(paths))


@pytest.mark.parametrize(
    ("path", "head", "number", "when"),
    [
        (
            "a.md",
            "Policy P-07, version 2, valid from 1 January 2026. Replaces version 1 of 2021.",
            (2,),
            date(2026, 1, 1),
        ),
        ("a.md", "Replaces version 7. Version 8 of 3 May 2024", (8,), date(2024, 5, 3)),
        ("a.md", "Stand: 1. März 2025, Ausgabe 4", (4,), date(2025, 3, 1)),
        ("a.md", "Révision 3 du 2 février 2024", (3,), date(2024, 2, 2)),
        ("travel-v2.docx", "", (2,), None),
        ("SR-21 rev B.md", "", (2,), None),
        ("price-list-2025.pdf", "", (), date(2025, 1, 1)),
        ("a.csv", "| name | born |\n| K12-V4 | 1979-02-23 |", (), None),
        ("a.md", "Issued on 31 February 2024", (), None),
    ],
)
def test_versions_are_read_from_first_lines_and_names(
    path: str, head: str, number: tuple[int, ...], when: date | None
) -> None:
    version = read_version(path, "", head)
    assert (version.number, version.date) == (number, when)
    assert bool(version.evidence) == bool(number or when)


def test_the_date_of_modification_is_the_last_resort() -> None:
    assert read_version("a.md", "", "", date(2026, 5, 1)).date == date(2026, 5, 1)
    stated = read_version("a.md", "", "edition May 2025", date(2026, 5, 1))
    assert (stated.date, stated.precision) == (date(2025, 5, 1), Precision.MONTH)


def test_a_head_made_to_confuse_the_patterns_takes_no_time() -> None:
    hostile = "replaces " * 50_000 + "A-" * 50_000 + "1 " * 50_000
    assert find_superseded([document(f"{n}.md", hostile) for n in range(20)]) == []
