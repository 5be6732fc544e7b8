"""What the classifier sees of a sentence: hashed runs of characters and of words.

Training and scoring share this module, so they cannot drift apart. Everything is vectorised over a whole text: grams of
one kind stand in order, and a window holds those that begin and end inside it, so its sum is a difference of two sums.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.reading import Hashes, Integers, Reading

BUCKET_BITS = 16
BUCKETS = 1 << BUCKET_BITS
_CHARACTER_RUNS = (3, 4, 5)
_WORD_RUNS = (1, 2, 3)
# A classifier window: sentences shorter than the first join the next one, longer than the second are cut.
_SHORT_SENTENCE = 25
_LONG_SENTENCE = 300

# A line break inside a paragraph is no end of a sentence; before a blank line, a list item or a table row it is.
_BREAK = re.compile(r"[.!?:]['\")\]]{0,2}\s+|\n(?=[ \t]{0,8}(?:\n|[-*+#>|]|\d{1,3}[.)] ))")
_LAST_ASCII = 127
_MIX = np.uint32(0x85EBCA6B)
_STEP = np.uint32(0x01000193)
_FIRST_WORD = np.uint32(0x9E3779B9)

# Added to the number of grams before the root: a heading of two words is no evidence.
SHRINKAGE = 50


class Grams(NamedTuple):
    """Grams of one kind, and which of them lie inside each window: `first` up to, without, `last`.

    `counted` is false for grams that do not count. `of_words` tells words from characters, and `longer` by how many a
    gram is longer than the shortest of them.
    """

    buckets: Integers
    counted: NDArray[np.bool_]
    first: Integers
    last: Integers
    of_words: bool
    longer: int = 0
    is_first_word: bool = False


class Windows(NamedTuple):
    """Rows of start and end, and the number of the part that each belongs to.

    First come the sentences of all parts, then every two in a row; both in order of parts.
    """

    rows: Integers
    parts: Integers


def sentence_windows(folded: str, start: int = 0, end: int | None = None) -> Integers:
    """Rows of start and end: every sentence of a part of the text, and every two sentences in a row."""
    return windows_of(folded, [(start, len(folded) if end is None else end)]).rows


def windows_of(folded: str, spans: Sequence[tuple[int, int]]) -> Windows:
    """The windows of several parts of a text."""
    listed = [_sentence_cuts(folded, start, end) for start, end in spans]
    cuts = np.fromiter(chain.from_iterable(listed), dtype=np.int64)
    parts = np.repeat(np.arange(len(listed)), [len(one) for one in listed])
    rows, owners = [], []
    for step in (1, 2):
        inside = parts[step:] == parts[:-step]
        rows.append(np.column_stack([cuts[:-step][inside], cuts[step:][inside]]))
        owners.append(parts[step:][inside])
    return Windows(np.concatenate(rows), np.concatenate(owners))


def _sentence_cuts(folded: str, start: int, stop: int) -> list[int]:
    cuts = [start]
    for end in (*(match.end() for match in _BREAK.finditer(folded, start, stop)), stop):
        cuts.extend(range(cuts[-1] + _LONG_SENTENCE, end - _SHORT_SENTENCE, _LONG_SENTENCE))
        if end - cuts[-1] >= _SHORT_SENTENCE:
            cuts.append(end)
    if cuts[-1] != stop:
        cuts = [*cuts[:-1], stop] if len(cuts) > 1 else [start, stop]
    return cuts


def grams(reading: Reading, windows: Integers) -> Iterator[Grams]:
    """All grams of a text, kind by kind; the first words of windows are grams of their own."""
    codes = reading.codes
    mixed = codes * _MIX
    is_letter = (codes >= ord("a")) & ((codes <= ord("z")) | (codes > _LAST_ASCII))
    letters = np.concatenate([[0], np.cumsum(is_letter, dtype=np.int32)])
    for run in _CHARACTER_RUNS:
        if len(codes) >= run:
            yield _character_grams(mixed, letters, run, windows)
    first = np.searchsorted(reading.starts, windows[:, 0], side="left")
    last = np.maximum(np.searchsorted(reading.ends, windows[:, 1], side="right"), first)
    for run in _WORD_RUNS:
        if len(reading.hashes) >= run:
            yield _word_grams(reading.hashes, run, first, last)
    if len(reading.hashes):
        is_first = np.zeros(len(reading.hashes), dtype=np.bool_)
        is_first[first[first < len(is_first)]] = True
        yield Grams(_buckets(reading.hashes ^ _FIRST_WORD), is_first, first, last, True, is_first_word=True)


def _character_grams(mixed: Hashes, letters: NDArray[np.int32], run: int, windows: Integers) -> Grams:
    count = len(mixed) - run + 1
    hashes = np.full(count, run, dtype=np.uint32)
    for offset in range(run):
        hashes *= _STEP
        hashes ^= mixed[offset : offset + count]
    # Rules of dots and dashes would outweigh everything: a run counts if it has two letters.
    counted = letters[run:] - letters[:-run] >= 2
    first = np.minimum(windows[:, 0], count)
    last = np.clip(windows[:, 1] - run + 1, first, count)
    return Grams(_buckets(hashes), counted, first, last, False, run - _CHARACTER_RUNS[0])


def word_grams(words: Hashes, run: int) -> Integers:
    """The buckets of so many words in a row, wherever such a run begins."""
    count = max(len(words) - run + 1, 0)
    mixed = np.full(count, 0x51ED + run, dtype=np.uint32)
    for offset in range(run):
        mixed ^= words[offset : offset + count]
        mixed *= _STEP
    return _buckets(mixed)


def _word_grams(words: Hashes, run: int, first: Integers, last: Integers) -> Grams:
    buckets = word_grams(words, run)
    count = len(buckets)
    begin = np.minimum(first, count)
    end = np.clip(last - run + 1, begin, count)
    return Grams(buckets, np.ones(count, dtype=np.bool_), begin, end, True, run - _WORD_RUNS[0])


def _buckets(hashes: Hashes) -> Integers:
    mixed = (hashes ^ (hashes >> np.uint32(15))) * _MIX
    return (mixed >> np.uint32(32 - BUCKET_BITS)).astype(np.int64)
