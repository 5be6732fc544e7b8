"""Which sections of some joined texts are worth looking at, and for what: one pass over them all together.

Nothing is decided here. A section that is not named holds no match of a rule, no disguise and no suspicious wording.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.classifier import Classifier, Suspicion
from gristmill.corpus.injection.encodings import Disguises, has_digits_for_letters
from gristmill.corpus.injection.folding import Folded, fold
from gristmill.corpus.injection.reading import Integers, Reading, read
from gristmill.corpus.injection.rules import Rule, needed
from gristmill.corpus.injection.sections import Piece, Place
from gristmill.corpus.injection.triggers import Due, due_of, sign_bits

__all__ = ["Suspect", "suspects"]

# Letters set apart: four words of one letter, so close to each other.
_FEWEST_APART, _MOST_BETWEEN = 4, 3
# A line is set apart like a letter, and is no word.
_LINE_APART = " _ "


@dataclass(frozen=True, slots=True)
class Suspect:
    """A section, the rules and disguises to try on it, and its most suspicious window, relative to the section.

    `folded` is its text as far as it is read, of which the first `own` characters are the section's.
    """

    place: Place
    folded: str
    own: int
    rules: tuple[Rule, ...]
    disguises: Disguises
    suspicion: Suspicion | None

    @property
    def is_any(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.rules) or any(self.disguises) or self.suspicion is not None


@dataclass(frozen=True)
class _Sections:
    """Where sections begin and end in the folded text, and how far they are read; ascending."""

    starts: Integers
    ends: Integers
    reach: Integers

    def hold(self, literal: str, text: str) -> NDArray[np.bool_]:
        """Which sections a literal stands in, as far as they are read."""
        found = np.array([match.start() for match in re.finditer(re.escape(literal), text)], dtype=np.int64)
        held: NDArray[np.bool_] = np.searchsorted(found, self.reach) > np.searchsorted(found, self.starts)
        return held


def suspects(text: str, places: Sequence[Place], classifier: Classifier | None) -> Iterator[Suspect]:
    """Every section of a text with what it has to be searched for, in order."""
    if not places:
        return
    folded = fold(text)
    reading = read(folded.text)
    sections = _sections(folded, places)
    bits = reading.section_bits(sections.starts, sections.reach)
    for literal, sign in sign_bits():
        if literal in folded.text:
            bits |= np.where(sections.hold(literal, folded.text)[:, None], sign, np.uint64(0))
    dues = due_of(bits, [place.piece.is_hidden for place in places])
    disguises = _disguises(reading, sections, dues, places, folded)
    suspicions = _suspicions(reading, sections.starts, sections.ends, classifier)
    spans = zip(sections.starts.tolist(), sections.ends.tolist(), sections.reach.tolist(), strict=True)
    for place, (start, end, reach), due, tried, suspicion in zip(
        places, spans, dues, disguises, suspicions, strict=True
    ):
        seen = folded.text[start:reach]
        yield Suspect(place, seen, end - start, needed(seen, due.rules), tried, suspicion)


def _sections(folded: Folded, places: Sequence[Place]) -> _Sections:
    at = folded.position
    rows = [(at(place.span.start), at(place.span.end), at(place.reach)) for place in places]
    return _Sections(*np.array(rows, dtype=np.int64).T)


def _disguises(
    reading: Reading, sections: _Sections, dues: Sequence[Due], places: Sequence[Place], folded: Folded
) -> Iterator[Disguises]:
    digits = _digits_for_letters(reading.text, places, folded)
    apart = _letters_apart(reading, sections)
    for place, due, is_apart in zip(places, dues, apart, strict=True):
        yield Disguises(due.rotated, due.backwards, place.piece in digits, is_apart)


def _digits_for_letters(text: str, places: Sequence[Place], folded: Folded) -> Collection[Piece]:
    """The pieces that have words of instructions once figures are read as letters."""
    if not has_digits_for_letters(text):
        return ()
    at, pieces = folded.position, {place.piece for place in places}
    return {piece for piece in pieces if has_digits_for_letters(text[at(piece.start) : at(piece.end)])}


def _letters_apart(reading: Reading, sections: _Sections) -> list[bool]:
    """Whether each section has letters set apart, each a word of its own."""
    single = reading.ends - reading.starts == 1
    near = np.concatenate([reading.starts[1:] - reading.ends[:-1] <= _MOST_BETWEEN, [False]])
    begins = single.copy()
    for step in range(1, _FEWEST_APART):
        begins[:-step] &= single[step:] & near[: len(near) - step]
        begins[len(begins) - step :] = False
    places = reading.starts[begins]
    found = np.searchsorted(places, sections.ends) > np.searchsorted(places, sections.starts)
    if _LINE_APART in reading.text:
        found |= sections.hold(_LINE_APART, reading.text)
    return [bool(one) for one in found]


def _suspicions(
    reading: Reading, starts: Integers, ends: Integers, classifier: Classifier | None
) -> list[Suspicion | None]:
    found: list[Suspicion | None] = [None] * len(starts)
    # Nothing is left of a section of invisible characters.
    held = np.flatnonzero(ends > starts).tolist() if classifier is not None else []
    if classifier is None or not held:
        return found
    for number, best in classifier.suspicious(reading, starts[held], ends[held]).items():
        found[held[number]] = best
    return found
