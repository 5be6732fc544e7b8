"""What runs an encoder's weights: torch, or OpenVINO, which gives the same vectors in less time.

A backend takes the token ids of a few texts and gives their unit vectors. Which one is chosen is decided here too;
tokens, windows and batches are `encoder.py`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from gristmill.errors import ModelError
from gristmill.models.bert_graph import build_graph, shape_of
from gristmill.models.vectors import Vectors
from gristmill.settings import EncoderSettings

_FLAGS = Path("/proc/cpuinfo")
# Where bfloat16 is faster than float32, by processor flag. With neither it is emulated, or slower (AVX-512 alone: 0.7).
_MATRIX = "amx_bf16"  # on torch twice as fast
_VECTOR = "avx512_bf16"  # 1.6 to 1.7 times on OpenVINO, 3 on torch, whose float32 is far slower there

Precision = Literal["float32", "bfloat16"]
_HINTS = {"float32": "f32", "bfloat16": "bf16"}
# OpenVINO keeps what it prepared for each shape of a batch, 5,000 entries by itself: a corpus with texts of all lengths
# made the process grow by half a megabyte a shape. So many hold the shapes of questions, and encoding is as fast.
FEW_PREPARED = {"CPU_RUNTIME_CACHE_CAPACITY": "100"}


class Backend(Protocol):
    """Runs an encoder."""

    precision: Precision

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def forward(self, ids: Sequence[Sequence[int]]) -> Vectors:
        """Return one row of unit length per text; the texts are given by their tokens, the longest first."""
        ...


def choose_backend(weights: Path, settings: EncoderSettings) -> Backend:
    """Return what runs a safetensors file with its configuration beside it, not loaded yet.

    By itself it is OpenVINO for a model of the BERT family, and torch for anything else and on matrix units.

    Raises:
        ModelError: OpenVINO is demanded for a model that it is not used for.
    """
    folder = weights.parent
    has = _abilities()
    brain = settings.precision == "bfloat16" or (settings.precision == "auto" and bool(has & {_MATRIX, _VECTOR}))
    precision: Precision = "bfloat16" if brain else "float32"
    known = shape_of(folder) is not None
    if settings.backend == "torch" or (settings.backend == "auto" and (not known or (brain and _MATRIX in has))):
        return TorchBackend(folder, precision)
    if not known:
        raise ModelError(f"OpenVINO is not used for the model in {folder}.", "Set backend = 'torch' below [encoder].")
    return OpenVinoBackend(weights, precision)


def _abilities() -> set[str]:
    """Return the processor's flags; none where the system does not tell them."""
    try:
        return set(_FLAGS.read_text().split())
    except OSError:
        return set()


class TorchBackend:
    """Transformers on torch; loaded at first use."""

    def __init__(self, folder: Path, precision: Precision) -> None:
        self._folder = folder
        self.precision: Precision = precision

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size)

    def forward(self, ids: Sequence[Sequence[int]]) -> Vectors:
        """Return one row of unit length per text."""
        import torch

        padded, mask = _padded(ids)
        tokens, own = torch.from_numpy(padded), torch.from_numpy(mask)
        with torch.inference_mode():
            states = self._model(input_ids=tokens, attention_mask=own).last_hidden_state.float()
            weight = own.unsqueeze(-1).float()
            means = (states * weight).sum(1) / weight.sum(1)
            unit: Vectors = torch.nn.functional.normalize(means, dim=1).numpy()
        return unit

    @cached_property
    def _model(self) -> Any:
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()
        return transformers.AutoModel.from_pretrained(
            self._folder, dtype=getattr(torch, self.precision), local_files_only=True, use_safetensors=True
        ).eval()


class OpenVinoBackend:
    """The graph of `bert_graph.py`; loaded at first use. May be used by several threads."""

    def __init__(self, weights: Path, precision: Precision) -> None:
        self._weights = weights
        self.precision: Precision = precision

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._compiled.output(0).partial_shape[1].get_length())

    def forward(self, ids: Sequence[Sequence[int]]) -> Vectors:
        """Return one row of unit length per text."""
        padded, mask = _padded(ids)
        # A request of its own for each call: requests are not shared between threads.
        found: Vectors = self._compiled.create_infer_request().infer([padded, mask.astype(np.float32)])[0]
        return found

    @cached_property
    def _compiled(self) -> Any:
        import openvino

        shape = shape_of(self._weights.parent)
        assert shape is not None
        properties = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": _HINTS[self.precision]}
        return openvino.Core().compile_model(build_graph(self._weights, shape), "CPU", properties | FEW_PREPARED)


def _padded(ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return tokens and mask, shape (texts, tokens of the longest)."""
    longest = max(map(len, ids))
    tokens = np.zeros((len(ids), longest), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, sequence in enumerate(ids):
        tokens[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return tokens, mask
