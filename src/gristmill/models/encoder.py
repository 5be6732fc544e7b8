"""Vectors of text: the interface every encoder has, and the one that runs a safetensors folder.

The mean of the last hidden states over the text's own tokens, at unit length, as the model's published pooling
configuration says. Which texts are read together stands in `batching.py`, what runs the weights in `backends.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gristmill.errors import StorageError
from gristmill.fingerprint import file_hash, fingerprint, text_hash
from gristmill.models.backends import Backend, choose_backend
from gristmill.models.batching import batches
from gristmill.models.catalog import Weights, describe, encoder_weights, recall
from gristmill.models.vectors import Vectors
from gristmill.settings import EncoderSettings
from gristmill.storage.artifacts import write_durably

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Encoder", "TextEncoder", "TransformerEncoder", "Vectors"]

_CODE_VERSION = 1


class TextEncoder(Protocol):
    """Anything that makes unit vectors of texts."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, dimensions)."""
        ...


class Encoder(TextEncoder, Protocol):
    """The main encoder, in whose tokens chunks are sized."""

    @property
    def window(self) -> int:
        """Tokens of one text that are read, special tokens included."""
        ...

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that sizes are counted in, without truncation and padding."""
        ...

    @property
    def tokenizer_hash(self) -> str:
        """Hash of the tokenizer, known without loading it where it was loaded before."""
        ...


class TransformerEncoder:
    """A safetensors folder on OpenVINO or torch, in bfloat16 where the processor is faster in it.

    Nothing is loaded before the first `encode`; counting tokens loads the tokenizer alone. A small file, `memory`,
    remembers that the weights were verified, and one beside it the tokenizer's hash.
    """

    def __init__(self, settings: EncoderSettings, memory: Path | None = None) -> None:
        self._settings = settings
        self._memory = memory
        self.weights: Weights = encoder_weights(settings)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, precision and this code's version.

        What runs the weights is no part of it: in float32 the vectors agree to some millionths, and in bfloat16, where
        a processor is faster in it, to a cosine of 0.9999; so they are reused, and the probes watch over it.
        """
        again = [self._settings.revision] if self._settings.revision else []
        return fingerprint("encoder", _CODE_VERSION, describe(self.weights), self._settings.precision, *again)

    @property
    def window(self) -> int:
        """Tokens of one text that are read, special tokens included."""
        return self.weights.window

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer, without truncation and padding."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokenizer_file))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def tokenizer_hash(self) -> str:
        """Hash of the tokenizer, known without loading it where it was loaded before."""
        if self._memory is None:
            return text_hash(self.tokenizer.to_str())
        made_of = f"{file_hash(self._tokenizer_file)} {version('tokenizers')}"
        remembered = self._memory.with_name("tokenizer.json")
        known = recall(remembered)
        if isinstance(known, dict) and isinstance(found := known.get(made_of), str):
            return found
        found = text_hash(self.tokenizer.to_str())
        with suppress(StorageError):  # what is not remembered is made again
            write_durably(remembered, json.dumps({made_of: found}))
        return found

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, dimensions), float32."""
        ids = [encoding.ids for encoding in self._window_tokenizer.encode_batch(list(texts))]
        together = batches([len(text) for text in ids], self._settings.batch)
        rows = np.empty((len(ids), self.dimensions), dtype=np.float32)
        forwarded = self.forwarded([[ids[i] for i in batch] for batch in together])
        for batch, vectors in zip(together, forwarded, strict=True):
            rows[batch] = vectors
        return rows

    def forwarded(self, together: Sequence[list[list[int]]]) -> Iterator[Vectors]:
        """Yield the vectors of each batch of token ids, in order."""
        for batch in together:
            yield self._backend.forward(batch)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._backend.dimensions

    @cached_property
    def _window_tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokenizer_file))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.window)
        return tokenizer

    @property
    def _tokenizer_file(self) -> Path:
        return self.weights.file.parent / "tokenizer.json"

    @cached_property
    def _backend(self) -> Backend:
        self.weights.verify(self._memory)
        return choose_backend(self.weights.file, self._settings)
