"""The operational database: SQLite by default, PostgreSQL by one setting, through SQLAlchemy.

Here stands what happens while people use the system. Its tables are brought up to date when it is opened. SQLite keeps
its rollback journal, because the write-ahead log of the SQLite that Python 3.11 ships can lose a write (fixed in
3.51.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gristmill.errors import StorageError
from gristmill.storage.migrations import is_current, migrate
from gristmill.storage.records import ReceiptRow

_BUSY_SECONDS = 30
_WRITES = "gristmill_writes"
# Two numbers of our own, by which PostgreSQL knows what is locked until the transaction ends.
_MIGRATING, _IN_TURN = 0x677269737401, 0x677269737402


class Database:
    """Sessions on the operational database."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        try:
            self._bring_up_to_date()
        except SQLAlchemyError as error:
            raise StorageError(
                f"The database cannot be opened: {error}.", "Check 'database' in the settings."
            ) from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Yield a session that is committed at the end of the block, or rolled back when it raises."""
        with Session(self._writer) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that only reads; the rows it returns can be used after the block."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    def receipt(self, receipt: str) -> ReceiptRow | None:
        """Return a receipt by its id."""
        with self.reading() as session:
            return session.scalar(select(ReceiptRow).where(ReceiptRow.receipt == receipt))

    def close(self) -> None:
        """Close all connections; the next session opens new ones."""
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        with self._engine.connect() as connection:
            if is_current(connection):
                return
        with self._writer.begin() as connection:
            _wait_in_line(connection, _MIGRATING)
            if not is_current(connection):
                migrate(connection)


def one_at_a_time(session: Session) -> None:
    """Let no other session that calls this go on before this one's transaction ends.

    A session of SQLite that writes is alone from its beginning.
    """
    _wait_in_line(session.connection(), _IN_TURN)


def _wait_in_line(connection: Connection, number: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    # What follows is a path to the end: a question mark in it begins no options.
    file = URL.create("sqlite", database=url.partition("///")[2] or None)
    engine = create_engine(file, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _durable)
    event.listen(engine, "begin", _begin)
    return engine


def _durable(connection: object, _record: object) -> None:
    # Python's driver would begin transactions by itself, later than they are meant to.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=DELETE")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and then wants to write can meet another that does the same, and neither can wait.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
