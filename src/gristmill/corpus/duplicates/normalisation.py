"""What counts as the same text: words without markup, case, punctuation and addresses."""

from __future__ import annotations

import re
from hashlib import blake2b

__all__ = ["SHINGLE_WORDS", "content_hash", "normalised_words", "shingles"]

# Three words: on 496 pages in two markups, five lose a tenth of the pairs to markup within the sentence; two bring
# pages about different things together.
SHINGLE_WORDS = 3
_FRONT_MATTER = re.compile(r"\A---\n.{0,4000}?\n(?:---\n|\n(?=#))", re.DOTALL)
# Link targets with their titles, roles and directives of reStructuredText, tags, addresses.
_NOT_TEXT = re.compile(
    r"\]\([^)\s]*(?:\s+\"[^\"\n]*\")?\)|:[\w:+-]+:(?=`)|^\s*\.\. [\w:-]+::|<[^<>\s][^<>\n]{0,300}>|https?://\S+",
    re.MULTILINE,
)
_WORD = re.compile(r"[^\W_]+")


def normalised_words(text: str) -> list[str]:
    """The words of a text, the same for Markdown, HTML as Markdown, reStructuredText and plain text."""
    return " ".join(_WORD.findall(_NOT_TEXT.sub(" ", _FRONT_MATTER.sub("", text)))).casefold().split()


def content_hash(words: list[str]) -> str:
    """The same for texts that differ only in markup, case and punctuation."""
    return blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=16).hexdigest()


def shingles(words: list[str]) -> set[str]:
    """Runs of three words; a shorter text is one shingle."""
    if len(words) < SHINGLE_WORDS:
        return {" ".join(words)} if words else set()
    return set(map(" ".join, zip(*(words[offset:] for offset in range(SHINGLE_WORDS)), strict=False)))
