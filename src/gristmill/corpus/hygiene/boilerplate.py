"""Text that says nothing about its document: page headers and footers, and blocks that a whole folder of pages shares.

Everything here only marks spans; whether they are dropped is the caller's decision. Counting a folder is incremental:
a document is added or taken away by its line hashes, and nothing else of it is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, islice
from typing import NamedTuple

from gristmill.corpus.hygiene.offsets import Span

__all__ = [
    "BoilerplateModel",
    "EdgeLine",
    "RepeatedLine",
    "edge_lines",
    "merged_spans",
    "page_lines",
    "repeated_lines_across_pages",
    "shared_edges",
]

# A header has at most this many lines; real documents rarely have more than three.
_EDGE_LINES = 3
_FEWEST_PAGES = 3
_SHARE_OF_PAGES = 0.6
_FEWEST_DOCUMENTS = 5
_SHARE_OF_DOCUMENTS = 0.3
# A lone repeated line is boilerplate only when it is long enough not to be "## Safety" or "Owner: N.N.".
_SHORTEST_LONE_LINE = 40
# Navigation of manuals has up to ten lines on either side.
_LINES_OF_EDGE = 12
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]{2}")


class RepeatedLine(NamedTuple):
    """A header or footer line: its page's index and its span within that page's text."""

    page: int
    start: int
    end: int
    position: str


class EdgeLine(NamedTuple):
    """A line with words near the beginning or end of a text: its number among such lines, span and hash."""

    number: int
    start: int
    end: int
    hash: int


class _Line(NamedTuple):
    start: int
    end: int
    text: str


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if stripped := text[start:end].strip():
            yield _Line(start, end, stripped)
        start = end + 1


def edge_lines(text: str) -> list[EdgeLine]:
    """The first and last lines with words, in which navigation, headers and footers stand. Numbers tell neighbours."""
    ahead = _worded(_lines(text))
    first = list(islice(ahead, 2 * _LINES_OF_EDGE))
    if len(first) < 2 * _LINES_OF_EDGE:
        return [EdgeLine(number, line.start, line.end, _hash(line.text)) for number, line in enumerate(first)]
    last = list(islice(_worded(_lines_from_the_end(text)), _LINES_OF_EDGE))[::-1]
    # What stands between is not counted: only neighbours have numbers in a row.
    between = 0 if last[0].start <= first[_LINES_OF_EDGE].start else 1
    numbered = enumerate([*first[:_LINES_OF_EDGE], *last])
    return [
        EdgeLine(number + between * (number >= _LINES_OF_EDGE), line.start, line.end, _hash(line.text))
        for number, line in numbered
    ]


def _worded(lines: Iterable[_Line]) -> Iterator[_Line]:
    # Two letters at the beginning are the usual case, and found at a third of the price.
    return (line for line in lines if (line.text[:2].isalpha() and len(line.text) > 1) or _WORD.search(line.text))


def _lines_from_the_end(text: str) -> Iterator[_Line]:
    end = len(text)
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        if stripped := text[start:end].strip():
            yield _Line(start, end, stripped)
        end = start - 1


def shared_edges(lines: Sequence[EdgeLine]) -> list[Span]:
    """The spans to mark among the edge lines that many documents share: two in a row, or one long one."""
    runs: list[list[EdgeLine]] = []
    for line in lines:
        if runs and runs[-1][-1].number + 1 == line.number:
            runs[-1].append(line)
        else:
            runs.append([line])
    return [
        Span(run[0].start, run[-1].end)
        for run in runs
        if len(run) > 1 or run[0].end - run[0].start >= _SHORTEST_LONE_LINE
    ]


def page_lines(text: str, pages: Sequence[tuple[int, int]]) -> list[Span]:
    """Headers and footers of a paged text; `pages` are (number, start).

    The first of each is left: it says once which edition this is.
    """
    if len(pages) < _FEWEST_PAGES:
        return []
    starts = [start for _, start in pages]
    bounds = list(zip(starts, [*starts[1:], len(text)], strict=True))
    said: set[str] = set()
    spans = []
    for page, start, end, _ in repeated_lines_across_pages([text[start:end] for start, end in bounds]):
        span = Span(bounds[page][0] + start, bounds[page][0] + end)
        key = _DIGITS.sub("#", text[slice(*span)].strip().lower())
        if key in said:
            spans.append(span)
        said.add(key)
    return merged_spans(spans)


def merged_spans(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap as one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def repeated_lines_across_pages(pages: Sequence[str]) -> list[RepeatedLine]:
    """Lines at the top or bottom of most pages of one document, page numbers set aside.

    Rows of tables are never headers: a table that goes on over pages repeats its head for a reason.
    """
    if len(pages) < _FEWEST_PAGES:
        return []
    lines = [list(_lines(page)) for page in pages]
    return sorted(chain(_repeated(lines, "header"), _repeated(lines, "footer")))


def _repeated(pages: list[list[_Line]], position: str) -> Iterator[RepeatedLine]:
    edges = [page[:_EDGE_LINES] if position == "header" else page[-_EDGE_LINES:] for page in pages]
    counts = Counter(key for edge in edges for key in {_page_key(line) for line in edge})
    needed = max(_FEWEST_PAGES, _SHARE_OF_PAGES * len(pages))
    for number, edge in enumerate(edges):
        for line in edge:
            if counts[_page_key(line)] >= needed and not line.text.startswith("|"):
                yield RepeatedLine(number, line.start, line.end, position)


def _page_key(line: _Line) -> str:
    return _DIGITS.sub("#", line.text.lower())


@dataclass(slots=True)
class BoilerplateModel:
    """How many documents of one folder tree hold each line, by the line's 64-bit hash."""

    counts: Counter[int] = field(default_factory=Counter)
    documents: int = 0

    @classmethod
    def from_counts(cls, counts: Mapping[int, int], documents: int) -> BoilerplateModel:
        """A model from its stored table of (line hash, number of documents)."""
        return cls(Counter(counts), documents)

    def add(self, text: str) -> None:
        """Counts the lines of a new document."""
        self.documents += 1
        self.counts.update(_hashes(text))

    def remove(self, text: str) -> None:
        """Takes a document out again: the text as it was added."""
        self.documents -= 1
        self.counts.subtract(_hashes(text))
        for line in _hashes(text):
            if self.counts[line] <= 0:
                del self.counts[line]

    def spans(self, text: str) -> list[Span]:
        """Runs of lines of this document that many others share, at least two lines or one long one."""
        needed = max(_FEWEST_DOCUMENTS, _SHARE_OF_DOCUMENTS * self.documents)
        return [span for run in self._runs(text, needed) if (span := _worth_marking(run))]

    def _runs(self, text: str, needed: float) -> Iterator[list[_Line]]:
        run: list[_Line] = []
        for line in _lines(text):
            if self.counts.get(_hash(line.text), 0) >= needed:
                run.append(line)
            elif run:
                yield run
                run = []
        yield run


def _worth_marking(run: list[_Line]) -> Span | None:
    """Rules and brackets are everywhere: a run counts by its lines with words."""
    worded = [line for line in run if _WORD.search(line.text)]
    if len(worded) > 1 or sum(len(line.text) for line in worded) >= _SHORTEST_LONE_LINE:
        return Span(worded[0].start, worded[-1].end)
    return None


def _hashes(text: str) -> set[int]:
    return {_hash(line.text) for line in _lines(text)}


def _hash(line: str) -> int:
    return int.from_bytes(blake2b(line.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
