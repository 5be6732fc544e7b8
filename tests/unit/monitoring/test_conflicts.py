"""Documents that say the same with different figures are listed, others are not, and what a person settled stays so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gristmill.conflicting import (
    check_conflicts,
    conflicts_list,
    conflicts_stage,
    kept_conflicts,
    look_for_conflicts,
    settle,
    settled_conflicts,
)
from gristmill.errors import SettingsError
from gristmill.mill import STAGES
from gristmill.monitoring.conflicts import Conflict, Document, find_conflicts, statements_of
from gristmill.monitoring.conflicts.names import Names, capital_words
from gristmill.storage.tables import SETTLED_CONFLICTS
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.workspaces import grind, workspace_at, write

HOURS = "The canteen serves lunch between {} every working day of the week for the whole staff."
OLD, NEW = HOURS.format("11:30 and 13:30"), HOURS.format("11:45 and 13:45")
# So that words of a statement are rarer than those of all.
REST = {
    f"rest-{number}.md": f"# {subject}\n\n{subject} {verb} {number + 3} {noun} each {every} without fail.\n"
    for number, (subject, verb, noun, every) in enumerate(
        [
            ("Rain", "fills", "barrels", "autumn"),
            ("Masons", "dress", "stones", "spring"),
            ("Carters", "haul", "sacks", "morning"),
            ("Eels", "pass", "gates", "night"),
        ]
    )
}


def document(name: str, text: str, title: str = "", **fields: object) -> Document:
    given: dict[str, object] = {"family": name, "title": title or name, "language": "en"}
    given |= {"stated": None, "text": text} | fields
    return Document(name, **given)  # type: ignore[arg-type]


def rest() -> list[Document]:
    return [document(name, text, name) for name, text in REST.items()]


def found(*documents: Document) -> list[Conflict]:
    return find_conflicts(statements_of([*documents, *rest()]), FakeEncoder().encode)


def said(conflicts: Sequence[Conflict]) -> list[tuple[str, str]]:
    return [(one.one.text, one.other.text) for one in conflicts]


def test_two_documents_that_say_the_same_with_other_figures_are_listed() -> None:
    conflicts = found(document("welcome", OLD), document("canteen", NEW))
    assert said(conflicts) == [(NEW, OLD)]
    assert conflicts[0].differs == ("time",)


def test_two_documents_alone_are_enough() -> None:
    pair = [document("welcome", OLD), document("canteen", NEW)]
    assert len(find_conflicts(statements_of(pair), FakeEncoder().encode)) == 1


def test_the_newer_stands_first_where_both_say_when_they_are_from() -> None:
    then, now = datetime(2024, 4, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert said(found(document("a", OLD, stated=then), document("b", NEW, stated=now))) == [(NEW, OLD)]
    assert said(found(document("a", OLD, stated=now), document("b", NEW, stated=then))) == [(OLD, NEW)]


@pytest.mark.parametrize(
    "other",
    [
        OLD,
        "The canteen closes for the summer.",
        NEW.replace("11:45 and 13:45", "11:30 and 13:30, as it always did,"),
        f"```\n{NEW}\n```",
    ],
    ids=["the same", "no figure", "the same figures", "code"],
)
def test_what_does_not_differ_is_not_listed(other: str) -> None:
    assert found(document("welcome", OLD), document("canteen", other)) == []


def test_members_of_one_family_are_not_compared() -> None:
    assert found(document("welcome", OLD, family="f"), document("canteen", NEW, family="f")) == []


def test_what_stands_in_a_header_is_no_statement() -> None:
    assert found(document("welcome", OLD), document("canteen", NEW, boilerplate=[(0, len(NEW))])) == []


def test_things_with_different_names_are_two_things() -> None:
    speed = "The rated speed of the runner at full load is {} rpm with water."
    sheets = [
        document("heron-40.md", speed.format(520), "Heron 40 data sheet"),
        document("heron-75.md", speed.format(480), "Heron 75 data sheet"),
        document("otter-25.md", speed.format(34), "Otter 25 data sheet"),
    ]
    assert found(*sheets) == []
    assert len(found(*sheets, document("manual.md", speed.format(500), "Heron 40 manual"))) == 1


def test_a_form_that_many_documents_fill_in_is_no_conflict() -> None:
    filled = [document(f"report-{day}", HOURS.format(f"{day}:00 and {day}:30")) for day in (8, 9, 10, 11)]
    assert found(*filled) == []
    assert found(*filled[:3]) != []


def test_at_most_five_of_the_same_two_documents_are_listed() -> None:
    rooms = ["mill", "store", "forge", "office", "library", "archive", "kitchen"]
    first = "\n\n".join(
        f"The {room} holds {number + 20} people during a fire drill." for number, room in enumerate(rooms)
    )
    second = "\n\n".join(
        f"The {room} holds {number + 60} people during a fire drill." for number, room in enumerate(rooms)
    )
    assert len(found(document("a", first), document("b", second))) == 5


def test_a_documents_own_date_is_no_fact() -> None:
    line = "Approved by the works committee of the mill on {}."
    dates = [datetime(2026, month, 3, tzinfo=UTC) for month in (3, 5)]
    pair = [document(str(at), line.format(at.strftime("%d %B %Y")), stated=at) for at in dates]
    assert found(*pair) == []
    assert len(found(*(document(one.document, one.text) for one in pair))) == 1


def test_names_are_learnt_from_titles_and_headings() -> None:
    names = Names.of(
        [("Heron 40 manual", "en", ["Heron 40"]), ("Heron 75 manual", "en", []), ("Tolbeck Mill", "en", []),
         ("Preisliste Dienste", "de", [])],
        {"heron", "tolbeck", "preisliste"},
    )  # fmt: skip
    assert names.subject("The Heron 40 at Tolbeck").names == {"heron", "tolbeck"}
    assert names.subject("The Heron 40 at Tolbeck").numbers == {"heron": {"40"}}
    assert names.subject("Preisliste").names == set()
    assert names.subject("A manual of May 2026").numbers == {}


def test_a_name_may_be_written_small_now_and_then() -> None:
    texts = ["RakeMaster and The mill", "the mill", *["RakeMaster"] * 20, "see rakemaster.html"]
    assert {"rakemaster", "the", "mill"} & capital_words(texts) == {"rakemaster"}


def test_no_statement_is_no_conflict() -> None:
    assert find_conflicts([], FakeEncoder().encode) == []
    assert found() == []


@pytest.fixture
def mill(tmp_path: Path) -> Workspace:
    """An installation with two documents that disagree."""
    documents: dict[str, str | bytes] = {
        **REST,
        "welcome.md": f"# Welcome\n\n{OLD}\n",
        "canteen.md": f"# The canteen\n\n{NEW}\n",
    }
    write(tmp_path / "documents", documents)
    workspace = workspace_at(tmp_path / "home", tmp_path / "documents")
    grind(workspace, STAGES[:6])
    return workspace


def test_the_stage_keeps_the_list_and_its_check_reads_the_documents(mill: Workspace) -> None:
    report, contents = conflicts_stage(mill)
    assert (report.numbers["open"], contents.rows) == (1, 1)
    assert [one["settled"] for one in kept_conflicts(mill)] == [None]
    assert check_conflicts(mill).passed
    file = conflicts_list(mill.home).file
    file.write_text(file.read_text().replace("11:45", "11:46"))
    assert not check_conflicts(mill).passed


def test_an_unchanged_folder_encodes_nothing_again(mill: Workspace) -> None:
    assert isinstance(mill.encoder, FakeEncoder)
    look_for_conflicts(mill)
    before = len(mill.encoder.encoded)
    look_for_conflicts(mill)
    assert len(mill.encoder.encoded) == before


def test_vectors_that_were_cut_short_are_made_again(mill: Workspace) -> None:
    before = look_for_conflicts(mill)
    [file] = (mill.home / "cache").glob("conflicts-*.arrow")
    file.write_bytes(file.read_bytes()[:300])
    assert look_for_conflicts(mill) == before


def test_what_was_settled_stays_settled_until_a_statement_changes(mill: Workspace, tmp_path: Path) -> None:
    conflicts_stage(mill)
    [conflict] = kept_conflicts(mill)
    settle(mill, conflict["conflict"][:8], "The page counts", "ann")
    assert conflicts_stage(mill)[0].numbers["open"] == 0
    assert kept_conflicts(mill)[0]["settled"]["who"] == "ann"
    write(tmp_path / "documents", {"canteen.md": f"# The canteen\n\n{NEW.replace('13:45', '14:00')}\n"})
    grind(mill, STAGES[:6])
    assert conflicts_stage(mill)[0].numbers["open"] == 1


def test_a_decision_can_be_taken_back_and_is_kept(mill: Workspace) -> None:
    conflicts_stage(mill)
    key = kept_conflicts(mill)[0]["conflict"]
    settle(mill, key, "No", "ann")
    settle(mill, key, "Yes, after all", "bob", settled=False)
    assert settled_conflicts(mill.lake) == {}
    assert mill.lake.read(SETTLED_CONFLICTS).height == 2


@pytest.mark.parametrize(("conflict", "reason"), [("0", "Why"), ("", "Why"), ("all", " ")])
def test_a_decision_needs_a_conflict_and_a_reason(mill: Workspace, conflict: str, reason: str) -> None:
    conflicts_stage(mill)
    key = kept_conflicts(mill)[0]["conflict"] if conflict == "all" else "zz" if conflict else ""
    with pytest.raises(SettingsError):
        settle(mill, key, reason, "ann")
    assert settled_conflicts(mill.lake) == {}
