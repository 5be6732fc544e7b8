from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from gristmill.errors import StorageError
from gristmill.storage.database import Database
from gristmill.storage.records import ReceiptRow


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'gristmill.db'}"


def row(receipt: str) -> ReceiptRow:
    return ReceiptRow(
        receipt=receipt, at=datetime(2026, 1, 2, tzinfo=UTC), asker="ann", groups=["everyone"], question="Wann?",
        answer="Um fünf.", refused=False, release="r1", citations=[{"document": "a.md"}], passages=[], trace=[],
        latency_ms=1.5,
    )  # fmt: skip


def test_a_receipt_is_there_for_the_next_process(url: str) -> None:
    with Database(url).session() as session:
        session.add(row("r-1"))
    found = Database(url).receipt("r-1")
    assert found is not None
    assert (found.question, found.answer, found.citations) == ("Wann?", "Um fünf.", [{"document": "a.md"}])


@pytest.mark.parametrize("name", ["what?x=1", "100%", "a@b:c"])
def test_a_database_lies_where_it_is_said_whatever_its_path_holds(tmp_path: Path, name: str) -> None:
    file = tmp_path / name / "gristmill.db"
    file.parent.mkdir()
    with Database(f"sqlite:///{file}").session() as session:
        session.add(row("r-1"))
    assert file.stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_unknown_receipt_is_none(url: str) -> None:
    assert Database(url).receipt("r-9") is None


def test_a_block_that_raises_leaves_nothing(url: str) -> None:
    database = Database(url)
    with suppress(ZeroDivisionError), database.session() as session:
        session.add(row("r-1"))
        raise ZeroDivisionError
    assert database.receipt("r-1") is None


def test_a_receipt_is_written_once(url: str) -> None:
    database = Database(url)
    with database.session() as session:
        session.add(row("r-1"))
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(row("r-1"))


def test_a_database_that_cannot_be_opened_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "gristmill.db").write_text("this is no database, and long enough to be read as a header of one" * 9)
    with pytest.raises(StorageError, match="'database'"):
        Database(f"sqlite:///{tmp_path / 'gristmill.db'}")
    with pytest.raises(StorageError, match="'database'"):
        Database(f"sqlite:///{tmp_path / 'nowhere' / 'gristmill.db'}")


def test_sqlite_keeps_its_rollback_journal(url: str, tmp_path: Path) -> None:
    with Database(url).session() as session:
        session.add(row("r-1"))
        session.flush()
        assert not list(tmp_path.glob("*-wal"))
