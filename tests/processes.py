"""Looking at the processes of this machine, as tests of crashes must."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE_SECONDS = 60


def children(parent: int) -> set[int]:
    """Return the living children of a process."""
    found = set()
    for folder in Path("/proc").iterdir():
        fields = _fields(int(folder.name)) if folder.name.isdigit() else None
        if fields is not None and fields[0] != "Z" and int(fields[1]) == parent:
            found.add(int(folder.name))
    return found


def is_alive(process: int) -> bool:
    """Say whether a process exists and is more than a zombie."""
    fields = _fields(process)
    return fields is not None and fields[0] != "Z"


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; far longer than it ever takes is a failure."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def _fields(process: int) -> list[str] | None:
    """Return state, parent and the rest of /proc/PID/stat; the name before them may hold anything."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
