"""Cutting a text into chunks: one interface, several strategies, chosen by the settings.

A strategy decides only where to cut. Sizes in the encoder's tokens, context, and the parent of each chunk are the same
for all of them and stand in `chunker.py`.
"""

from gristmill.search.chunkers.chunker import Chunker, Span, says_something
from gristmill.search.chunkers.cutting import Cuts, Cutter, TokenRuler
from gristmill.search.chunkers.strategies import STRATEGIES, make_chunker

__all__ = ["STRATEGIES", "Chunker", "Cuts", "Cutter", "Span", "TokenRuler", "make_chunker", "says_something"]
