"""The operational database: SQLite by default, PostgreSQL by one setting, through SQLAlchemy.

Here stands what happens while people use the system: receipts today. Tables are made when they are missing. SQLite
keeps its rollback journal, because the write-ahead log of the SQLite that Python 3.11 ships can lose a write (fixed in
3.51.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gristmill.errors import StorageError
from gristmill.storage.records import Base, ReceiptRow

_BUSY_SECONDS = 30


class Database:
    """Sessions on the operational database."""

    def __init__(self, url: str) -> None:
        options = {"timeout": _BUSY_SECONDS} if url.startswith("sqlite") else {}
        self._engine = create_engine(url, connect_args=options)
        if url.startswith("sqlite"):
            event.listen(self._engine, "connect", _durable)
        try:
            Base.metadata.create_all(self._engine)
        except SQLAlchemyError as error:
            raise StorageError(
                f"The database cannot be opened: {error}.", "Check 'database' in the settings."
            ) from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Yield a session that is committed at the end of the block, or rolled back when it raises."""
        with Session(self._engine) as session, session.begin():
            yield session

    def receipt(self, receipt: str) -> ReceiptRow | None:
        """Return a receipt by its id."""
        with Session(self._engine, expire_on_commit=False) as session:
            return session.scalar(select(ReceiptRow).where(ReceiptRow.receipt == receipt))


def _durable(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=DELETE")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
