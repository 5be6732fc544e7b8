"""What was found and where. The kinds, the span, and the rule for spans that overlap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

__all__ = ["Kind", "PersonalData", "without_overlaps"]


class Kind(str, Enum):
    """A kind of personal data, or a secret. PLACE to URL only point at a person, and are found only when asked for."""

    PERSON = "PERSON"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    NATIONAL_ID = "NATIONAL_ID"
    PASSPORT = "PASSPORT"
    DRIVING_LICENCE = "DRIVING_LICENCE"
    IBAN = "IBAN"
    CREDIT_CARD = "CREDIT_CARD"
    IP_ADDRESS = "IP_ADDRESS"
    PLACE = "PLACE"
    ORGANISATION = "ORGANISATION"
    DATE = "DATE"
    URL = "URL"
    SECRET = "SECRET"  # noqa: S105  the name of a kind


@dataclass(frozen=True, slots=True)
class PersonalData:
    """One span of a text, in characters, with the certainty (0 to 1) and the name of the rule that found it."""

    kind: Kind
    start: int
    end: int
    score: float
    detector: str


def without_overlaps(findings: Iterable[PersonalData]) -> list[PersonalData]:
    """The findings in order of place; of two that overlap the more certain stays, and of equals the longer."""
    kept: list[PersonalData] = []
    for finding in sorted(findings, key=_importance):
        place = bisect_left(kept, finding.end, key=lambda other: other.start)
        if place == 0 or kept[place - 1].end <= finding.start:
            kept.insert(place, finding)
    return kept


def _importance(finding: PersonalData) -> tuple[float, int, int]:
    return -finding.score, finding.start - finding.end, finding.start
