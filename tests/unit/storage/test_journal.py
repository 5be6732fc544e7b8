"""The audit log holds every event once, in order, and whatever is done to it afterwards is seen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from gristmill.storage.database import Database
from gristmill.storage.journal import Journal, Verification
from gristmill.storage.records import PersonRow

EVENTS = 9
_NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def database(empty: str) -> Database:
    return Database(empty)


@pytest.fixture
def journal(database: Database, tmp_path: Path) -> Journal:
    return Journal(database, tmp_path / "audit.anchor")


@pytest.fixture
def written(journal: Journal) -> Journal:
    for number in range(EVENTS):
        journal.note("ann", "key.create", f"k-{number}", label="Schlüssel", days=number)
    return journal


def change(database: Database, statement: str) -> None:
    with database.session() as session:
        session.execute(text(statement))


def test_events_are_there_with_their_details_newest_first(written: Journal) -> None:
    newest = written.events(2)
    assert [event.subject for event in newest] == ["k-8", "k-7"]
    assert newest[0].detail == {"label": "Schlüssel", "days": 8}
    assert written.verify() == Verification(EVENTS, newest[0].hash, ())


def test_events_are_found_by_the_beginning_of_their_action(written: Journal) -> None:
    written.note("bob", "denied", "GET /api/people")
    assert [event.actor for event in written.events(5, "denied")] == ["bob"]
    assert len(written.events(50, "key.")) == EVENTS


def test_an_empty_log_is_whole(journal: Journal) -> None:
    assert journal.verify().problems == ()


def test_a_change_and_its_event_are_stored_together_or_not_at_all(database: Database, journal: Journal) -> None:
    with suppress(ZeroDivisionError), journal.changing("ann", "person.add", "bob") as session:
        session.add(PersonRow(name="bob", role="reader", created=_NOW))
        raise ZeroDivisionError
    with database.reading() as session:
        assert session.get(PersonRow, "bob") is None
    assert journal.events() == []
    with journal.changing("ann", "person.add", "bob") as session:
        session.add(PersonRow(name="bob", role="reader", created=_NOW))
    with database.reading() as session:
        assert session.get(PersonRow, "bob") is not None
    assert [event.action for event in journal.events()] == ["person.add"]


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "previous", "hash"])
@pytest.mark.parametrize("number", [1, 5, EVENTS])
def test_changing_any_column_of_any_event_is_seen(
    written: Journal, database: Database, column: str, number: int
) -> None:
    change(database, f"UPDATE audit_events SET {column} = '{{}}' WHERE number = {number}")
    assert written.verify().problems


TAMPERING: dict[str, list[str]] = {
    "an event is deleted": ["DELETE FROM audit_events WHERE number = 4"],
    "the first event is deleted": ["DELETE FROM audit_events WHERE number = 1"],
    "an event is deleted and the others close up": [
        "DELETE FROM audit_events WHERE number = 4",
        *(f"UPDATE audit_events SET number = {n - 1} WHERE number = {n}" for n in range(5, EVENTS + 1)),
    ],
    "two events change places": [
        "UPDATE audit_events SET number = 99 WHERE number = 3",
        "UPDATE audit_events SET number = 3 WHERE number = 4",
        "UPDATE audit_events SET number = 4 WHERE number = 99",
    ],
    "the last event is cut off": [f"DELETE FROM audit_events WHERE number = {EVENTS}"],
    "the last events are cut off": ["DELETE FROM audit_events WHERE number > 3"],
    "all events are deleted": ["DELETE FROM audit_events"],
}  # fmt: skip


@pytest.mark.parametrize("statements", TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_seen(written: Journal, database: Database, statements: list[str]) -> None:
    for statement in statements:
        change(database, statement)
    assert written.verify().problems


def test_a_log_that_was_written_anew_is_not_the_one_that_the_anchor_knows(
    written: Journal, database: Database, tmp_path: Path
) -> None:
    change(database, "DELETE FROM audit_events")
    elsewhere = Journal(database, tmp_path / "other.anchor")
    for number in range(EVENTS):
        elsewhere.note("eve", "key.create", f"k-{number}")
    assert elsewhere.verify().problems == ()
    assert "written anew" in written.verify().problems[0]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "deleted": lambda anchor: anchor.unlink(),
    "emptied": lambda anchor: anchor.write_text(""),
    "nonsense": lambda anchor: anchor.write_text("many events"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_without_its_anchor_the_log_is_not_called_whole(
    written: Journal, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    damage(tmp_path / "audit.anchor")
    assert "anchor" in written.verify().problems[0]


def test_an_anchor_that_a_kill_left_behind_is_no_problem(written: Journal, tmp_path: Path) -> None:
    anchor = tmp_path / "audit.anchor"
    before = anchor.read_text()
    written.note("ann", "key.revoke", "k-1")
    anchor.write_text(before)
    assert written.verify().problems == ()


def test_many_writers_make_one_chain(empty: str, tmp_path: Path) -> None:
    def write(writer: int) -> None:
        journal = Journal(Database(empty), tmp_path / "audit.anchor")
        for number in range(5):
            journal.note(f"w{writer}", "key.create", str(number))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(write, range(6)))
    found = Journal(Database(empty), tmp_path / "audit.anchor").verify()
    assert (found.events, found.problems) == (30, ())
