"""When to look for drift again: when enough came to say something new, and not more often than once an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gristmill.fingerprint import fingerprint
from gristmill.monitoring.deciding.memory import Decision, Memory
from gristmill.monitoring.drift.shift import LEAST

LOOK_EVERY_SECONDS = 3_600.0


def decide_on_looking(
    memory: Memory, release: str, came: int, now: datetime, *, busy: bool, pace: float = 1.0
) -> Decision:
    """Decide whether to look for drift.

    Args:
        memory: of the last look; `handled` holds the release and how much had come.
        release: the one in force; another one has another reference.
        came: documents and questions that ever came.
        now: the time.
        busy: a look waits or is at work.
        pace: how many times faster than by the clock an hour passes.
    """
    known, _, count = memory.handled.partition(" ")
    new = came - int(count or 0)
    if busy:
        return Decision(False, "A look is at work.", memory)
    if known == release and new < LEAST:
        return Decision(False, f"{max(0, new)} came since the last look; {LEAST} are needed to say something.", memory)
    if memory.seconds_since(memory.ran, now) * pace < LOOK_EVERY_SECONDS:
        return Decision(False, "The last look is less than an hour old.", memory)
    handled = f"{release} {came}"
    remembered = replace(memory, handled=handled, ran=now.isoformat())
    reason = f"{new} came since the last look." if known == release else f"Release {release} is in force now."
    return Decision(True, reason, remembered, fingerprint("drift", handled)[:16])
