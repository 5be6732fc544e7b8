"""The time of day, as a function that tests replace by a clock of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now_utc() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)
