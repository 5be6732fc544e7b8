"""Counting the tokens of pieces of text, many times over, without reading the same words again and again.

A tokenizer of the BERT family reads each run of letters between blanks by itself, so a piece has as many tokens as its
words have together, and a corpus says the same words over and over. Any other tokenizer is asked about each piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer


_MOST_WORDS = 200_000  # that are remembered; some 20 MB
# Blanks to Python that are no blanks to such a tokenizer, which drops them: what they stand between is one word.
_DROPPED = tuple("\x0b\x0c\x1c\x1d\x1e\x1f\x85")


class TokenCounter:
    """Counts the tokens that a tokenizer makes of pieces of text, special tokens not included."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._words: dict[str, int] | None = {} if _reads_words_alone(tokenizer) else None

    def count(self, piece: str) -> int:
        """Return how many tokens a piece of text has."""
        if self._words is None or any(mark in piece for mark in _DROPPED):
            return len(self._tokenizer.encode(piece, add_special_tokens=False).ids)
        words = piece.split()
        try:
            return sum(map(self._words.__getitem__, words))
        except KeyError:
            return sum(map(self._learnt(self._words, words).__getitem__, words))

    def counts(self, pieces: Sequence[str]) -> list[int]:
        """Return how many tokens each piece has."""
        if self._words is None:
            found = self._tokenizer.encode_batch(list(pieces), add_special_tokens=False)
            return [len(encoding.ids) for encoding in found]
        return [self.count(piece) for piece in pieces]

    def _learnt(self, known: dict[str, int], words: Sequence[str]) -> dict[str, int]:
        """Return what is known of words, with these; what became too much is left to whoever still counts by it."""
        if len(known) > _MOST_WORDS:
            known = self._words = {}
        new = [word for word in dict.fromkeys(words) if word not in known]
        found = self._tokenizer.encode_batch(new, add_special_tokens=False)
        known.update((word, len(encoding.ids)) for word, encoding in zip(new, found, strict=True))
        return known


def _reads_words_alone(tokenizer: Tokenizer) -> bool:
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    reads = isinstance(tokenizer.pre_tokenizer, BertPreTokenizer)
    return reads and isinstance(tokenizer.normalizer, BertNormalizer | None)
