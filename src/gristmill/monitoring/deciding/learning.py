"""When there is enough feedback to learn from: so many, so large a share, and so old that others saw it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gristmill.fingerprint import fingerprint
from gristmill.monitoring.deciding.memory import Decision, Memory

# Fewer teach nothing that the noise of one person's taste does not.
LEAST_CONFIRMED = 50
# Of all that was said: where nearly everything is unconfirmed, somebody should judge before anything is learnt.
LEAST_SHARE = 0.2
# A burst may be one person's campaign; a day lets others see it.
LEAST_AGE_SECONDS = 86_400.0


@dataclass(frozen=True)
class FeedbackStanding:
    """What was said of answers so far."""

    given: int
    confirmed: int  # by two people who agree, or by somebody who judges feedback
    oldest: datetime | None  # of what was confirmed and not learnt from yet


def decide_on_feedback(
    memory: Memory, standing: FeedbackStanding, now: datetime, *, busy: bool, pace: float = 1.0
) -> Decision:
    """Decide whether to learn from feedback. `handled` remembers how many were confirmed at the last time.

    Args:
        memory: of the last look.
        standing: what was said so far.
        now: the time.
        busy: learning waits or is at work.
        pace: how many times faster than by the clock feedback ages.
    """
    new = standing.confirmed - int(memory.handled or 0)
    age = 0.0 if standing.oldest is None else (now - standing.oldest).total_seconds() * pace
    share = standing.confirmed / max(1, standing.given)
    if busy:
        return Decision(False, "Learning is at work.", memory)
    if new < LEAST_CONFIRMED:
        return Decision(False, f"{max(0, new)} of {LEAST_CONFIRMED} confirmed pieces of feedback.", memory)
    if share < LEAST_SHARE:
        return Decision(False, f"Only {share:.0%} of the feedback is confirmed; {LEAST_SHARE:.0%} are needed.", memory)
    if age < LEAST_AGE_SECONDS:
        return Decision(False, "The feedback is younger than a day.", memory)
    remembered = replace(memory, handled=str(standing.confirmed), ran=now.isoformat())
    reason = f"{new} pieces of feedback were confirmed since the last time."
    return Decision(True, reason, remembered, fingerprint("feedback", standing.confirmed)[:16])
