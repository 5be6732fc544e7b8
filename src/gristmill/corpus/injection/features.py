"""What the classifier sees of a sentence: hashed runs of characters and of words.

Training and scoring share this module, so they cannot drift apart. Everything is vectorised over a section: a
gram is a start, an end and a bucket, and a window of text holds the grams that begin and end inside it.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKET_BITS = 16
BUCKETS = 1 << BUCKET_BITS
_CHARACTER_RUNS = (3, 4, 5)
_WORD_RUNS = (1, 2, 3)
# A classifier window: sentences shorter than the first join the next one, longer than the second are cut.
_SHORT_SENTENCE = 25
_LONG_SENTENCE = 300

# A line break inside a paragraph is no end of a sentence; before a blank line, a list item or a table row it is.
_BREAK = re.compile(r"[.!?:]['\")\]]{0,2}\s+|\n(?=[ \t]{0,8}(?:\n|[-*+#>|]|\d{1,3}[.)] ))")
_WORD = re.compile(r"[^\W_]+")
# Digits say nothing about intent; what is not a character breaks words alike.
_PLAIN = str.maketrans("123456789\n\t\r|", "000000000    ")
_LAST_ASCII = 127
_MIX = np.uint32(0x85EBCA6B)
_STEP = np.uint32(0x01000193)
_FIRST_WORD = np.uint32(0x9E3779B9)

# Added to the number of grams before the root: a heading of two words is no evidence.
SHRINKAGE = 50

_Integers = NDArray[np.int64]
_Hashes = NDArray[np.uint32]


class Grams(NamedTuple):
    """Grams of one kind in order; `starts` and `ends` both ascend."""

    starts: _Integers
    ends: _Integers
    buckets: _Integers


def sentence_windows(folded: str) -> _Integers:
    """Rows of start and end: every sentence, and every two sentences in a row."""
    cuts = _sentence_cuts(folded)
    single = np.column_stack([cuts[:-1], cuts[1:]])
    double = np.column_stack([cuts[:-2], cuts[2:]])
    return np.concatenate([single, double])


def _sentence_cuts(folded: str) -> _Integers:
    cuts = [0]
    for end in (*(match.end() for match in _BREAK.finditer(folded)), len(folded)):
        cuts.extend(range(cuts[-1] + _LONG_SENTENCE, end - _SHORT_SENTENCE, _LONG_SENTENCE))
        if end - cuts[-1] >= _SHORT_SENTENCE:
            cuts.append(end)
    if cuts[-1] != len(folded):
        cuts = [*cuts[:-1], len(folded)] if len(cuts) > 1 else [0, len(folded)]
    return np.array(cuts, dtype=np.int64)


def grams(folded: str, sentences: _Integers) -> list[Grams]:
    """All grams of a folded text; `sentences` are the starts of sentences, whose first words are grams of their own."""
    plain = folded.translate(_PLAIN)
    codes = np.frombuffer(plain.encode("utf-32-le", errors="replace"), dtype=np.uint32)
    words = [(match.start(), match.end()) for match in _WORD.finditer(plain)]
    found = [_character_grams(codes, run) for run in _CHARACTER_RUNS if len(codes) >= run]
    if words:
        found.extend(_word_grams(plain, np.array(words, dtype=np.int64), sentences))
    return found


def _character_grams(codes: _Hashes, run: int) -> Grams:
    count = len(codes) - run + 1
    hashes = np.full(count, run, dtype=np.uint32)
    for offset in range(run):
        hashes = hashes * _STEP ^ codes[offset : offset + count] * _MIX
    # Rules of dots and dashes would outweigh everything: a run counts if it has two letters.
    is_letter = (codes >= ord("a")) & ((codes <= ord("z")) | (codes > _LAST_ASCII))
    letters = np.concatenate([[0], np.cumsum(is_letter)])
    starts = np.flatnonzero(letters[run:] - letters[:-run] >= 2)
    return Grams(starts, starts + run, _buckets(hashes[starts]))


def _word_grams(plain: str, spans: _Integers, sentences: _Integers) -> list[Grams]:
    hashes = np.array([crc32(plain[start:end].encode(errors="replace")) for start, end in spans], dtype=np.uint32)
    found = [_run_of_words(hashes, spans, run) for run in _WORD_RUNS if len(spans) >= run]
    firsts = np.unique(np.searchsorted(spans[:, 0], sentences))
    firsts = firsts[firsts < len(spans)]
    found.append(Grams(spans[firsts, 0], spans[firsts, 1], _buckets(hashes[firsts] ^ _FIRST_WORD)))
    return found


def _run_of_words(hashes: _Hashes, spans: _Integers, run: int) -> Grams:
    count = len(hashes) - run + 1
    mixed = np.full(count, 0x51ED + run, dtype=np.uint32)
    for offset in range(run):
        mixed = (mixed ^ hashes[offset : offset + count]) * _STEP
    return Grams(spans[:count, 0], spans[run - 1 :, 1], _buckets(mixed))


def _buckets(hashes: _Hashes) -> _Integers:
    mixed = (hashes ^ (hashes >> np.uint32(15))) * _MIX
    return (mixed >> np.uint32(32 - BUCKET_BITS)).astype(np.int64)


class Bounds(NamedTuple):
    """For each window the first and one past the last gram inside it."""

    first: _Integers
    last: _Integers


def bounds(kind: Grams, windows: _Integers) -> Bounds:
    """Which grams of a kind lie inside each window."""
    first = np.searchsorted(kind.starts, windows[:, 0], side="left")
    last = np.searchsorted(kind.ends, windows[:, 1], side="right")
    return Bounds(first, np.maximum(first, last))
