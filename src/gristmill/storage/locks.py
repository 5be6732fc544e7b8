"""One writer at a time on one machine, by a lock that the kernel drops when its process dies.

A lock file that merely exists would outlive a `kill -9`; an flock does not.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gristmill.errors import BusyError


@contextmanager
def exclusive(path: Path, purpose: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock `path` for the length of the block; `wait` for it instead of failing at once.

    Raises:
        BusyError: another process holds it; the message says which, and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(_who(descriptor), "Wait for it to end, or stop it.") from None
        _sign(descriptor, purpose)
        yield
    finally:
        os.close(descriptor)


def _sign(descriptor: int, purpose: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "purpose": purpose, "since": since}).encode(), 0)


def _who(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return f"Process {holder['pid']} is already at work ({holder['purpose']}, since {holder['since']})."
    except (ValueError, KeyError, TypeError):
        return "Another process is already at work."
