"""Cutting at the largest mark of structure that makes the pieces small enough, by a Rust library.

`recursive` knows blank lines, sentences and words; `markdown` knows headings, lists, tables and code as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gristmill.search.chunkers.counting import TokenCounter
from gristmill.search.chunkers.cutting import Cuts

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class RecursiveCutter:
    """Cuts at paragraphs, then sentences, then words; with `markdown`, at Markdown's structure before these."""

    def __init__(self, tokenizer: Tokenizer, tokens: int, *, markdown: bool) -> None:
        from semantic_text_splitter import MarkdownSplitter, TextSplitter

        kind = MarkdownSplitter if markdown else TextSplitter
        self._splitter = kind.from_callback(TokenCounter(tokenizer).count, tokens)

    def cut(self, text: str) -> Cuts:
        """Return spans of at most so many tokens."""
        return [(start, start + len(piece)) for start, piece in self._splitter.chunk_indices(text)]
