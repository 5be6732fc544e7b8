"""A first look at sections: which can hold a window above the classifier's threshold, told from their words alone.

Most of what a window weighs is inside its words, and a word is weighed once per process. Too many sections may be
named; how many attacks are missed is measured by `gristmill bench injection`, which looks the same way.
"""

from __future__ import annotations

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.features import SHRINKAGE, Grams, grams, word_grams
from gristmill.corpus.injection.reading import Integers, Reading, Vocabulary, read

__all__ = ["FirstLook"]

# Words in a row that are weighed: half a sentence, and two short ones.
_RUNS = (8, 24)
# How far below the threshold a section is still looked at. Grams across words are not counted here; of 173 attacks that
# the shipped weights name, the lowest lies 2.0 below. An eighth of ordinary sections lies above.
SLACK = 2.5

Weights = NDArray[np.float32]


class FirstLook:
    """What each word weighs under some weights, and where words in a row weigh enough.

    `needed` is the least logit without the bias. Threads share it.
    """

    def __init__(self, weights: Weights, needed: float) -> None:
        self._one_at_a_time = Lock()
        self._weights, self._least = weights, needed - SLACK
        self._vocabulary: Vocabulary | None = None
        self._sums = np.empty(0)
        self._counts = np.empty(0)

    def is_worth_more(self, reading: Reading, starts: Integers, ends: Integers) -> NDArray[np.bool_]:
        """Which sections, ascending, have to be looked at closely; short ones always."""
        first, last = reading.words_between(starts, ends)
        worth: NDArray[np.bool_] = last - first < max(_RUNS)
        if worth.all():
            return worth
        sums, counts = (values[reading.numbers] for values in self._learnt(reading.vocabulary))
        for run in (2, 3):
            sums[run - 1 :] += self._weights.take(word_grams(reading.hashes, run))
        total, count = (np.concatenate([[0.0], np.cumsum(values)]) for values in (sums, counts + 2))
        is_high = np.zeros(len(sums) + 1, dtype=np.bool_)
        for run in _RUNS:
            weighed = (total[run:] - total[:-run]) / np.sqrt(count[run:] - count[:-run] + SHRINKAGE)
            is_high[: len(weighed)] |= weighed >= self._least
        high = np.concatenate([[0], np.cumsum(is_high)])
        return worth | (high[last] > high[first])

    def _learnt(self, vocabulary: Vocabulary) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The sum of the weights of each word of a vocabulary and their number, the new ones weighed now."""
        with self._one_at_a_time:
            if vocabulary is not self._vocabulary:
                self._vocabulary, self._sums, self._counts = vocabulary, np.empty(0), np.empty(0)
            if words := vocabulary.words[len(self._sums) :]:
                sums, counts = self._weighed(words)
                self._sums = np.concatenate([self._sums, sums])
                self._counts = np.concatenate([self._counts, counts])
            return self._sums, self._counts

    def _weighed(self, words: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The sum of the weights of each word's grams with a blank on either side, and their number."""
        reading = read(f" {'  '.join(words)} ")
        windows = np.column_stack([reading.starts - 1, reading.ends + 1])
        sums, counts = np.zeros(len(words)), np.zeros(len(words))
        for kind in grams(reading, windows):
            if not kind.is_first_word:
                sums += _inside(self._weights.take(kind.buckets) * kind.counted, kind)
                counts += _inside(kind.counted, kind)
        return sums, counts


def _inside(values: NDArray[np.float32] | NDArray[np.bool_], kind: Grams) -> NDArray[np.float64]:
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    found: NDArray[np.float64] = sums[kind.last] - sums[kind.first]
    return found
