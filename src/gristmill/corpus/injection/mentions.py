"""Whether a passage is an injection or speaks about one.

A security handbook quotes attacks. A quotation or a section that names the subject is a mention: it may be flagged and
is never quarantined for that alone. An attacker can use this to be flagged only; that is the price, and is documented.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

_SUBJECTS = (
    "injection",
    "injektion",
    "jailbreak",
    "adversar",
    "attack",
    "red team",
    "red-team",
    "angreifer",
    "angriff",
    "attaqu",
)
_SUBJECT = re.compile(
    r"\b(?:prompt[ -]?inje[ck]tion|injection (?:de |d')?prompt|injection attack|jailbreak(?:s|ing)?\b|adversarial|"
    r"red[ -]team|attack(?:er|s|ers)?\b(?!@)|angreifer|angriff|attaqu(?:e|ant))"
)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_QUOTES = ('"', "`")


def discusses_injection(folded: str) -> bool:
    """Whether a section names injection, attackers or jailbreaks."""
    return any(subject in folded for subject in _SUBJECTS) and _SUBJECT.search(folded) is not None


def is_quoted(folded: str, start: int) -> bool:
    """Whether a position stands inside quotation marks or a code span opened on the same line."""
    line_start = folded.rfind("\n", 0, start) + 1
    return any(folded.count(mark, line_start, start) % 2 for mark in _QUOTES)


class Fences:
    """Where the fenced code blocks of a document are."""

    def __init__(self, text: str) -> None:
        marks = [match.start() for match in _FENCE.finditer(text)] if "```" in text or "~~~" in text else []
        # A fence that is never closed is no code block: else one stray mark would excuse the rest of the document.
        self._marks: Sequence[int] = marks[: len(marks) // 2 * 2]

    def hold(self, position: int) -> bool:
        """Whether a position is inside a code block."""
        return bisect_right(self._marks, position) % 2 == 1
