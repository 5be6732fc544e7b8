"""A small language model that reads a question and a text together, and says whether the text answers it.

It is the packaged generator with what was learnt from questions with and without an answer (`reader.safetensors`, made
by `python -m benchmarks.reading --fit`) added to its weights. It was taught to say the words of the text that answer,
or "none"; what is asked here is how likely "none" is, so that nothing it could say reaches anybody.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import as_file, files
from os import getpid
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from gristmill.fingerprint import file_hash, fingerprint
from gristmill.models.backends import FEW_PREPARED
from gristmill.models.catalog import ADAPTER_FILE, Weights, describe, generator_weights
from gristmill.models.converting import converted, is_converted
from gristmill.models.gguf import GgufFile, Quantisation
from gristmill.models.lora import Adapter, Merged
from gristmill.models.trainable import END_OF_TURN, tokenizer_of
from gristmill.settings import GeneratorSettings

SCALE = 2.0
NONE = " none"
WINDOW = 384  # tokens that are read at most; of a longer text, the beginning
_CODE_VERSION = 1
_LEAST = 1e-6


def prompt_of(question: str, text: str) -> str:
    """Return what the model continues, with words of the text or with `NONE`."""
    return f"Passage: {' '.join(text.split())}\nQuestion: {' '.join(question.split())}\nAnswer:"


def tokens_of(tokenizer: Tokenizer, question: str, text: str) -> list[int]:
    """Return what is read as tokens, `WINDOW` at most: of a text that is too long, its beginning."""
    around = len(tokenizer.encode(prompt_of(question, "")).ids)
    tokens = tokenizer.encode(text).ids
    if len(tokens) + around > WINDOW:
        text = tokenizer.decode(tokens[: max(0, WINDOW - around)])
    return list(tokenizer.encode(prompt_of(question, text)).ids[-WINDOW:])


def odds_without(none: float) -> float:
    """Return the log odds of an answer, where log p of `NONE` is `none`."""
    said = math.exp(min(0.0, none))
    return math.log(max(_LEAST, 1 - said) / max(_LEAST, said))


def adapter() -> Adapter:
    """Return what was learnt, as it comes with the package."""
    from safetensors.numpy import load_file

    with as_file(files("gristmill.models").joinpath(ADAPTER_FILE)) as file:
        return {name: numbers.astype(np.float32) for name, numbers in load_file(file).items()}


class TextReader(Protocol):
    """Anything that reads a question and a text together."""

    def odds(self, question: str, text: str) -> float:
        """Return the log odds that a text answers a question."""
        ...

    def likelihoods(self, question: str, text: str, parts: Sequence[str]) -> NDArray[np.float64]:
        """Return how likely each part is what is said: log p of its words, of its end, and its length in tokens."""
        ...


class Reader:
    """The reader on OpenVINO; made at its first use in a home, and loaded at the first use in a process.

    May be used by several threads, which wait for each other.
    """

    def __init__(self, cache: Path) -> None:
        """Name it.

        Args:
            cache: the folder where the made model is kept.
        """
        self._base: Weights = generator_weights(GeneratorSettings())
        self._cache = cache
        self._one_at_a_time = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, what was learnt, and this code's version."""
        with as_file(files("gristmill.models").joinpath(ADAPTER_FILE)) as learnt:
            return fingerprint("reader", _CODE_VERSION, describe(self._base), file_hash(learnt))

    def odds(self, question: str, text: str) -> float:
        """Return the log odds that a text answers a question.

        Raises:
            ModelError: the weights are not the pinned ones.
            StorageError: the model cannot be kept.
        """
        with self._one_at_a_time:
            none = self._tokenizer.encode(NONE).ids[0]
            return odds_without(float(self._read(tokens_of(self._tokenizer, question, text), [none])[0]))

    def likelihoods(self, question: str, text: str, parts: Sequence[str]) -> NDArray[np.float64]:
        """Return how likely each part of a text is what is said of it, shape (parts, 3).

        Columns are log p of its words, log p that nothing follows them, and the number of their tokens.

        Raises:
            ModelError: the weights are not the pinned ones.
            StorageError: the model cannot be kept.
        """
        if not parts:
            return np.empty((0, 3))
        with self._one_at_a_time:
            said = [tuple(self._tokenizer.encode(f" {part}").ids) for part in parts]
            # What begins another part is read with it.
            ordered = sorted(set(said))
            runs = [one for one, after in zip(ordered, [*ordered[1:], ()], strict=True) if after[: len(one)] != one]
            ids = tokens_of(self._tokenizer, question, text)
            first = self._read(ids, [run[0] for run in runs])
            words, ends = self._go_on(len(ids), runs)
        found = {}
        for at, run in enumerate(runs):
            whole = first[at] + np.concatenate([[0.0], np.cumsum(words[at, : len(run) - 1])])
            for size in range(1, len(run) + 1):
                found[run[:size]] = (whole[size - 1], ends[at, size - 1], size)
        return np.array([found[one] for one in said])

    def load(self) -> None:
        """Load the model now, for instance while something else is being loaded."""
        with self._one_at_a_time:
            _ = self._request

    def _read(self, ids: Sequence[int], tokens: Sequence[int]) -> NDArray[np.float64]:
        """Read a prompt; return log p of each of some tokens after it."""
        self._request.reset_state()
        found = self._infer(np.array([ids]), 0, -1, np.array([[tokens]]))
        return found.reshape(-1)

    def _go_on(self, read: int, runs: Sequence[tuple[int, ...]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Read runs of tokens after a prompt; return log p of each next token and of the end, a row per run."""
        width, end = max(map(len, runs)), self._tokenizer.token_to_id(END_OF_TURN)
        ids = np.full((len(runs), width), end)
        for row, run in enumerate(runs):
            ids[row, : len(run)] = run
        after = np.roll(ids, -1, axis=1)
        found = self._infer(ids, read, 0, np.stack([after, np.full_like(after, end)], axis=2))
        return found[..., 0], found[..., 1]

    def _infer(self, ids: NDArray[np.int64], before: int, since: int, wanted: NDArray[np.int64]) -> NDArray[np.float64]:
        rows, width = ids.shape
        positions = np.broadcast_to(np.arange(before, before + width), (rows, width))
        found: NDArray[np.float32] = self._request.infer({
            "input_ids": ids, "attention_mask": np.ones((rows, before + width), dtype=np.int64),
            "position_ids": positions, "beam_idx": np.zeros(rows, dtype=np.int32),
            "since": np.array([since]), "wanted": wanted,
        })[0]  # fmt: skip
        return found.astype(np.float64)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return tokenizer_of(GgufFile(self._base.file))

    @cached_property
    def _request(self) -> Any:
        import openvino

        core = openvino.Core()
        model = _log_probabilities(core.read_model(self._made() / "openvino_model.xml"))
        return core.compile_model(model, "CPU", FEW_PREPARED).create_infer_request()

    @property
    def is_made(self) -> bool:
        """Whether the model is there as OpenVINO has it."""
        return is_converted(self._place)

    @property
    def _place(self) -> Path:
        return self._cache / self.fingerprint

    def _made(self) -> Path:
        """Return the folder of the model as OpenVINO has it; it is made where it is not there yet."""
        place = self._place
        whole = place / f"reader-{getpid()}.gguf"
        if not self.is_made:
            self._base.verify(place / "verified.json")
            try:
                base = GgufFile(self._base.file)
                base.write(Merged(base.weights(), adapter(), SCALE), whole, Quantisation.Q8)
                return converted(whole, place)
            finally:
                whole.unlink(missing_ok=True)
        return place / "model"


def _log_probabilities(model: Any) -> Any:
    """Return a model that gives log p of the `wanted` tokens after each token read `since` one, not all scores.

    The product with the vocabulary is made for those places alone.
    """
    import openvino
    from openvino import opset13 as operations

    since = operations.parameter([1], np.int64, name="since")
    wanted = operations.parameter([-1, -1, -1], np.int64, name="wanted")
    scores = model.get_results()[0].input_value(0).get_node()
    one, last = (operations.constant(np.array([number])) for number in (1, np.iinfo(np.int32).max))
    kept = operations.slice(scores.input_value(0), since, last, one, one)
    scores.input(0).replace_source_output(kept.output(0))
    found = operations.gather_elements(operations.log_softmax(scores, 2), wanted, 2)
    inputs = [*model.get_parameters(), since, wanted]
    return openvino.Model([operations.result(found)], model.get_sinks(), inputs, "reader")
