"""Dates of birth in tables: the word that explains them stands once, at the head of their column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gristmill.corpus.privacy.findings import Kind, PersonalData

__all__ = ["find_birth_columns"]

_HEAD = re.compile(r"(?i)birth|\bd\.?o\.?b\b|geburt|geb\.|naissance|n[ée]e? le")
_DATE = re.compile(r"\b(?:\d{4}-\d\d?-\d\d?|\d\d?[./-]\d\d?[./-](?:\d{4}|\d\d)|\d\d?\.? [^\W\d_]{3,9}\.? \d{4})\b")


def find_birth_columns(text: str) -> Iterator[PersonalData]:
    """Dates below a head that says birth, in the rows of Markdown tables."""
    if "|" not in text or _HEAD.search(text) is None:
        return
    columns: list[int] = []
    at, inside = 0, False
    for line in text.splitlines(keepends=True):
        if not line.lstrip().startswith("|"):
            inside = False
        elif not inside:
            columns, inside = [place for place, cell in enumerate(line.split("|")) if _HEAD.search(cell)], True
        elif columns:
            yield from _dates(line, at, columns)
        at += len(line)


def _dates(line: str, at: int, columns: list[int]) -> Iterator[PersonalData]:
    start = at
    for place, cell in enumerate(line.split("|")):
        if place in columns and (date := _DATE.search(cell)):
            yield PersonalData(Kind.DATE_OF_BIRTH, start + date.start(), start + date.end(), 0.9, "birth-column")
        start += len(cell) + 1
