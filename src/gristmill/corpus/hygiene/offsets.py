"""Maps between offsets of a text before and after edits.

Only edits that change the length are kept, as four sorted arrays of integers per layer; what an edit means does not
belong here.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["IDENTITY", "Edit", "OffsetMap", "Span", "apply_edits"]


class Span(NamedTuple):
    """A half-open range of characters."""

    start: int
    end: int


class Edit(NamedTuple):
    """One replacement: the characters `start` to `end` of the text before become `replacement`."""

    start: int
    end: int
    replacement: str
    kind: str


def _positions() -> array[int]:
    return array("q")


@dataclass(frozen=True, slots=True)
class _Layer:
    """The edits of one pass, sorted, as parallel arrays."""

    before_start: array[int] = field(default_factory=_positions)
    before_end: array[int] = field(default_factory=_positions)
    after_start: array[int] = field(default_factory=_positions)
    after_end: array[int] = field(default_factory=_positions)

    def add(self, edit: Edit, after_start: int) -> None:
        self.before_start.append(edit.start)
        self.before_end.append(edit.end)
        self.after_start.append(after_start)
        self.after_end.append(after_start + len(edit.replacement))

    def backward(self, offset: int) -> int:
        return _across(offset, self.after_start, self.after_end, self.before_start, self.before_end)

    def forward(self, offset: int) -> int:
        return _across(offset, self.before_start, self.before_end, self.after_start, self.after_end)


def _across(offset: int, start: array[int], end: array[int], other_start: array[int], other_end: array[int]) -> int:
    nearest = bisect_right(start, offset) - 1
    if nearest < 0:
        return offset
    if offset < end[nearest]:
        return other_start[nearest]
    return other_end[nearest] + offset - end[nearest]


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Offsets of a clean text and of its original, either way; an offset inside an edit maps to the edit's start."""

    layers: tuple[_Layer, ...] = ()

    def to_original(self, offset: int) -> int:
        """The offset in the original of the character at `offset` of the clean text."""
        for layer in reversed(self.layers):
            offset = layer.backward(offset)
        return offset

    def to_clean(self, offset: int) -> int:
        """The offset in the clean text of the character at `offset` of the original."""
        for layer in self.layers:
            offset = layer.forward(offset)
        return offset

    def original_span(self, span: Span) -> Span:
        """The original characters that a non-empty span of the clean text came from, nothing removed after it."""
        start, last = self.to_original(span.start), self.to_original(span.end - 1)
        following = self.to_original(span.end)
        end = last + 1
        while end < following and self.to_clean(end) < span.end:
            end += 1
        return Span(start, end)

    def then(self, other: OffsetMap) -> OffsetMap:
        """This map followed by the map of a later cleaning of the same text."""
        return OffsetMap(self.layers + other.layers)


IDENTITY = OffsetMap()


def apply_edits(text: str, edits: Iterable[Edit]) -> tuple[str, OffsetMap]:
    """The text after sorted edits that do not overlap, and the map between both."""
    pieces: list[str] = []
    layer, copied, length, any_edit = _Layer(), 0, 0, False
    for edit in edits:
        any_edit = True
        pieces += (text[copied : edit.start], edit.replacement)
        length += edit.start - copied
        if len(edit.replacement) != edit.end - edit.start:
            layer.add(edit, length)
        length += len(edit.replacement)
        copied = edit.end
    if not any_edit:
        return text, IDENTITY
    return "".join((*pieces, text[copied:])), OffsetMap((layer,) if layer.before_start else ())
