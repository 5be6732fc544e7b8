"""A cross-encoder that reads question and passage together, where the user configures one. None is packaged.

It is a safetensors folder of transformers with one output, or two of which the second says "relevant". Which candidates
it looks at is search's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.errors import ModelError
from gristmill.models.catalog import Weights

_BATCH = 16
_WINDOW = 512  # tokens of question and passage together, where the tokenizer names no limit
_REMEDY = "Give a folder of a sequence classifier with one output, or leave out 'reranker' below [search]."


class Reranker:
    """A cross-encoder on torch; verified and loaded at first use. May be used by several threads."""

    def __init__(self, folder: Path, sha256: str, memory: Path | None = None) -> None:
        """Name the model.

        Args:
            folder: holds `config.json`, `tokenizer.json` and `model.safetensors`.
            sha256: of the weights.
            memory: a small file that remembers what was verified.
        """
        self._folder, self._memory = folder, memory
        self._weights = Weights("reranker", folder / "model.safetensors", sha256, _WINDOW)
        self._loading = Lock()

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return one number from 0 to 1 for each passage; beyond the window a passage is cut.

        Raises:
            ModelError: the weights are not the pinned ones, or not those of such a model.
        """
        import torch

        with self._loading:
            model, tokenizer = self._model, self._tokenizer
        found = np.empty(len(passages), dtype=np.float32)
        order = sorted(range(len(passages)), key=lambda row: -len(passages[row]))
        for at in range(0, len(order), _BATCH):
            rows = order[at : at + _BATCH]
            texts = [passages[row] for row in rows]
            tokens = tokenizer([question] * len(rows), texts, padding=True, truncation="only_second",
                               max_length=self._window, return_tensors="pt")  # fmt: skip
            with torch.inference_mode():
                logits = model(**tokens).logits.float()
            said = logits[:, 0].sigmoid() if logits.shape[1] == 1 else logits.softmax(1)[:, 1]
            found[rows] = said.numpy()
        return found

    @property
    def _window(self) -> int:
        return int(min(self._tokenizer.model_max_length, _WINDOW))

    @cached_property
    def _tokenizer(self) -> Any:
        import transformers

        return transformers.AutoTokenizer.from_pretrained(self._folder, local_files_only=True)

    @cached_property
    def _model(self) -> Any:
        import torch
        import transformers

        self._weights.verify(self._memory)
        transformers.utils.logging.disable_progress_bar()
        try:
            model, told = transformers.AutoModelForSequenceClassification.from_pretrained(
                self._folder, dtype=torch.float32, local_files_only=True, use_safetensors=True,
                output_loading_info=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise ModelError(f"The reranker in {self._folder} cannot be loaded: {error}.", _REMEDY) from error
        # A model without a trained head gets a random one from the library, and would rank by chance.
        if told["missing_keys"] or model.config.num_labels not in {1, 2}:
            raise ModelError(f"The model in {self._folder} is no reranker.", _REMEDY)
        return model.eval()
