"""What every strategy works with: the interface of a cutter, and a ruler that measures spans in tokens.

How a particular strategy finds its boundaries stands in a module of its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tokenizers import Tokenizer


# Where a text is cut: spans (start, end) in order, that do not overlap. Gaps between them are blanks.
Cuts = list[tuple[int, int]]


class Cutter(Protocol):
    """A strategy: decides where to cut a text."""

    def cut(self, text: str) -> Cuts:
        """Return spans in order and apart, that together hold every word of the text."""
        ...


class TokenRuler:
    """Measures spans of one text in tokens, after reading it once.

    Exact for spans that begin and end between words. One that begins inside a word may have a few tokens more.
    """

    def __init__(self, text: str, tokenizer: Tokenizer) -> None:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        offsets, words = encoding.offsets, encoding.word_ids  # each access makes a new list
        self._starts = [start for start, _ in offsets]
        self._words = [
            start for start, word, before in zip(self._starts, words, [None, *words], strict=False) if word != before
        ]

    def tokens(self, start: int, end: int) -> int:
        """Return how many tokens `text[start:end]` has."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def words(self) -> Sequence[int]:
        """Return where each word, or mark, begins."""
        return self._words


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without blanks at its ends; empty at `start` when there is nothing else."""
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return start, start
    begin = start + len(piece) - len(piece.lstrip())
    return begin, begin + len(stripped)


def packed(parts: Iterable[tuple[int, int]], ruler: TokenRuler, limit: int) -> Iterator[tuple[int, int]]:
    """Yield the parts joined, in order, into spans of at most `limit` tokens and of about the same size.

    Filling each span to its limit would leave a crumb at the end of every section, which means nothing alone.
    """
    listed = list(parts)
    if not listed:
        return
    total = ruler.tokens(listed[0][0], listed[-1][1])
    share = total / max(1, -(-total // limit))
    start, end = listed[0]
    for part_start, part_end in listed[1:]:
        filled, grown = ruler.tokens(start, end), ruler.tokens(start, part_end)
        if grown > limit or (filled >= 0.6 * share and grown - share > share - filled):
            yield start, end
            start = part_start
        end = part_end
    yield start, end
