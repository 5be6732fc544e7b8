"""Replace personal data by pseudonyms that stay the same for the same value.

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104) of the value in its normal form. Without the key nobody can test a
guess against it; the table from pseudonyms to values is made by `Masked.values` and belongs in a restricted place.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from gristmill.corpus.privacy.findings import Kind, PersonalData
from gristmill.errors import SettingsError

__all__ = ["Masked", "Replacement", "mask", "normal_form", "pseudonym"]

SHORTEST_KEY = 16  # bytes; below it the key itself could be guessed
HEX_DIGITS = 8  # 32 bits: among 10,000 people of one kind two share a pseudonym once in a hundred corpora
WRITTEN_WITH_SEPARATORS = frozenset(
    {Kind.PHONE, Kind.IBAN, Kind.CREDIT_CARD, Kind.NATIONAL_ID, Kind.PASSPORT, Kind.DRIVING_LICENCE}
)
CASE_MATTERS = frozenset({Kind.SECRET})


@dataclass(frozen=True, slots=True)
class Replacement:
    """A span of the original text and the span of the pseudonym that stands in its place."""

    kind: Kind
    old_start: int
    old_end: int
    new_start: int
    new_end: int
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Masked:
    """The text with pseudonyms, and what was replaced where. Holds no personal data itself."""

    text: str
    replacements: tuple[Replacement, ...]

    def to_original(self, offset: int) -> int:
        """The place in the original text; inside a pseudonym, the start of what it replaced."""
        index = bisect_right([r.new_start for r in self.replacements], offset) - 1
        if index < 0:
            return offset
        last = self.replacements[index]
        return last.old_start if offset < last.new_end else offset - last.new_end + last.old_end

    def to_masked(self, offset: int) -> int:
        """The place in the masked text; inside a replaced value, the start of its pseudonym."""
        index = bisect_right([r.old_start for r in self.replacements], offset) - 1
        if index < 0:
            return offset
        last = self.replacements[index]
        return last.new_start if offset < last.old_end else offset - last.old_end + last.new_end

    def values(self, original: str) -> dict[str, str]:
        """Pseudonym to value as first written: the restricted table."""
        return {r.pseudonym: original[r.old_start : r.old_end] for r in reversed(self.replacements)}


def mask(text: str, findings: Sequence[PersonalData], key: bytes) -> Masked:
    """Put pseudonyms in the place of findings (in order, without overlaps, as `find_personal_data` gives them).

    Raises:
        SettingsError: the key is shorter than 16 bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise SettingsError(
            f"The key for pseudonyms has {len(key)} bytes.", f"Set one of at least {SHORTEST_KEY} random bytes."
        )
    parts: list[str] = []
    replacements: list[Replacement] = []
    old = new = 0
    for finding in findings:
        name = pseudonym(finding.kind, text[finding.start : finding.end], key)
        parts += (text[old : finding.start], name)
        start = new + finding.start - old
        old, new = finding.end, start + len(name)
        replacements.append(Replacement(finding.kind, finding.start, old, start, new, name))
    return Masked("".join((*parts, text[old:])), tuple(replacements))


def pseudonym(kind: Kind, value: str, key: bytes) -> str:
    """`[PERSON-3fa2c1d0]` for one value of a kind."""
    message = f"{kind.value}:{normal_form(kind, value)}".encode()
    return f"[{kind.value}-{hmac.new(key, message, 'sha256').hexdigest()[:HEX_DIGITS]}]"


def normal_form(kind: Kind, value: str) -> str:
    """What counts as the same value: case, spaces and the separators in numbers do not."""
    value = unicodedata.normalize("NFKC", value)
    if kind in CASE_MATTERS:
        return value
    value = value.casefold()
    if kind is Kind.PHONE and value.lstrip().startswith("+"):
        value = "00" + value
    if kind in WRITTEN_WITH_SEPARATORS:
        return re.sub(r"\W|_", "", value)
    return " ".join(re.sub(r"[\s,;]+", " ", value).split())
