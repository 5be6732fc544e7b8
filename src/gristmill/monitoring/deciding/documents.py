"""When new, changed and removed documents are taken in: once they have settled, in one run at a time.

A listing is cheap and says nothing of what is in a file; whether anything really changed is the run's business.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gristmill.corpus.sources import File
from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.monitoring.deciding.memory import Decision, Memory

# Copying a folder takes many looks; a run in its middle would be followed by another.
SETTLE_SECONDS = 45.0
# Where somebody writes without end, documents are still taken in.
LONGEST_WAIT_SECONDS = 900.0
# An orchestrator gives a look a minute. What cannot be listed in this time is run for on the clock instead.
LISTING_SECONDS = 20.0
UNLISTED_EVERY_SECONDS = 3_600.0


@dataclass(frozen=True)
class Listing:
    """What was there: a hash of names and stamps, how many files, and whether all were seen in time."""

    hash: str
    files: int
    complete: bool = True


def listed(
    files: Iterable[File], budget: float = LISTING_SECONDS, clock: Callable[[], float] = time.monotonic
) -> Listing:
    """Return what a source holds, as far as the budget of seconds reaches."""
    until, lines = clock() + budget, []
    for file in files:
        lines.append(f"{file.document}\t{file.stamp}\t{file.problem or ''}\t{','.join(file.audience)}")
        if clock() > until:
            return Listing("", len(lines), complete=False)
    return Listing(lines_hash(sorted(lines)), len(lines))


def decide_on_documents(memory: Memory, listing: Listing, now: datetime, *, busy: bool, pace: float = 1.0) -> Decision:
    """Decide whether to take documents in.

    What a run was asked for is not asked for again: a run that fails is retried by whoever runs it, never from here.

    Args:
        memory: of the last look.
        listing: what is there now.
        now: the time.
        busy: a run of the same kind waits or is at work.
        pace: how many times faster than by the clock patience ends.
    """
    if not listing.complete:
        return _on_the_clock(memory, now, busy=busy, pace=pace)
    at = now.isoformat()
    first = memory.seen != listing.hash
    memory = replace(memory, seen=listing.hash, since=at if first else memory.since)
    if listing.hash == memory.handled:
        return Decision(False, f"Nothing changed among {listing.files:,} files.", replace(memory, waiting=""))
    memory = replace(memory, waiting=memory.waiting or at)
    if busy:
        return Decision(False, "A run is at work; what changed meanwhile is taken in after it.", memory)
    settled = memory.seconds_since(memory.since, now) * pace >= SETTLE_SECONDS
    if not settled and memory.seconds_since(memory.waiting, now) * pace < LONGEST_WAIT_SECONDS:
        return Decision(False, f"{listing.files:,} files; waiting until they settle.", memory)
    return _run(memory, listing.hash, f"{listing.files:,} files, and not those of the last run.", now)


def _on_the_clock(memory: Memory, now: datetime, *, busy: bool, pace: float) -> Decision:
    if busy or memory.seconds_since(memory.ran, now) * pace < UNLISTED_EVERY_SECONDS:
        return Decision(False, "Too many files to list in one look; they are taken in once an hour.", memory)
    return _run(memory, memory.handled, "Too many files to list in one look; an hour has passed.", now)


def _run(memory: Memory, handled: str, reason: str, now: datetime) -> Decision:
    remembered = replace(memory, handled=handled, waiting="", ran=now.isoformat())
    # Of what was remembered, not of now: a look that is done again after a crash asks for the same run.
    asked = fingerprint("documents", handled, memory.waiting or memory.ran)[:16]
    return Decision(True, reason, remembered, asked)
