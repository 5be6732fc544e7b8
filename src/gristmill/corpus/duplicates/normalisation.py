"""What counts as the same text: words without markup, case, punctuation and addresses."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b

from gristmill.corpus.headings import FRONT_MATTER
from gristmill.corpus.wording import with_blanks

__all__ = ["SHINGLE_WORDS", "content_hash", "normalised_heading", "normalised_words", "shingles"]

# Three words: on 496 pages in two markups, five lose a tenth of the pairs to markup within the sentence; two bring
# pages about different things together.
SHINGLE_WORDS = 3
# Link targets with their titles, roles and directives of reStructuredText, tags, addresses: each with what stands in
# every match. Most texts have one or two of them, and an expression of those alone costs a tenth.
_NOT_TEXT = (
    ("](", r"\]\([^)\s]*(?:\s+\"[^\"\n]*\")?\)"),
    (":`", r":[\w:+-]+:(?=`)"),
    (".. ", r"^\s*\.\. [\w:-]+::"),
    ("<", r"<[^<>\s][^<>\n]{0,300}>"),
    ("://", r"https?://\S+"),
)


def normalised_words(text: str) -> list[str]:
    """The words of a text, the same for Markdown, HTML as Markdown, reStructuredText and plain text."""
    text = FRONT_MATTER.sub("", text)
    forms = tuple(form for sign, form in _NOT_TEXT if sign in text)
    return with_blanks(_any_of(forms).sub(" ", text) if forms else text).casefold().split()


def normalised_heading(heading: str) -> str:
    """The words of a heading, by which two texts call themselves the same."""
    return " ".join(normalised_words(heading))


@cache
def _any_of(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.MULTILINE)


def content_hash(words: list[str]) -> str:
    """The same for texts that differ only in markup, case and punctuation."""
    return blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=16).hexdigest()


def shingles(words: list[str]) -> set[str]:
    """Runs of three words; a shorter text is one shingle."""
    if len(words) < SHINGLE_WORDS:
        return {" ".join(words)} if words else set()
    return set(map(" ".join, zip(*(words[offset:] for offset in range(SHINGLE_WORDS)), strict=False)))
