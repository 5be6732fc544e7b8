"""Vectors of text: the interface every encoder has, and the one that runs a safetensors folder on torch.

The mean of the last hidden states over the text's own tokens, at unit length, as the model's published pooling
configuration says; a tuned encoder may have a linear layer between the two. Batches are sorted by length, so that short
texts are not padded to long ones.

Imports: transformers alone instead of sentence-transformers, because importing the latter costs 8.4 s against 3.0 s and
gives the same vectors (a test compares them where both are installed).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from gristmill.fingerprint import fingerprint
from gristmill.models.catalog import Weights, describe, encoder_weights
from gristmill.models.heads import load_head
from gristmill.models.numerics import numerics_of
from gristmill.settings import EncoderSettings

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]

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


@runtime_checkable
class Numerics(Protocol):
    """An encoder that knows, without being loaded, whether anything beneath it changed."""

    @property
    def numerics(self) -> str:
        """Hash of weights file, libraries and processor."""
        ...

    @property
    def is_loaded(self) -> bool:
        """Whether encoding costs no loading any more."""
        ...


class TransformerEncoder:
    """A safetensors folder on torch, in bfloat16 where the processor has it.

    Nothing is loaded before the first `encode`; counting tokens loads the tokenizer alone.
    """

    def __init__(self, settings: EncoderSettings, memory: Path | None = None) -> None:
        self.settings = settings
        self._memory = memory
        self.weights: Weights = encoder_weights(settings)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, precision, this code's version, and the revision when there is one."""
        revision = [self.settings.revision] if self.settings.revision else []
        return fingerprint("encoder", _CODE_VERSION, describe(self.weights), self.settings.precision, *revision)

    @property
    def numerics(self) -> str:
        """Hash of weights file, libraries and processor."""
        return numerics_of(self.weights.file, "torch", "transformers", "tokenizers", "numpy")

    @property
    def is_loaded(self) -> bool:
        """Whether encoding costs no loading any more."""
        return "_model" in self.__dict__

    @property
    def window(self) -> int:
        """Tokens of one text that are read, special tokens included."""
        return self.weights.window

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer, without truncation and padding."""
        tokenizer = Tokenizer.from_file(str(self.weights.file.parent / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, dimensions), float32."""
        import torch

        ids = [encoding.ids for encoding in self._window_tokenizer.encode_batch(list(texts))]
        rows = np.empty((len(ids), self.dimensions), dtype=np.float32)
        longest_first = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        with torch.inference_mode():
            for at in range(0, len(ids), self.settings.batch):
                batch = longest_first[at : at + self.settings.batch]
                rows[batch] = self._forward([ids[i] for i in batch])
        return rows

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size)

    def _forward(self, ids: list[list[int]]) -> Vectors:
        import torch

        tokens = torch.zeros(len(ids), len(ids[0]), dtype=torch.long)
        mask = torch.zeros_like(tokens)
        for row, sequence in enumerate(ids):
            tokens[row, : len(sequence)] = torch.tensor(sequence)
            mask[row, : len(sequence)] = 1
        states = self._model(input_ids=tokens, attention_mask=mask).last_hidden_state.float()
        weight = mask.unsqueeze(-1).float()
        means = (states * weight).sum(1) / weight.sum(1)
        turned = means if self._head is None else means @ self._head.T
        unit: Vectors = torch.nn.functional.normalize(turned, dim=1).numpy()
        return unit

    @cached_property
    def _window_tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self.weights.file.parent / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.window)
        return tokenizer

    @cached_property
    def _head(self) -> torch.Tensor | None:
        """The linear layer above the mean that a tuned encoder may have, shape (dimensions, dimensions)."""
        import torch

        matrix = load_head(self.weights.file)
        return None if matrix is None else torch.from_numpy(matrix)

    @cached_property
    def _model(self) -> Any:
        self.weights.verify(self._memory)
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()
        return transformers.AutoModel.from_pretrained(
            self.weights.file.parent, dtype=self._dtype(torch), local_files_only=True, use_safetensors=True
        ).eval()

    def _dtype(self, library: Any) -> torch.dtype:
        if self.settings.precision == "auto":
            chosen: torch.dtype = library.bfloat16 if bfloat16_is_fast() else library.float32
            return chosen
        named: torch.dtype = getattr(library, self.settings.precision)
        return named


def bfloat16_is_fast() -> bool:
    """Say whether this machine computes faster in bfloat16 than in float32.

    Matrix units make it twice as fast; with AVX-512 alone it is slower (0.7 times here).
    """
    import torch

    return bool(torch.cpu._is_amx_tile_supported() or torch.cuda.is_available())
