"""From cuts to chunks: sizes that the encoder reads to the end, context, and the parent that a chunk belongs to.

Where a text is cut is a strategy's business. A chunk is embedded and searched with its context (title, heading path,
and the header row when it begins inside a table), because a row of figures means nothing alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gristmill.errors import SettingsError
from gristmill.search.chunkers.counting import TokenCounter
from gristmill.search.chunkers.cutting import Cuts, Cutter
from gristmill.search.chunkers.recursive import RecursiveCutter
from gristmill.search.outline import Outline
from gristmill.settings import ChunkerSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Span:
    """One chunk of a text: `text[start:end]`, with what it means alone.

    `parent_start` and `parent_end` are the run of chunks of one section that it belongs to, to be read around it.
    """

    start: int
    end: int
    headings: tuple[str, ...]
    context: str
    tokens: int
    parent_start: int
    parent_end: int


class Chunker:
    """Cuts texts by one strategy into spans that the encoder reads to their end, context included."""

    def __init__(
        self, settings: ChunkerSettings, tokenizer: Tokenizer, window: int, cutter: Cutter | None = None
    ) -> None:
        self._special = tokenizer.num_special_tokens_to_add(is_pair=False)
        if settings.tokens + settings.context_tokens + self._special > window:
            raise SettingsError(
                f"Chunks of {settings.tokens} tokens with {settings.context_tokens} of context and {self._special} of "
                f"the encoder's own exceed its window of {window}; it would cut the rest off silently.",
                "Make 'tokens' or 'context_tokens' below [chunker] smaller.",
            )
        self._settings = settings
        self._tokenizer = tokenizer
        self._counter = TokenCounter(tokenizer)
        self._fine = RecursiveCutter(tokenizer, settings.tokens, markdown=True)
        self._cutter = cutter or self._fine

    def spans(self, text: str, title: str) -> list[Span]:
        """Return the chunks of a text, in order; `text[span.start:span.end]` is each one's text."""
        outline = Outline(text)
        cuts = [cut for cut in self._small_enough(text, self._cutter.cut(text)) if says_something(text[slice(*cut)])]
        sizes = self._counter.counts([text[start:end] for start, end in cuts])
        spans = [
            self._span(text, title, start, end, size, outline)
            for (start, end), size in zip(cuts, sizes, strict=True)
        ]  # fmt: skip
        return list(_with_parents(spans, self._settings.parent_tokens))

    def _small_enough(self, text: str, cuts: Cuts) -> Cuts:
        """Cut what a strategy left too large: a word without end, or a span that began inside a word."""
        checked: Cuts = []
        sizes = self._counter.counts([text[start:end] for start, end in cuts])
        for (start, end), size in zip(cuts, sizes, strict=True):
            if size <= self._settings.tokens:
                checked.append((start, end))
            else:
                checked += [(start + a, start + b) for a, b in self._fine.cut(text[start:end])]
        return checked

    def _span(self, text: str, title: str, start: int, end: int, tokens: int, outline: Outline) -> Span:
        piece, headings = text[start:end], outline.path_at(start)
        header = outline.header_at(start)
        above = [name for name in (title, *headings) if name and name not in piece]
        lines = [" > ".join(dict.fromkeys(above)), header]
        context = self._shortened("\n".join(line for line in lines if line))
        return Span(start, end, headings, context, tokens + self._special, start, end)

    def _shortened(self, context: str) -> str:
        most = self._settings.context_tokens
        encoding = self._tokenizer.encode(context, add_special_tokens=False)
        if len(encoding.ids) <= most:
            return context
        return context[: encoding.offsets[most - 1][1]] if most else ""


def _with_parents(spans: Sequence[Span], most_tokens: int) -> Iterator[Span]:
    """Yield the spans with the run of neighbours under the same headings that they are in, up to a size."""
    group: list[Span] = []
    for span in [*spans, None]:
        full = span is not None and sum(s.tokens for s in group) + span.tokens > most_tokens
        if group and (span is None or full or span.headings != group[0].headings):
            yield from (replace(s, parent_start=group[0].start, parent_end=group[-1].end) for s in group)
            group = []
        if span is not None:
            group.append(span)


def says_something(piece: str) -> bool:
    """Say whether a piece is more than headings, which the following chunks carry as their path, and marks."""
    lines = (line for line in piece.splitlines() if not line.lstrip().startswith("#"))
    return any(character.isalnum() for line in lines for character in line)
