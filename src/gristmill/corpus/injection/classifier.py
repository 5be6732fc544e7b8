"""The classifier layer: a linear model over hashed grams, kept in the package as one small file.

Only loading and scoring, with numpy alone. Training is in `training`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.features import SHRINKAGE, Grams, Windows, grams, windows_of
from gristmill.corpus.injection.first_look import FirstLook
from gristmill.corpus.injection.pinned import CLASSIFIER_FILE, CLASSIFIER_SHA256
from gristmill.corpus.injection.reading import Integers, Reading, read
from gristmill.errors import ModelError

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

    def margins(self, reading: Reading, windows: Integers) -> NDArray[np.float64]:
        """How far the logit of each window of a text lies above the threshold."""
        total = np.zeros(len(windows))
        count = np.zeros(len(windows))
        for _, kinds in groupby(grams(reading, windows), key=lambda kind: kind.of_words):
            for sums, added in zip((total, count), self._sums(list(kinds)), strict=True):
                sums += added
        return total / np.sqrt(count + SHRINKAGE) + (self.bias - self.threshold)

    def most_suspicious(self, folded: str) -> Suspicion:
        """The window of a folded text with the highest logit."""
        return self.most_suspicious_each(read(folded), [(0, len(folded))])[0]

    def most_suspicious_each(self, reading: Reading, spans: Sequence[tuple[int, int]]) -> list[Suspicion]:
        """The window with the highest logit of each span of a text; of equals the first, sentences before pairs."""
        windows = windows_of(reading.text, spans)
        margins = self.margins(reading, windows.rows)
        best = _best(windows, margins, np.arange(len(margins)))
        return [best[number] for number in range(len(spans))]

    def suspicious(self, reading: Reading, starts: Integers, ends: Integers) -> dict[int, Suspicion]:
        """Of the sections with a window above the threshold, by number, the highest; relative to their start.

        Only sections that a first look finds worth it are read closely.
        """
        numbers = np.flatnonzero(self._first_look.is_worth_more(reading, starts, ends))
        if not len(numbers):
            return {}
        close = reading.of_sections(starts[numbers], ends[numbers])
        bounds = np.concatenate([[0], np.cumsum((ends - starts)[numbers])]).tolist()
        windows = windows_of(close.text, list(pairwise(bounds)))
        margins = self.margins(close, windows.rows)
        found = _best(windows, margins, np.flatnonzero(margins >= 0))
        return {
            int(numbers[at]): Suspicion(best.start - bounds[at], best.end - bounds[at], best.margin)
            for at, best in found.items()
        }

    @cached_property
    def _first_look(self) -> FirstLook:
        return FirstLook(self.weights, self.threshold - self.bias)

    def _sums(self, kinds: Sequence[Grams]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The weights of the grams inside each window together, and how many count.

        Grams that begin at one place are added up first. The shortest come first: a window holds them up to its end,
        and of the longer ones those that begin last are taken off again.
        """
        shortest = kinds[0]
        values = np.zeros(len(shortest.buckets), dtype=np.float32)
        counts = np.zeros(len(shortest.buckets), dtype=np.uint8)
        over, more = np.zeros(len(shortest.first)), np.zeros(len(shortest.first))
        for kind in kinds:
            weights = self.weights.take(kind.buckets)
            weights *= kind.counted
            values[: len(weights)] += weights
            counts[: len(weights)] += kind.counted
            for place in (kind.last + step for step in range(kind.longer)):
                inside = np.flatnonzero((place < shortest.last) & (place < len(weights)))
                over[inside] += weights[place[inside]]
                more[inside] += kind.counted[place[inside]]
        return (
            _between(np.cumsum(values, dtype=np.float64), shortest) - over,
            _between(np.cumsum(counts, dtype=np.int64), shortest) - more,
        )


def _between(sums: NDArray[np.float64] | Integers, kind: Grams) -> NDArray[np.float64]:
    """The part of running sums that lies inside each window."""
    from_zero = np.concatenate([np.zeros(1, dtype=sums.dtype), sums])
    inside: NDArray[np.float64] = (from_zero[kind.last] - from_zero[kind.first]).astype(np.float64)
    return inside


def _best(windows: Windows, margins: NDArray[np.float64], among: Integers) -> dict[int, Suspicion]:
    """The best of some windows of each part that has any; of equals the first."""
    parts = windows.parts[among]
    order = among[np.lexsort((among, -margins[among], parts))]
    _, firsts = np.unique(windows.parts[order], return_index=True)
    best = order[firsts]
    rows = zip(windows.parts[best].tolist(), windows.rows[best].tolist(), margins[best].tolist(), strict=True)
    return {part: Suspicion(start, end, margin) for part, (start, end), margin in rows}


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
