"""Which rules can match in a section, told from its words: what makes screening an ordinary page cheap.

A rule declares groups of literals of which every match holds one each. A literal is looked for inside words only, and
each distinct word is looked at once per process, so a section costs one look-up a word. Too many rules may be named,
never too few.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.encodings import TELLING_BACKWARDS, TELLING_ROTATED
from gristmill.corpus.injection.phrases import RULES
from gristmill.corpus.injection.rules import Rule

__all__ = ["COLUMNS", "Due", "due_of", "sign_bits", "word_bits"]

_PIECE = re.compile(r" ?[a-z0-9]+ ?")
_BITS = 64
# A literal whose longest word is shorter stands in almost every section: it is looked for as it is.
_FEWEST_LETTERS = 2
# Words are looked up by their first four characters; shorter ones by all they have.
_HEADS = (4, 3, 2)
_SLOT_BITS = 16

_Group = tuple[str, ...]
Bits = NDArray[np.uint64]


def _groups() -> tuple[_Group, ...]:
    disguises = (TELLING_ROTATED, TELLING_BACKWARDS)
    return tuple(dict.fromkeys(group for rule in RULES for group in (rule.needs, *rule.also))) + disguises


_GROUPS = _groups()
COLUMNS = -(-len(_GROUPS) // _BITS)


def _word_of(literal: str) -> str:
    """The longest word of a literal, with a blank on a side where the word must end there; or nothing."""
    pieces = _PIECE.findall(re.sub(r"[^a-z0-9]+", " ", literal))
    longest = max(pieces, key=len, default="")
    return longest if len(longest.strip()) >= _FEWEST_LETTERS else ""


@cache
def _words() -> dict[str, tuple[tuple[str, int], ...]]:
    """By its first characters, each word that is looked for and the group it belongs to."""
    found: dict[str, list[tuple[str, int]]] = {}
    for number, group in enumerate(_GROUPS):
        for word in {_word_of(literal) for literal in group} - {""}:
            found.setdefault(word[: _HEADS[0]], []).append((word, number))
    return {head: tuple(words) for head, words in found.items()}


@cache
def _head_slots() -> tuple[tuple[int, NDArray[np.bool_]], ...]:
    """For each length of a head, the slots of the heads of that length."""
    slots = {length: np.zeros(1 << _SLOT_BITS, dtype=np.bool_) for length in _HEADS}
    for head in _words():
        slots[len(head)][_slots(np.frombuffer(head.encode(), dtype=np.uint8), len(head))] = True
    return tuple(slots.items())


def _slots(codes: NDArray[np.uint8], length: int) -> NDArray[np.uint32]:
    """A number for each run of so many characters; a few runs share one."""
    count = len(codes) - length + 1
    slots = codes[:count].astype(np.uint32)
    for offset in range(1, length):
        slots = slots * np.uint32(251) + codes[offset : offset + count]
    return (slots * np.uint32(2_654_435_761)) >> np.uint32(32 - _SLOT_BITS)


def word_bits(words: Sequence[str]) -> Bits:
    """The groups that folded words have a literal of, `COLUMNS` integers of 64 bits a word."""
    bits = np.zeros((len(words), COLUMNS), dtype=np.uint64)
    # Two blanks between words: a literal is in one of them, with a blank on a side at most.
    text = f" {'  '.join(words)} "
    codes = np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)
    is_head = np.zeros(len(codes), dtype=np.bool_)
    for length, slots in _head_slots():
        if len(codes) >= length:
            is_head[: len(codes) - length + 1] |= slots[_slots(codes, length)]
    places = np.flatnonzero(is_head)
    starts = np.cumsum([0, *(len(word) + 2 for word in words)])
    by_head = _words()
    for at, word in zip(places.tolist(), (np.searchsorted(starts, places, "right") - 1).tolist(), strict=True):
        for length in _HEADS:
            for literal, number in by_head.get(text[at : at + length], ()):
                if text.startswith(literal, at):
                    bits[word, number // _BITS] |= np.uint64(1 << number % _BITS)
    return bits


class Due(NamedTuple):
    """What a section has to be searched for."""

    rules: tuple[Rule, ...]
    rotated: bool
    backwards: bool


@cache
def _demands() -> tuple[Bits, NDArray[np.bool_]]:
    """The groups that each rule demands, and then each disguise, a row each; and whether it holds in plain sight."""
    numbers = {group: number for number, group in enumerate(_GROUPS)}
    demanded = [[numbers[group] for group in (rule.needs, *rule.also)] for rule in RULES]
    rows = np.zeros((len(RULES) + 2, COLUMNS), dtype=np.uint64)
    for row, groups in enumerate([*demanded, [len(_GROUPS) - 2], [len(_GROUPS) - 1]]):
        for number in groups:
            rows[row, number // _BITS] |= np.uint64(1 << number % _BITS)
    return rows, np.array([not rule.hidden_only for rule in RULES] + [True, True])


@cache
def sign_bits() -> tuple[tuple[str, Bits], ...]:
    """Literals without a word to look up, and the groups they belong to, as `word_bits` gives them for a word."""
    found: dict[str, Bits] = {}
    for number, group in enumerate(_GROUPS):
        for literal in group:
            if not _word_of(literal):
                bits = found.setdefault(literal, np.zeros(COLUMNS, dtype=np.uint64))
                bits[number // _BITS] |= np.uint64(1 << number % _BITS)
    return tuple(found.items())


def due_of(sections: Bits, is_hidden: Sequence[bool]) -> list[Due]:
    """What each section is to be searched for; a row of `sections` are the bits of its words and signs."""
    demands, in_plain_sight = _demands()
    held = ((sections[:, None, :] & demands) == demands).all(axis=2)
    held &= np.array(is_hidden, dtype=np.bool_)[:, None] | in_plain_sight
    due: list[list[int]] = [[] for _ in range(len(sections))]
    for section, number in zip(*(places.tolist() for places in np.nonzero(held)), strict=True):
        due[section].append(number)
    rotated, backwards = len(RULES), len(RULES) + 1
    return [
        Due(tuple(RULES[number] for number in numbers if number < rotated), rotated in numbers, backwards in numbers)
        for numbers in due
    ]
