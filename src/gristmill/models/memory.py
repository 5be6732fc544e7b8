"""An encoder with a memory of the corpus: a text's vector is moved towards what the corpus holds that is like it.

What is relevant to one question lies together (the cluster hypothesis; van Rijsbergen 1979), so passages and questions
are moved towards the passages nearest to them, each by the square of its likeness: far from the corpus nothing moves.
A question that is like a confirmed one is moved towards the passages that answered that (Rocchio 1971). Nothing is
trained by gradients: a memory is made in the time that a comparison of all with all takes. What is put into one is
decided in `learning/remembering.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gristmill.errors import ModelError
from gristmill.fingerprint import file_hash, fingerprint
from gristmill.models.encoder import Encoder
from gristmill.models.vectors import Vectors
from gristmill.storage.artifacts import write_durably

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CODE_VERSION = 1
_BLOCK = 512
# Above this likeness a remembered passage is the text itself, which is no neighbour of its own.
_ITSELF = 0.9999
_REMEDY = "Run 'gristmill tune encoder' again, or go back to the release before it."


@dataclass(frozen=True)
class Pull:
    """How strongly vectors are moved."""

    neighbours: int = 3  # passages nearest to a text that it is moved towards
    towards_neighbours: float = 1.0
    towards_answers: float = 0.5
    least_alike: float = 0.8  # cosine from which a question counts as like a confirmed one


@dataclass(frozen=True)
class Memory:
    """Vectors of unit length: of passages, and of confirmed questions with the mean of what answered each."""

    passages: Vectors  # shape (passages, dimensions)
    questions: Vectors  # shape (questions, dimensions)
    answers: Vectors  # as questions
    pull: Pull

    def moved(self, vectors: Vectors) -> Vectors:
        """Return vectors moved towards what is remembered, at unit length, shape as given."""
        whole = np.array(vectors, dtype=np.float32)
        for at in range(0, len(whole), _BLOCK):
            block = whole[at : at + _BLOCK]
            whole[at : at + _BLOCK] = unit(block + self._neighbours(block) + self._answers(block))
        return whole

    def pulled(self, towards_neighbours: float) -> Memory:
        """Return the same memory with another pull of the neighbours."""
        return replace(self, pull=replace(self.pull, towards_neighbours=towards_neighbours))

    def save(self, file: Path) -> str:
        """Write the memory durably and return the hash of its file.

        Raises:
            StorageError: it cannot be written.
        """
        from safetensors.numpy import save as as_bytes

        tensors = {"passages": self.passages, "questions": self.questions, "answers": self.answers}
        whole = {name: np.ascontiguousarray(each, dtype=np.float32) for name, each in tensors.items()}
        write_durably(file, as_bytes(whole, {"pull": json.dumps(asdict(self.pull))}))
        return file_hash(file)

    @classmethod
    def load(cls, file: Path, sha256: str) -> Memory:
        """Return the memory of a file.

        Raises:
            ModelError: the file is not there, or not the one that is named by its hash.
        """
        from safetensors import safe_open

        if not file.is_file():
            raise ModelError(f"The encoder's memory is not at {file}.", _REMEDY)
        if (found := file_hash(file)) != sha256:
            raise ModelError(f"The encoder's memory at {file} has SHA-256 {found}, not {sha256}.", _REMEDY)
        with safe_open(file, framework="numpy") as opened:
            pull = Pull(**json.loads(opened.metadata()["pull"]))
            passages, questions, answers = map(opened.get_tensor, ("passages", "questions", "answers"))
            return cls(passages, questions, answers, pull)

    def _neighbours(self, block: Vectors) -> Vectors:
        count = min(self.pull.neighbours, len(self.passages))
        if not count or not self.pull.towards_neighbours:
            return np.zeros_like(block)
        alike = block @ self.passages.T
        alike[alike > _ITSELF] = 0.0
        nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        weights = np.square(np.maximum(np.take_along_axis(alike, nearest, 1), 0.0))
        towards: Vectors = np.einsum("rc,rcd->rd", weights, self.passages[nearest]) / self.pull.neighbours
        return self.pull.towards_neighbours * towards

    def _answers(self, block: Vectors) -> Vectors:
        if not len(self.questions) or not self.pull.towards_answers:
            return np.zeros_like(block)
        alike = block @ self.questions.T
        weights = np.where(alike >= self.pull.least_alike, np.square(alike), 0.0)
        towards: Vectors = (weights @ self.answers) / np.maximum(weights.sum(1, keepdims=True), 1.0)
        return self.pull.towards_answers * towards


class MemoryEncoder:
    """An encoder whose vectors are moved by a memory."""

    def __init__(self, base: Encoder, file: Path, sha256: str) -> None:
        """Name the parts; the file is read when something is encoded.

        Args:
            base: makes the vectors that are moved.
            file: of the memory.
            sha256: of that file.
        """
        self.base = base
        self._file, self._sha256 = file, sha256

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the encoder below, of the memory and of this code's version."""
        return fingerprint("memory", _CODE_VERSION, self.base.fingerprint, self._sha256)

    @property
    def window(self) -> int:
        """Tokens of one text that are read, special tokens included."""
        return self.base.window

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that sizes are counted in."""
        return self.base.tokenizer

    @property
    def tokenizer_hash(self) -> str:
        """Hash of that tokenizer."""
        return self.base.tokenizer_hash

    @cached_property
    def memory(self) -> Memory:
        """What is remembered, read and verified when it is first wanted."""
        return Memory.load(self._file, self._sha256)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text, shape (texts, dimensions), float32."""
        return self.memory.moved(self.base.encode(texts))


def unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    """Return rows at unit length; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return found
