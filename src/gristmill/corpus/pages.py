"""Where each page of a paged document begins in its Markdown text.

The parsing library gives the Markdown of a whole document, and the plain text of each page, but not where the one lies
in the other. The first words of each page are looked for, in order, ignoring all that is not a letter or a digit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gristmill.fingerprint import text_hash

# Long enough to be unlikely twice, short enough that a table set otherwise does not break it.
_PROBE = 28
_TRIES = 6


@dataclass(frozen=True)
class PageStart:
    """A page's number, from 1, and the offset of its first character in the text."""

    page: int
    start: int


def locate_pages(text: str, pages: Sequence[str]) -> list[PageStart]:
    """Return the pages that could be found, in order; a page without text of its own is left out."""
    letters, offsets = _letters(text)
    found: list[PageStart] = []
    at = 0
    for number, page in enumerate(pages, 1):
        place = _find(letters, _letters(page)[0], at)
        if place is not None:
            found.append(PageStart(number, 0 if number == 1 else offsets[place]))
            at = place + 1
    return found


def page_at(pages: Sequence[PageStart], offset: int) -> int | None:
    """Return the number of the page that holds `offset`."""
    after = bisect_left([page.start for page in pages], offset + 1)
    return pages[after - 1].page if after else None


def paged_text_hash(text: str, pages: Iterable[tuple[int, int]]) -> str:
    """Return the hash by which a text with its pages, as number and start, is stored."""
    return text_hash(f"{[{'page': page, 'start': start} for page, start in pages]}\n{text}")


def _letters(text: str) -> tuple[str, list[int]]:
    kept = [(character.lower(), at) for at, character in enumerate(text) if character.isalnum()]
    return "".join(c[0] for c, _ in kept), [at for _, at in kept]


def _find(letters: str, page: str, at: int) -> int | None:
    for skip in range(0, min(len(page), _PROBE * _TRIES), _PROBE):
        probe = page[skip : skip + _PROBE]
        place = letters.find(probe, at) if len(probe) >= _PROBE // 2 or (skip == 0 and probe) else -1
        if place >= 0:
            return max(at, place - skip)
    return None
