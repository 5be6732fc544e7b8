"""The classifier layer: a linear model over hashed grams, kept in the package as one small file.

Only loading and scoring, with numpy alone. Training is in `training`.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.features import SHRINKAGE, bounds, grams, sentence_windows
from gristmill.errors import ModelError

CLASSIFIER_FILE = "classifier.npz"
# Printed by `train_injection_classifier`; other weights are refused.
CLASSIFIER_SHA256 = "e1e08d1c53fae896c64807605de4e25f0c97a494c94ae66f0d9b82d7da4772bc"
# A logit this far above the threshold is as sure as this layer gets.
_SURE_MARGIN = 3.0
_LEAST_SCORE, _MOST_SCORE = 0.5, 0.7


class Suspicion(NamedTuple):
    """The most suspicious window of a text: its span and how far its logit lies above the threshold."""

    start: int
    end: int
    margin: float

    @property
    def score(self) -> float:
        """Strength of the finding; this layer alone flags and never quarantines."""
        return min(_LEAST_SCORE + (_MOST_SCORE - _LEAST_SCORE) * self.margin / _SURE_MARGIN, _MOST_SCORE)


@dataclass(frozen=True)
class Classifier:
    """Weights per bucket (float32, `BUCKETS` long), a bias and the logit from which a window is suspicious."""

    weights: NDArray[np.float32]
    bias: float
    threshold: float

    def margins(self, folded: str, windows: NDArray[np.int64]) -> NDArray[np.float64]:
        """How far the logit of each window lies above the threshold."""
        total = np.zeros(len(windows))
        count = np.zeros(len(windows))
        for kind in grams(folded, windows[:, 0]):
            first, last = bounds(kind, windows)
            sums = np.concatenate([[0.0], np.cumsum(self.weights[kind.buckets], dtype=np.float64)])
            total += sums[last] - sums[first]
            count += last - first
        return total / np.sqrt(count + SHRINKAGE) + (self.bias - self.threshold)

    def most_suspicious(self, folded: str) -> Suspicion:
        """The window of a folded text with the highest logit."""
        windows = sentence_windows(folded)
        margins = self.margins(folded, windows)
        best = int(np.argmax(margins))
        return Suspicion(int(windows[best, 0]), int(windows[best, 1]), float(margins[best]))


def read_classifier(octets: bytes, sha256: str) -> Classifier:
    """A classifier from the bytes of its file.

    Raises:
        ModelError: the bytes are not the pinned ones.
    """
    found = hashlib.sha256(octets).hexdigest()
    if found != sha256:
        raise ModelError(
            f"The injection classifier is not the pinned one: its SHA-256 is {found}, expected {sha256}.",
            "Reinstall gristmill, or pin the new file after training.",
        )
    with np.load(io.BytesIO(octets), allow_pickle=False) as stored:
        return Classifier(stored["weights"].astype(np.float32), float(stored["bias"]), float(stored["threshold"]))


def write_classifier(classifier: Classifier) -> bytes:
    """The bytes of a classifier's file; equal classifiers give equal bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        weights=classifier.weights.astype(np.float16),
        bias=np.float64(classifier.bias),
        threshold=np.float64(classifier.threshold),
    )
    return buffer.getvalue()


@cache
def shipped_classifier() -> Classifier:
    """The classifier in the package, verified once per process."""
    stored = files("gristmill.corpus.injection").joinpath(CLASSIFIER_FILE)
    return read_classifier(stored.read_bytes(), CLASSIFIER_SHA256)
