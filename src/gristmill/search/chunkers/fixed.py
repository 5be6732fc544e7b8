"""The baseline: as many tokens as fit, whatever they say.

It is here to be beaten; a corpus on which it is not deserves a look.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from gristmill.search.chunkers.cutting import Cuts, TokenRuler, trimmed

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class FixedCutter:
    """Cuts after every so many tokens, between two words."""

    def __init__(self, tokenizer: Tokenizer, tokens: int) -> None:
        self._tokenizer = tokenizer
        self._tokens = tokens

    def cut(self, text: str) -> Cuts:
        """Return spans of at most so many tokens."""
        ruler = TokenRuler(text, self._tokenizer)
        words = [*ruler.words(), len(text)]
        cuts, at = [], 0
        while at < len(words) - 1:
            # A word has at least one token, so no span has more words than tokens.
            reach = words[at : at + self._tokens + 1]
            fit = bisect_right(reach, self._tokens, key=lambda end: ruler.tokens(words[at], end)) - 1
            following = at + max(1, fit)
            start, end = trimmed(text, words[at], words[following])
            if end > start:
                cuts.append((start, end))
            at = following
        return cuts
