"""How much people count: absolute caps, no trust in who invents, and one voice for those who always speak together.

None of it depends on what the majority says: a hundred accounts of one person agree with each other perfectly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from gristmill.learning.court.findings import Finding
from gristmill.learning.court.pieces import Piece
from gristmill.settings import LearningSettings

# So few corrections tell nothing about who makes them.
_LEAST_TOLD = 3


@dataclass(frozen=True)
class Heard:
    """What each person counts for."""

    over_cap: frozenset[str]  # pieces
    repeated: frozenset[str]  # pieces; a later one of the same person on the same question stands
    untrusted: Mapping[str, str]  # people, and why
    voice: Mapping[str, str]  # of each person the voice that they are part of


def hear(
    pieces: Sequence[Piece], findings: Mapping[str, Finding], clusters: Mapping[str, str], settings: LearningSettings
) -> Heard:
    """Return what the people behind `pieces` (oldest first) count for.

    Args:
        pieces: all feedback.
        findings: what is known of each piece, by its id.
        clusters: the cluster of each question.
        settings: the caps.
    """
    over, counted = _capped(pieces, settings.per_day)
    latest = {(piece.author.name, clusters[piece.question]): piece.feedback for piece in counted}
    repeated = frozenset(p.feedback for p in counted if latest[p.author.name, clusters[p.question]] != p.feedback)
    # What was cut off by the cap shows what somebody is like all the same.
    untrusted = _untrusted(pieces, findings, settings.trust)
    return Heard(over, repeated, untrusted, _voices(pieces, findings, clusters, settings))


def _capped(pieces: Sequence[Piece], most: int) -> tuple[frozenset[str], list[Piece]]:
    said: Counter[tuple[str, str]] = Counter()
    over, counted = [], []
    for piece in pieces:
        day = (piece.author.name, f"{piece.at:%Y-%m-%d}")
        said[day] += 1
        if said[day] > most and not piece.author.reviews:
            over.append(piece.feedback)
        else:
            counted.append(piece)
    return frozenset(over), counted


def _untrusted(pieces: Sequence[Piece], findings: Mapping[str, Finding], least: float) -> dict[str, str]:
    carried: Counter[str] = Counter()
    invented: Counter[str] = Counter()
    for piece in pieces:
        finding = findings[piece.feedback]
        if piece.correction and not piece.author.reviews:
            carried[piece.author.name] += finding.claims
            invented[piece.author.name] += finding.refuted
    found = {}
    for name, bad in invented.items():
        told = carried[name] + bad
        if told >= _LEAST_TOLD and carried[name] < least * told:
            found[name] = f"No document carries {bad} of the {told} corrections of this person."
    return found


def _voices(
    pieces: Sequence[Piece], findings: Mapping[str, Finding], clusters: Mapping[str, str], settings: LearningSettings
) -> dict[str, str]:
    """Return the voice of each person: their own name, or the first name of those who judge the same things alike."""
    judged: dict[str, set[tuple[str, str]]] = defaultdict(set)
    reviewers = set()
    for piece in pieces:
        judged[piece.author.name].add((clusters[piece.question], _stance(piece, findings[piece.feedback])))
        if piece.author.reviews:
            reviewers.add(piece.author.name)
    parent = {name: name for name in sorted(judged)}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for one, other in combinations(sorted(judged.keys() - reviewers), 2):
        common = len(judged[one] & judged[other])
        smaller = min(len(judged[one]), len(judged[other]))
        if common >= settings.shared and common >= settings.overlap * smaller:
            low, high = sorted((root(one), root(other)))
            parent[high] = low
    return {name: root(name) for name in parent}


def _stance(piece: Piece, finding: Finding) -> str:
    if piece.correction:
        return f"{piece.rating} {' '.join(piece.correction.casefold().split())}"
    return str(piece.rating)
