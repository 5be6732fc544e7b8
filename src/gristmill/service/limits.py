"""What one identity may ask of the service: requests in a minute, answers in a day, the size and time of a request.

Requests are counted for all processes of one machine, in a small file that may be lost; answers are counted from their
receipts. Failed attempts to show who one is are counted by network address.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from threading import Lock

from sqlalchemy import func, select, text

from gristmill.service.problems import ProblemError
from gristmill.settings import LimitSettings
from gristmill.storage.database import Database
from gristmill.storage.records import ReceiptDetailRow, ReceiptRow

_MINUTE = 60
_BUSY_SECONDS = 5


class Limits:
    """How much each identity asked for lately, against what the settings allow."""

    def __init__(
        self, settings: LimitSettings, database: Database, file: Path, now: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._database = database
        self._now = now
        file.parent.mkdir(parents=True, exist_ok=True)
        self._counts = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        # Counts are worth nothing after a minute: nothing is synced to the disk for them.
        self._counts.execute("PRAGMA synchronous=OFF")
        self._counts.execute("PRAGMA journal_mode=MEMORY")
        self._counts.execute(
            "CREATE TABLE IF NOT EXISTS counts (who TEXT, minute INTEGER, n INTEGER, PRIMARY KEY (who, minute))"
        )
        self._lock = Lock()

    def request(self, person: str) -> None:
        """Count a request of a person.

        Raises:
            ProblemError: it is one too many in this minute.
        """
        if self._count(f"person {person}") > self._settings.per_minute:
            raise self._too_many(f"More than {self._settings.per_minute} requests in a minute.")

    def failure(self, address: str) -> None:
        """Count a failed attempt to show who one is, from an address.

        Raises:
            ProblemError: it is one too many in this minute; it need not be recorded any more.
        """
        if self._count(f"address {address}") > self._settings.failures_per_minute:
            raise self._too_many("Too many keys from this address were not valid.")

    def question(self, person: str) -> None:
        """Let a person have one more answer today.

        Raises:
            ProblemError: they had as many as a day allows, or these cost as much.
        """
        midnight = datetime.fromtimestamp(self._now(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        theirs = (ReceiptRow.asker == person, ReceiptRow.at >= midnight)
        # Both are answered from indexes, however many answers somebody had today.
        mine = select(ReceiptRow.receipt).where(ReceiptRow.receipt == ReceiptDetailRow.receipt, *theirs).exists()
        priced = select(func.coalesce(func.sum(ReceiptDetailRow.cost), 0.0))
        priced = priced.where(ReceiptDetailRow.at >= midnight, ReceiptDetailRow.cost > text("0"), mine)
        with self._database.reading() as session:
            had = session.scalar(select(func.count()).select_from(ReceiptRow).where(*theirs)) or 0
            cost = float(session.scalar(priced) or 0.0)
        allowed = None
        if had >= self._settings.questions_per_day:
            allowed = f"You had the {self._settings.questions_per_day} answers that one day allows."
        elif cost > self._settings.cost_per_day:
            allowed = f"Your answers cost {cost:.2f} today; a day allows {self._settings.cost_per_day:.2f}."
        if allowed is not None:
            seconds = int(midnight.timestamp() + 24 * 3600 - self._now()) + 1
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                allowed,
                "Ask again tomorrow, or ask an admin for more.",
                {"Retry-After": str(seconds)},
            )

    def close(self) -> None:
        """Close the file of counts."""
        self._counts.close()

    def _count(self, who: str) -> int:
        minute = int(self._now() // _MINUTE)
        with self._lock:
            self._counts.execute("DELETE FROM counts WHERE minute < ?", (minute,))
            sql = "INSERT INTO counts VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n"
            return int(self._counts.execute(sql, (who, minute)).fetchone()[0])

    def _too_many(self, detail: str) -> ProblemError:
        seconds = _MINUTE - int(self._now()) % _MINUTE
        return ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS, detail, f"Wait {seconds} s.", {"Retry-After": str(seconds)}
        )  # fmt: skip
