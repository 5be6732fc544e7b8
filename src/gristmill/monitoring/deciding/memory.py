"""What is remembered from one look to the next, as the text that an orchestrator keeps as a cursor; and a decision."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True)
class Memory:
    """What one watcher remembers. Damaged or of an older version, it is as if nothing was remembered."""

    handled: str = ""  # what the last run was asked for
    seen: str = ""  # what was there at the last look
    since: str = ""  # when that was first seen, ISO 8601
    waiting: str = ""  # when something unhandled was first seen
    ran: str = ""  # when the last run was asked for

    def text(self) -> str:
        """Return it as a cursor."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, cursor: str | None) -> Memory:
        """Return what a cursor holds."""
        try:
            return cls(**json.loads(cursor or "{}"))
        except (ValueError, TypeError):
            return cls()

    def seconds_since(self, when: str, now: datetime) -> float:
        """Return how long ago a remembered time is; of one that is not remembered, for ever."""
        return (now - datetime.fromisoformat(when)).total_seconds() if when else float("inf")


@dataclass(frozen=True)
class Decision:
    """Whether something is to run, why or why not, and what to remember."""

    run: bool
    reason: str
    memory: Memory
    key: str = ""  # equal keys ask for the same run
