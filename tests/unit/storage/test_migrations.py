"""A database gets today's tables, whatever it had before, once, however many open it, and keeps what it holds."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from gristmill.storage import migrations
from gristmill.storage.database import Database
from gristmill.storage.records import Base, ReceiptRow

# The one table of databases that were made before there were versions.
_BEFORE_VERSIONS = """
CREATE TABLE receipts (
    receipt VARCHAR(40) NOT NULL PRIMARY KEY, at {time} NOT NULL, asker VARCHAR(200) NOT NULL, groups JSON NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL, refused BOOLEAN NOT NULL, release VARCHAR(64) NOT NULL,
    citations JSON NOT NULL, passages JSON NOT NULL, trace JSON NOT NULL, latency_ms FLOAT NOT NULL
);
CREATE INDEX ix_receipts_at ON receipts (at);
CREATE INDEX ix_receipts_release ON receipts (release);
INSERT INTO receipts VALUES
    ('r-old', '2026-01-02 03:04:05', 'ann', '["everyone"]', 'Wann?', 'Um fünf.', FALSE, 'r1', '[]', '[]', '[]', 1.5);
"""


def make_old(url: str) -> None:
    engine = create_engine(url)
    time = "DATETIME" if url.startswith("sqlite") else "TIMESTAMP WITH TIME ZONE"
    groups = '"groups"' if not url.startswith("sqlite") else "groups"
    with engine.begin() as connection:
        for statement in _BEFORE_VERSIONS.format(time=time).replace(" groups ", f" {groups} ").split(";"):
            if statement.strip():
                connection.execute(text(statement))
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def test_an_empty_database_gets_the_tables_that_are_declared(empty: str) -> None:
    Database(empty).close()
    assert differences(create_engine(empty)) == []


def test_a_database_from_before_versions_gets_the_rest_and_keeps_its_rows(empty: str) -> None:
    make_old(empty)
    database = Database(empty)
    found = database.receipt("r-old")
    assert found is not None
    assert (found.question, found.answer, found.groups) == ("Wann?", "Um fünf.", ["everyone"])
    assert differences(create_engine(empty)) == []


def test_opening_again_changes_nothing_and_does_not_load_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gristmill.db'}"
    Database(url).close()
    code = (
        "import sys; from gristmill.storage.database import Database; "
        f"Database({url!r}); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_many_that_open_an_empty_database_at_once_all_find_it_whole(empty: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda _: Database(empty), range(8)))
    assert differences(create_engine(empty)) == []
    for number, database in enumerate(opened):
        with database.session() as session:
            session.add(receipt(f"r-{number}"))
    assert opened[0].receipt("r-7") is not None


@pytest.mark.parametrize("broken", ["people", "audit_events"])
def test_a_step_that_fails_leaves_the_database_as_it_was(empty: str, broken: str) -> None:
    make_old(empty)
    engine = create_engine(empty)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {broken} (other INTEGER)"))
    with pytest.raises(Exception, match="exist"):
        Database(empty)
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {broken}"))
        assert not migrations.is_current(connection)
    assert Database(empty).receipt("r-old") is not None
    assert differences(engine) == []


def test_the_steps_are_one_line_that_ends_at_the_head() -> None:
    folder = Path(migrations.__file__).parent
    config = Config()
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def receipt(name: str) -> ReceiptRow:
    return ReceiptRow(
        receipt=name, at=datetime(2026, 1, 2, tzinfo=UTC), asker="ann", groups=["everyone"], question="?", answer="!",
        refused=False, release="r1", citations=[], passages=[], trace=[], latency_ms=1.0,
    )  # fmt: skip
