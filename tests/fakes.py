"""Stand-ins that many tests share: deterministic, fast, and following the engine's own interfaces."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from tokenizers import Tokenizer

from gristmill.fingerprint import fingerprint, text_hash
from gristmill.models.catalog import encoder_weights
from gristmill.models.vectors import Vectors
from gristmill.search.probe_texts import PROBE_TEXTS
from gristmill.settings import EncoderSettings

DIMENSIONS = 64

_PROBES = frozenset(PROBE_TEXTS)


class FakeEncoder:
    """Hashed bags of words as unit vectors, in the packaged model's tokens; remembers what it encoded, but probes."""

    window = 256

    def __init__(self, name: str = "fake") -> None:
        self.fingerprint = fingerprint(name)
        self.encoded: list[str] = []

    @property
    def tokenizer(self) -> Tokenizer:
        """The packaged model's tokenizer, without its weights."""
        return packaged_tokenizer()

    @property
    def tokenizer_hash(self) -> str:
        """Its hash."""
        return text_hash(packaged_tokenizer().to_str())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, 64)."""
        self.encoded += [text for text in texts if text not in _PROBES]
        return np.stack([bag_of_words(text) for text in texts])


def bag_of_words(text: str) -> Vectors:
    """Return a unit vector that texts with the same words share."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[0] = 1e-3  # a text without words has a direction too
    for word in re.findall(r"\w+", text.lower()):
        digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
        vector[int.from_bytes(digest[:2], "big") % DIMENSIONS] += 1 if digest[2] % 2 else -1
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


@cache
def packaged_tokenizer() -> Tokenizer:
    """Return the tokenizer of the default encoder, without truncation and padding."""
    tokenizer = Tokenizer.from_file(str(encoder_weights(EncoderSettings()).file.parent / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
