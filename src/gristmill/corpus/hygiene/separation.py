"""Takes hidden text that the parser let through out of the parsed text, and says where it stood."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gristmill.corpus.hygiene.hidden_kinds import CONCEALED, Hidden, HiddenKind
from gristmill.corpus.hygiene.offsets import IDENTITY, Edit, OffsetMap, Span, apply_edits
from gristmill.corpus.hygiene.phrases import Phrases

__all__ = ["HiddenSpan", "Separated", "remove_hidden"]

_WORD = re.compile(r"[^\W_]")


class HiddenSpan(NamedTuple):
    """Where a hidden text stood in the text before removal."""

    start: int
    end: int
    kind: HiddenKind


@dataclass(frozen=True, slots=True)
class Separated:
    """The visible text, and the spans of the given text that were taken out."""

    text: str
    removed: tuple[HiddenSpan, ...] = ()
    offsets: OffsetMap = IDENTITY


def remove_hidden(text: str, hidden: Iterable[Hidden], kinds: Collection[HiddenKind] = CONCEALED) -> Separated:
    """The parsed text without the hidden texts of these kinds.

    What the file also shows openly stays as often as it is shown; where both stand in the output, an occurrence goes
    that fills its line, so no visible sentence loses words.
    """
    phrases, spans = Phrases(text), []
    for found in hidden:
        if found.kind in kinds and found.text in phrases:
            spans += [HiddenSpan(*span, found.kind) for span in _occurrences(text, phrases, found)]
    merged = tuple(_merged(spans))
    clean, offsets = apply_edits(text, (Edit(start, end, "", kind.value) for start, end, kind in merged))
    return Separated(clean, merged, offsets)


def _occurrences(text: str, phrases: Phrases, hidden: Hidden) -> list[Span]:
    places = list(phrases.places(hidden.text))
    leaked = min(hidden.times, len(places) - hidden.shown)
    if leaked < len(places):
        places = [place for place in places if _fills_its_line(text, place)][: max(0, leaked)]
    return [_with_its_markup(text, place) for place in places]


def _line_of(text: str, span: Span) -> Span:
    end = text.find("\n", span.end)
    return Span(text.rfind("\n", 0, span.start) + 1, len(text) if end < 0 else end)


def _fills_its_line(text: str, span: Span) -> bool:
    line = _line_of(text, span)
    return not _WORD.search(text, line.start, span.start) and not _WORD.search(text, span.end, line.end)


def _with_its_markup(text: str, span: Span) -> Span:
    """The span with the signs around it, up to the ends of the line where nothing else stands there."""
    line = _line_of(text, span)
    start = span.start if _WORD.search(text, line.start, span.start) else line.start
    end = span.end if _WORD.search(text, span.end, line.end) else line.end
    return Span(start, end)


def _merged(spans: list[HiddenSpan]) -> Iterator[HiddenSpan]:
    reached = 0
    for span in sorted(spans):
        if span.end > reached:
            yield span._replace(start=max(span.start, reached))
            reached = span.end
