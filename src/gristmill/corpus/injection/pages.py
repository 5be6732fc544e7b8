"""Ordinary pages on disk as Markdown text, for training and measuring.

A small reader of HTML, Markdown and plain text with the standard library alone. Documents of a source are read by the
parser of the corpus, not by this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from gristmill.errors import SourceError

_SUFFIXES = (".html", ".htm", ".md", ".txt")
_SPACE = re.compile(r"\s+")
_SKIPPED = frozenset({"script", "style", "head", "nav"})
_BLOCKS = frozenset(
    {"p", "div", "li", "dt", "dd", "tr", "br", "pre", "table", "ul", "ol", "dl", "blockquote", "section"}
)
_HEADINGS = {f"h{level}": f"\n\n{'#' * level} " for level in range(1, 7)}


class Page(NamedTuple):
    """A page: where it is and its text."""

    path: Path
    text: str

    @property
    def half(self) -> int:
        """0 or 1, by the stem of its name: adding pages does not change it, and translations stay together."""
        return sha256(self.path.name.split(".")[0].encode()).digest()[0] % 2


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipped = 0
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in _SKIPPED
        self._verbatim += tag == "pre"
        self.parts.append(_HEADINGS.get(tag, "\n" if tag in _BLOCKS else ""))

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in _SKIPPED and self._skipped > 0
        self._verbatim -= tag == "pre" and self._verbatim > 0
        self.parts.append("\n" if tag in _BLOCKS or tag in _HEADINGS else "")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.parts.append(data if self._verbatim else _SPACE.sub(" ", data))


def html_text(markup: str) -> str:
    """The visible text of an HTML page, headings as Markdown."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    return "".join(parser.parts)


def read_page(path: Path) -> Page:
    """One page of a folder."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    return Page(path, html_text(text) if path.suffix in {".html", ".htm"} else text)


def pages(places: Sequence[Path]) -> Iterator[Page]:
    """Every page of some files and folders, in order of name.

    Raises:
        SourceError: a place does not exist.
    """
    for place in places:
        if not place.exists():
            raise SourceError(f"There are no pages at {place}.", "Give a file or folder that exists.")
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (read_page(path) for path in found if _is_page(path))


def _is_page(path: Path) -> bool:
    """Whether a file is a page; the source text beside its HTML is the same page again."""
    is_source = path.suffix == ".txt" and path.with_suffix(".html").exists()
    return path.is_file() and path.name.endswith(_SUFFIXES) and not is_source
