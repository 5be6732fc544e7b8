"""The strategies by name, and the chunker that the settings ask for."""

from __future__ import annotations

from typing import get_args

from gristmill.models.encoder import Encoder
from gristmill.search.chunkers.chunker import Chunker
from gristmill.search.chunkers.cutting import Cutter
from gristmill.search.chunkers.fixed import FixedCutter
from gristmill.search.chunkers.recursive import RecursiveCutter
from gristmill.search.chunkers.semantic import SemanticCutter
from gristmill.search.chunkers.structure import StructureCutter
from gristmill.settings import ChunkerSettings
from gristmill.settings.search import Strategy

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


def make_chunker(settings: ChunkerSettings, encoder: Encoder) -> Chunker:
    """Return the chunker of the settings, sized in the tokens of `encoder`.

    Raises:
        SettingsError: its chunks would not fit the encoder's window.
    """
    return Chunker(settings, encoder.tokenizer, encoder.window, _cutter(settings, encoder))


def _cutter(settings: ChunkerSettings, encoder: Encoder) -> Cutter:
    tokenizer, tokens = encoder.tokenizer, settings.tokens
    match settings.strategy:
        case "fixed":
            return FixedCutter(tokenizer, tokens)
        case "recursive" | "markdown":
            return RecursiveCutter(tokenizer, tokens, markdown=settings.strategy == "markdown")
        case "semantic":
            return SemanticCutter(encoder, tokens)
        case "structure":
            return StructureCutter(tokenizer, tokens)
