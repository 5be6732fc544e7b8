"""A folded text as arrays: its characters, its words, and what is known of each distinct word.

Made once for a whole text; rules, disguises and the classifier look at it instead of at the characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.triggers import COLUMNS, Bits, word_bits
from gristmill.corpus.wording import words_of

__all__ = ["Reading", "Vocabulary", "read"]

_ASCII = 128
# Digits say nothing about intent; what is not a character breaks words alike.
_PLAIN = str.maketrans("123456789\n\t\r|", "000000000    ")
_PLAIN_CODES = np.array([ord(chr(code).translate(_PLAIN)) for code in range(_ASCII)], dtype=np.uint32)
_IS_ALNUM = np.array([chr(code).isalnum() for code in range(_ASCII)])
# Beyond it the words are forgotten: about 30 MB.
_MOST_WORDS = 100_000

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint32]


class Vocabulary:
    """A number for every distinct word met so far, and what is known of it in arrays.

    Threads share it. The arrays are replaced by longer ones and never written to, so a number that a thread was given
    stands in whatever it sees of them from then on.
    """

    def __init__(self) -> None:
        self._one_at_a_time = Lock()
        self._numbers = _Numbers()
        self.words: list[str] = []
        self.hashes = np.empty(0, dtype=np.uint32)
        self.bits = np.empty((0, COLUMNS), dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, words: Sequence[str]) -> Integers:
        """The number of each word; what is new is looked at together."""
        with self._one_at_a_time:
            found = np.fromiter(map(self._numbers.__getitem__, words), dtype=np.int64, count=len(words))
            if new := self._numbers.new:
                hashes = [crc32(word.translate(_PLAIN).encode(errors="replace")) for word in new]
                longer = np.concatenate([self.hashes, np.array(hashes, dtype=np.uint32)])
                # All or nothing: what fails here is done again for the next text.
                self.bits = np.concatenate([self.bits, word_bits(new)])
                self.hashes = longer
                self.words += new
                self._numbers.new = []
            return found


class _Numbers(dict[str, int]):
    """Numbers a word when it is first asked for; `new` are those that were."""

    def __init__(self) -> None:
        super().__init__()
        self.new: list[str] = []

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        self.new.append(word)
        return number


_vocabulary = Vocabulary()


@dataclass(frozen=True)
class Reading:
    """A folded text.

    Attributes:
        text: the folded text.
        codes: its characters as the classifier sees them: figures are 0, line ends and bars are blanks.
        starts: where each word begins.
        ends: one past its last character.
        vocabulary: what is known of distinct words.
        numbers: the number of each word in it.
        hashes: a hash of each word.
        bits: the groups of `triggers` that each word belongs to, a row a word.
    """

    text: str
    codes: Hashes
    starts: Integers
    ends: Integers
    vocabulary: Vocabulary
    numbers: Integers
    hashes: Hashes
    bits: Bits

    def words_between(self, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """The first word of each section, and one past its last."""
        first = np.searchsorted(self.ends, starts, side="right")
        return first, np.maximum(np.searchsorted(self.starts, ends, side="left"), first)

    def of_sections(self, starts: Integers, ends: Integers) -> Reading:
        """Only these sections, one behind the other; they ascend."""
        shifts = starts - np.concatenate([[0], np.cumsum(ends - starts)[:-1]])
        first, last = self.words_between(starts, ends)
        sections = list(zip(starts.tolist(), ends.tolist(), strict=True))
        words = np.concatenate([np.arange(*pair) for pair in zip(first.tolist(), last.tolist(), strict=True)])
        shift = np.repeat(shifts, last - first)
        return Reading(
            "".join(self.text[start:end] for start, end in sections),
            np.concatenate([self.codes[start:end] for start, end in sections]),
            self.starts[words] - shift,
            self.ends[words] - shift,
            self.vocabulary,
            self.numbers[words],
            self.hashes[words],
            self.bits[words],
        )

    def section_bits(self, starts: Integers, ends: Integers) -> Bits:
        """The groups of the words of each section, a row a section; sections ascend and hold whole words."""
        first, last = self.words_between(starts, ends)
        rows = np.concatenate([self.bits, np.zeros((1, COLUMNS), dtype=np.uint64)])
        pairs = np.column_stack([first, last]).reshape(-1)
        found: Bits = np.bitwise_or.reduceat(rows, pairs, axis=0)[::2]
        return found


def read(folded: str) -> Reading:
    """The words and characters of a folded text."""
    global _vocabulary
    codes = _codes(folded)
    is_word = _is_word(codes)
    edges = np.flatnonzero(np.diff(is_word, prepend=False, append=False))
    words = words_of(folded)
    if len(_vocabulary) > _MOST_WORDS:
        _vocabulary = Vocabulary()
    known = _vocabulary
    numbers = known.numbers(words)
    plain = np.where(codes < _ASCII, _PLAIN_CODES[np.minimum(codes, _ASCII - 1)], codes)
    starts, ends = edges[::2], edges[1::2]
    return Reading(folded, plain, starts, ends, known, numbers, known.hashes[numbers], known.bits[numbers])


def _codes(folded: str) -> Hashes:
    if folded.isascii():
        return np.frombuffer(folded.encode("ascii"), dtype=np.uint8).astype(np.uint32)
    return np.frombuffer(folded.encode("utf-32-le", errors="replace"), dtype=np.uint32)


def _is_word(codes: Hashes) -> NDArray[np.bool_]:
    is_word = _IS_ALNUM[np.minimum(codes, _ASCII - 1)]
    beyond = codes >= _ASCII
    if beyond.any():
        distinct, places = np.unique(codes[beyond], return_inverse=True)
        is_word[beyond] = np.array([chr(code).isalnum() for code in distinct])[places]
    return is_word
