"""Which sections of a text are worth looking at, and for what: one pass over the whole text for all of them.

Nothing is decided here. A section that is not named holds no match of a rule, no disguise and no suspicious wording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gristmill.corpus.injection.classifier import Classifier, Suspicion
from gristmill.corpus.injection.encodings import Disguises, has_digits_for_letters
from gristmill.corpus.injection.folding import Folded, fold
from gristmill.corpus.injection.reading import Integers, Reading, read
from gristmill.corpus.injection.rules import Rule
from gristmill.corpus.injection.sections import OVERLAP_CHARACTERS, Section
from gristmill.corpus.injection.triggers import Due, due_of

__all__ = ["Suspect", "suspects"]

# Letters set apart: four words of one letter, so close to each other.
_FEWEST_APART, _MOST_BETWEEN = 4, 3


@dataclass(frozen=True, slots=True)
class Suspect:
    """A section, the rules and disguises to try on it, and its most suspicious window, relative to the section."""

    span: Section
    rules: tuple[Rule, ...]
    disguises: Disguises
    suspicion: Suspicion | None

    @property
    def is_any(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.rules) or any(self.disguises) or self.suspicion is not None


def suspects(
    text: str, spans: Sequence[Section], classifier: Classifier | None, *, is_hidden: bool
) -> Iterator[Suspect]:
    """Every section of a text with what it has to be searched for, in order."""
    if not spans:
        return
    folded = fold(text)
    reading = read(folded.text)
    starts, ends, reach = (_places(folded, spans, text, extra) for extra in (None, 0, OVERLAP_CHARACTERS))
    dues = due_of(reading.section_bits(starts, reach), folded.text, is_hidden=is_hidden)
    disguises = _disguises(reading, starts, ends, dues)
    suspicions = _suspicions(reading, starts, ends, classifier)
    for span, due, tried, suspicion in zip(spans, dues, disguises, suspicions, strict=True):
        yield Suspect(span, due.rules, tried, suspicion)


def _places(folded: Folded, spans: Sequence[Section], text: str, extra: int | None) -> Integers:
    """Where sections start in the folded text, or where they end and how far they are read."""
    wanted = [span.start if extra is None else min(span.end + extra, len(text)) for span in spans]
    return np.array([folded.position(place) for place in wanted], dtype=np.int64)


def _disguises(reading: Reading, starts: Integers, ends: Integers, dues: Sequence[Due]) -> Iterator[Disguises]:
    digits = has_digits_for_letters(reading.text)
    apart = _letters_apart(reading, starts, ends)
    for due, is_apart in zip(dues, apart, strict=True):
        yield Disguises(due.rotated, due.backwards, digits, is_apart)


def _letters_apart(reading: Reading, starts: Integers, ends: Integers) -> list[bool]:
    """Whether each section has letters set apart, each a word of its own."""
    if " _ " in reading.text:
        return [True] * len(starts)
    single = reading.ends - reading.starts == 1
    near = np.concatenate([reading.starts[1:] - reading.ends[:-1] <= _MOST_BETWEEN, [False]])
    begins = single.copy()
    for step in range(1, _FEWEST_APART):
        begins[:-step] &= single[step:] & near[: len(near) - step]
        begins[len(begins) - step :] = False
    places = reading.starts[begins]
    found: list[bool] = (np.searchsorted(places, ends) > np.searchsorted(places, starts)).tolist()
    return found


def _suspicions(
    reading: Reading, starts: Integers, ends: Integers, classifier: Classifier | None
) -> list[Suspicion | None]:
    found: list[Suspicion | None] = [None] * len(starts)
    # Nothing is left of a section of invisible characters.
    held = np.flatnonzero(ends > starts).tolist() if classifier is not None else []
    if classifier is None or not held:
        return found
    spans = [(int(starts[at]), int(ends[at])) for at in held]
    for at, (start, _), best in zip(held, spans, classifier.most_suspicious_each(reading, spans), strict=True):
        if best.margin >= 0:
            found[at] = Suspicion(best.start - start, best.end - start, best.margin)
    return found
