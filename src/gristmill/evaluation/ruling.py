"""What a gate can say of a candidate."""

from __future__ import annotations

from enum import Enum


class Outcome(str, Enum):
    """What the gate can say."""

    PROMOTE = "promote"
    REJECT = "reject"
    INSUFFICIENT = "insufficient evidence"

    __str__ = str.__str__
