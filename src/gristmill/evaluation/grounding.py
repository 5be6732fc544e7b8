"""Finds the evidence of questions in the documents as they are now, or says why it cannot be found.

A quote is looked for word by word, then without regard to blanks, emphasis and case, then nearly, close to where it
stood. Figures must be the same in all three: a changed figure is changed evidence, not a misspelling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import Enum

from gristmill.evaluation.questions import Evidence, Question
from gristmill.identity import may_see

_MARKS = frozenset("*\\_`")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LEAST_LIKENESS = 0.85
# 'warden' and 'wardens' are one word, 'thirty' and 'forty' are not.
_SAME_WORD = 0.7
_LONG_WORD = 4
_DENIALS = frozenset({"not", "no", "never", "none", "nicht", "kein", "keine", "nie", "ne", "pas", "jamais"})
# A paragraph moves by a page when something is put in before it, seldom by more.
_AROUND = 4_000
# A quote of fewer characters stands in many documents by chance.
_LEAST_TO_MOVE = 20


class Found(str, Enum):
    """How a quote was found."""

    VERBATIM = "verbatim"
    NORMALISED = "normalised"
    NEARLY = "nearly"
    MOVED = "in another document"

    __str__ = str.__str__


@dataclass(frozen=True)
class Folded:
    """Text as quotes are compared, and where each of its characters stands in the original."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, length: int) -> tuple[int, int]:
        """Return the original span of `length` folded characters from `start` on."""
        return self.places[start], self.places[start + length - 1] + 1


@dataclass(frozen=True)
class Corpus:
    """The accepted documents as they are now: their texts and who may see them."""

    texts: Mapping[str, str]
    audiences: Mapping[str, Sequence[str]]


def folded(text: str) -> Folded:
    """Return text with blanks folded, marks of emphasis taken off and case ignored."""
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character in _MARKS:
            continue
        if character.isspace():
            if kept and kept[-1] != " ":
                kept.append(" ")
                places.append(place)
            continue
        for lowered in character.casefold():
            kept.append(lowered)
            places.append(place)
    return Folded("".join(kept), tuple(places))


def fold(text: str) -> str:
    """Return the folded text alone."""
    return folded(text).text.strip()


def ground(question: Question, corpus: Corpus) -> Question:
    """Return a question with its evidence where it stands now, or set aside with the reason."""
    evidence = tuple(_located(each, question, corpus) for each in question.evidence)
    reason = _why_aside(question, evidence, corpus)
    return replace(question, evidence=evidence, set_aside=reason)


def locate(text: str, quote: str, near: int = -1) -> tuple[Found, int, int] | None:
    """Return how and where `quote` stands in `text`; of several places the one nearest to `near`.

    Args:
        text: of a document.
        quote: what is looked for.
        near: where it stood before; -1 when that is not known.
    """
    if not quote.strip():
        return None
    if (start := _nearest(text, quote, near)) >= 0:
        return Found.VERBATIM, start, start + len(quote)
    whole, wanted = folded(text), fold(quote)
    if (start := _nearest(whole.text, wanted, near)) >= 0:
        return Found.NORMALISED, *whole.span(start, len(wanted))
    return _nearly(whole, wanted, near)


def _located(evidence: Evidence, question: Question, corpus: Corpus) -> Evidence:
    text = corpus.texts.get(evidence.document)
    if text is not None:
        found = locate(text, evidence.quote, evidence.start)
        return replace(evidence, found="", start=-1, end=-1) if found is None else _at(evidence, *found)
    if len(evidence.quote) >= _LEAST_TO_MOVE:
        for document, other in corpus.texts.items():
            start = other.find(evidence.quote)
            if start >= 0 and may_see(corpus.audiences[document], question.groups):
                moved = replace(evidence, document=document)
                return _at(moved, Found.MOVED, start, start + len(evidence.quote))
    return replace(evidence, found="", start=-1, end=-1)


def _at(evidence: Evidence, found: Found, start: int, end: int) -> Evidence:
    return replace(evidence, found=str(found), start=start, end=end)


def _why_aside(question: Question, evidence: Sequence[Evidence], corpus: Corpus) -> str | None:
    """Return why a question does not count. One that has no answer is asked whatever becomes of the documents."""
    if not question.answerable:
        return None
    for each in evidence:
        if each.document not in corpus.texts:
            return f"its document {each.document} is not accepted any more"
        if not each.found:
            return f"its evidence is not in {each.document} any more: “{each.quote[:80]}”"
        if not may_see(corpus.audiences[each.document], question.groups):
            return f"its asker may not see {each.document} any more"
    return None


def _nearest(text: str, quote: str, near: int) -> int:
    first = text.find(quote)
    if near < 0 or first < 0:
        return first
    best, place = first, first
    while place >= 0:
        if abs(place - near) < abs(best - near):
            best = place
        place = text.find(quote, place + 1)
    return best


def _nearly(whole: Folded, wanted: str, near: int) -> tuple[Found, int, int] | None:
    """Align the quote with its longest common piece, and compare what stands there."""
    low = 0 if near < 0 else max(0, near - _AROUND)
    region = whole.text[low : None if near < 0 else near + len(wanted) + _AROUND]
    match = SequenceMatcher(None, region, wanted, autojunk=False).find_longest_match()
    if match.size < min(12, len(wanted)):
        return None
    start = max(0, match.a - match.b)
    window = region[start : start + len(wanted)]
    alike = SequenceMatcher(None, window, wanted, autojunk=False).ratio()
    if alike < _LEAST_LIKENESS or not _says_the_same(window, wanted):
        return None
    return Found.NEARLY, *whole.span(low + start, len(window))


def _says_the_same(window: str, wanted: str) -> bool:
    """Say whether only spelling differs: the same figures, a counterpart for each longer word, no new denial."""
    if _NUMBER.findall(window) != _NUMBER.findall(wanted):
        return False
    there, quoted = _WORD.findall(window), _WORD.findall(wanted)
    for kind, low, high, first, last in SequenceMatcher(None, quoted, there, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        new = there[first:last]
        if _DENIALS & set(new):
            return False
        for word in quoted[low:high]:
            if len(word) >= _LONG_WORD and not any(SequenceMatcher(None, word, w).ratio() >= _SAME_WORD for w in new):
                return False
    return True
