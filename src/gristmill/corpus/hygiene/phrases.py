"""Finds a run of words in a text whatever markup and punctuation stands between the words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from gristmill.corpus.hygiene.offsets import Span

__all__ = ["Phrases", "words_of"]

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation and markup."""
    return " ".join(_WORD.findall(text)).lower().split()


def _joined(words: list[str]) -> str:
    return f" {' '.join(words)} "


class Phrases:
    """The words of one text, ready for many searches."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _haystack(self) -> str:
        return _joined(words_of(self.text))

    @cached_property
    def _spans(self) -> list[Span]:
        return [Span(*match.span()) for match in _WORD.finditer(self.text)]

    @cached_property
    def _starts(self) -> list[int]:
        """Where each word begins in the haystack."""
        starts, position = [], 1
        for word in words_of(self.text):
            starts.append(position)
            position += len(word) + 1
        return starts

    def __contains__(self, phrase: str) -> bool:
        words = words_of(phrase) if self.text else []
        return bool(words) and _joined(words) in self._haystack

    def count(self, phrase: str) -> int:
        """How often the words of the phrase stand in the text one after another, without overlap."""
        words = words_of(phrase)
        return sum(1 for _ in self._positions(_joined(words))) if words else 0

    def _positions(self, needle: str) -> Iterator[int]:
        position = self._haystack.find(needle)
        while position >= 0:
            yield position
            position = self._haystack.find(needle, position + len(needle) - 1)

    def places(self, phrase: str) -> Iterator[Span]:
        """Where the words of the phrase stand in the text, one after another, in order and without overlap."""
        words = words_of(phrase)
        for position in self._positions(_joined(words)) if words else ():
            first = bisect_left(self._starts, position + 1)
            yield Span(self._spans[first].start, self._spans[first + len(words) - 1].end)
