"""What can become of a document that is parsed, and which of it is worth trying again."""

from __future__ import annotations

from enum import Enum


class Outcome(str, Enum):
    """The result of parsing one document."""

    PARSED = "parsed"
    EMPTY = "empty"
    LOCKED = "locked"
    DAMAGED = "damaged"
    TOO_LARGE = "too large"
    NEEDS_OCR = "needs ocr"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"

    __str__ = str.__str__

    @property
    def may_pass(self) -> bool:
        """Whether another try may end otherwise, because the machine and not the document may be the cause."""
        return self in {Outcome.TIMED_OUT, Outcome.CRASHED, Outcome.UNREADABLE}
