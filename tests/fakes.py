"""Parts that stand in for slow ones: the same interface, the same tokenizer, no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

from gristmill.models.catalog import encoder_weights
from gristmill.models.encoder import Vectors
from gristmill.settings import EncoderSettings


class FakeEncoder:
    """Hashed bags of words at unit length: equal words, near vectors. Deterministic, with the real tokenizer."""

    fingerprint = "fake encoder"
    window = 256
    dimensions = 64

    def __init__(self) -> None:
        file = encoder_weights(EncoderSettings()).file
        self.tokenizer = Tokenizer.from_file(str(file.parent / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.encoded = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split() or [""]:
                row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimensions] += 1
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit
