"""Whether capital letters mean something in a text: in a chat message without any, they do not."""

from __future__ import annotations

__all__ = ["CAPITAL", "lacks_capitals"]

CAPITAL = "A-ZÀ-ÖØ-ÞĀ-ŽȘȚΑ-ΩА-Я"  # for a character class; Latin, Greek, Cyrillic
LONGEST_WITHOUT = 2_000  # a longer text without capitals comes from a machine: its names cannot be told apart


def lacks_capitals(text: str) -> bool:
    """A short text with letters, all of them small."""
    return len(text) < LONGEST_WITHOUT and text.islower()
