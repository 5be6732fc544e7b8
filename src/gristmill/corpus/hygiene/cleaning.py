"""Cleans one text and remembers where every character came from.

Passes are small functions from a text to edits; they are repeated until nothing changes, so cleaning twice is
cleaning once. What is hidden by the layout of a file is not known here: see `hidden`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gristmill.corpus.hygiene.characters import NOTABLE, beyond_plain_ascii, character_edits
from gristmill.corpus.hygiene.mojibake import MOJIBAKE_SIGN, mojibake_edits, mojibake_left
from gristmill.corpus.hygiene.normal_form import normal_form_edits
from gristmill.corpus.hygiene.offsets import IDENTITY, Edit, OffsetMap, apply_edits

__all__ = ["SMUGGLING_KINDS", "CleanText", "Finding", "clean"]

# Kinds that a person does not type: worth a look in any document.
SMUGGLING_KINDS = frozenset({"zero_width", "bidi_control", "tag_characters", "invisible", "private_use"})
# Mojibake comes first: it needs the control characters and no-break spaces that the next pass takes out.
_PASSES: tuple[Callable[[str], Iterator[Edit]], ...] = (mojibake_edits, character_edits, normal_form_edits)
_MAX_ROUNDS = 6
_KEPT_OFFSETS = 5
_EXCERPT_EACH_SIDE = 20
_LONGEST_EXCERPT = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one kind: how many characters, and the first places in the original."""

    kind: str
    count: int
    offsets: tuple[int, ...]
    excerpt: str


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text without what a reader cannot see, with the way back to the original."""

    text: str
    offsets: OffsetMap = IDENTITY
    findings: tuple[Finding, ...] = ()

    def to_original(self, offset: int) -> int:
        """The offset in the original of the character at `offset` of `text`."""
        return self.offsets.to_original(offset)

    def to_clean(self, offset: int) -> int:
        """The offset in `text` of the character at `offset` of the original."""
        return self.offsets.to_clean(offset)


@dataclass(slots=True)
class _Tally:
    """Counts edits by kind while they are applied."""

    original: str
    offsets: OffsetMap = IDENTITY
    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)
    samples: dict[str, str] = field(default_factory=dict)

    def watch(self, edits: Iterator[Edit], text: str) -> Iterator[Edit]:
        for edit in edits:
            self.note(edit.kind, edit.start, edit.end, text)
            yield edit

    def note(self, kind: str, start: int, end: int, text: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + end - start
        places = self.places.get(kind)
        if places is None or len(places) < _KEPT_OFFSETS:
            places = self.places.setdefault(kind, [])
            places.append(self.offsets.to_original(start))
            self.samples.setdefault(kind, text[start : min(end, start + _LONGEST_EXCERPT)])

    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(kind, count, tuple(self.places[kind]), _excerpt(self.original, self.places[kind][0], sample))
            for kind, count in sorted(self.counts.items())
            for sample in (self.samples[kind],)
        )


def clean(text: str) -> CleanText:
    """The text in normal form C without invisible, control and wrongly decoded characters.

    Joiners that change a spelling (emoji, Indic, Persian) stay. Plain ASCII comes back as it is, in about a
    microsecond per kB. Nothing is raised: what cannot be repaired is a finding (`replacement_character`,
    `mojibake_left`).
    """
    rest = beyond_plain_ascii(text)
    if not rest:
        return CleanText(text)
    tally = _Tally(text)
    cleaned = _cleaned(text, tally) if _needs_work(rest, text) else text
    _report_what_is_left(cleaned, tally)
    return CleanText(cleaned, tally.offsets, tally.findings())


def _needs_work(rest: str, text: str) -> bool:
    notable = NOTABLE.search("".join(set(rest))) or MOJIBAKE_SIGN.search(rest)
    return notable is not None or not unicodedata.is_normalized("NFC", text)


def _cleaned(text: str, tally: _Tally) -> str:
    for _ in range(_MAX_ROUNDS):
        before = text
        for step in _PASSES:
            text, offsets = apply_edits(text, tally.watch(step(text), text))
            tally.offsets = tally.offsets.then(offsets)
        if text == before or not _needs_work(beyond_plain_ascii(text), text):
            break
    return text


def _report_what_is_left(text: str, tally: _Tally) -> None:
    for match in re.finditer("\ufffd+", text) if "\ufffd" in text else ():
        tally.note("replacement_character", match.start(), match.end(), text)
    for start, end in mojibake_left(text):
        tally.note("mojibake_left", start, end, text)


def _excerpt(original: str, place: int, sample: str) -> str:
    """The place with its neighbours, invisible characters written out; text smuggled in tag characters decoded."""
    if "\U000e0020" <= sample[0] <= "\U000e007e":
        return "".join(chr(ord(c) - 0xE0000) for c in sample if "\U000e0020" <= c <= "\U000e007e")
    around = original[max(0, place - _EXCERPT_EACH_SIDE) : place + _EXCERPT_EACH_SIDE]
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in around)
