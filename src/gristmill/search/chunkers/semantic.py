"""Cutting where the subject changes: neighbouring sentences that are alike stay together.

Small pieces are encoded, and the segmentation is chosen that has the greatest sum of likeness inside its segments, each
pair counted relative to what is usual in the document (clustering within a document by dynamic programming; Smith and
Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma 2024).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gristmill.models.encoder import Encoder
from gristmill.search.chunkers.cutting import Cuts, TokenRuler
from gristmill.search.units import units

# Pieces below this are joined with the next one: a vector of three words says little.
_LEAST_TOKENS = 24
# How far pieces lie apart that are asked what likeness is usual in this document.
_USUAL_WITHIN = 40


class SemanticCutter:
    """Cuts between sentences so that what is alike stays together, up to so many tokens."""

    def __init__(self, encoder: Encoder, tokens: int) -> None:
        self._encoder = encoder
        self._tokens = tokens

    def cut(self, text: str) -> Cuts:
        """Return spans of at most so many tokens."""
        ruler = TokenRuler(text, self._encoder.tokenizer)
        pieces = _pieces(text, ruler, min(_LEAST_TOKENS, self._tokens // 2))
        if len(pieces) < 2:
            return pieces
        vectors = self._encoder.encode([text[start:end] for start, end in pieces])
        return [(pieces[a][0], pieces[b][1]) for a, b in self._segments(pieces, ruler, vectors)]

    def _segments(self, pieces: Cuts, ruler: TokenRuler, vectors: NDArray[np.float32]) -> list[tuple[int, int]]:
        """Return the best segmentation, as the first and last piece of each segment."""
        usual = _usual(vectors)
        best, came_from = [0.0], [0]
        for last in range(len(pieces)):
            options = [(best[last], last)]
            gain = 0.0
            for first in range(last - 1, -1, -1):
                if ruler.tokens(pieces[first][0], pieces[last][1]) > self._tokens:
                    break
                # `gain` grows by the likeness of one more piece to all that are in the segment already.
                inside = vectors[first : last + 1]
                gain = float(((inside @ inside.T) - usual)[np.triu_indices(len(inside), 1)].sum())
                options.append((best[first] + gain, first))
            score, first = max(options)
            best.append(score)
            came_from.append(first)
        return _walk_back(came_from)


def _pieces(text: str, ruler: TokenRuler, least: int) -> Cuts:
    """Return the units joined to pieces of at least so many tokens; a heading belongs to what follows it."""
    pieces: Cuts = []
    start, held = 0, 0
    for unit in units(text):
        held = unit.end
        if ruler.tokens(start, held) >= least:
            pieces.append(_without_blanks(text, start, held))
            start = held
    if held > start:
        pieces.append(_without_blanks(text, start, held))
    if pieces and text[pieces[-1][1] :].strip():
        pieces[-1] = (pieces[-1][0], len(text.rstrip()))
    return pieces


def _without_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    return start + len(text[start:end]) - len(text[start:end].lstrip()), end


def _usual(vectors: NDArray[np.float32]) -> float:
    """Return the mean likeness of pieces that lie not far apart."""
    distances = range(1, min(_USUAL_WITHIN, len(vectors) - 1) + 1)
    return float(np.mean([np.mean(np.sum(vectors[:-d] * vectors[d:], axis=1)) for d in distances]))


def _walk_back(came_from: list[int]) -> list[tuple[int, int]]:
    segments, end = [], len(came_from) - 1
    while end > 0:
        segments.append((came_from[end], end - 1))
        end = came_from[end]
    return segments[::-1]
