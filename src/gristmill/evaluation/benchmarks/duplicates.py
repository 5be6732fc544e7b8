"""How many near duplicates are found on real pages in two markups: Debian's python3.11-doc.

Each page is there as HTML and as reStructuredText. A pair is comparable if neither text is more than twice the other:
elsewhere Sphinx writes most of the page (tables of contents, included files), and the two texts are not the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gristmill.corpus.duplicates import (
    candidate_pairs,
    content_hash,
    normalised_heading,
    normalised_words,
    shingles,
    signature,
    signature_matrix,
    verified_pairs,
)
from gristmill.corpus.formats import HTML
from gristmill.corpus.headings import heading_of
from gristmill.corpus.hygiene import BoilerplateModel, clean

__all__ = ["DuplicatesReport", "benchmark_duplicates"]

_SOURCE_SUFFIX = ".rst.txt"
_COMPARABLE_RATIO = 2.0
_MOST_CHARACTERS = 10_000_000


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """Recall over all pages and over comparable ones, precision over what was reported, times in ms a text."""

    pages: int
    comparable: int
    recall: float
    recall_comparable: float
    precision: float
    signature_ms: float
    search_ms: float
    missed: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Texts:
    names: dict[str, str]
    texts: dict[str, str]
    lengths: dict[str, dict[str, int]]


def benchmark_duplicates(folder: Path) -> DuplicatesReport:
    """Measures on a folder such as /usr/share/doc/python3.11/html, which holds pages and `_sources`."""
    texts = _read(folder)
    contents = sorted(texts.texts)
    started = time.perf_counter()
    signatures = [signature(shingles(normalised_words(texts.texts[content]))) for content in contents]
    signed = time.perf_counter()
    headings = [normalised_heading(heading_of(texts.texts[content])) for content in contents]
    candidates = candidate_pairs(
        signature_matrix(signatures), np.ones(len(contents), dtype=np.bool_), headings=headings
    )
    pairs = verified_pairs(
        candidates, contents, lambda wanted: {content: texts.texts[content] for content in wanted}, headings=headings
    )
    searched = time.perf_counter()
    found = [(texts.names[pair.left], texts.names[pair.right]) for pair in pairs]
    return _report(texts, found, (signed - started) * 1e3 / len(contents), (searched - signed) * 1e3 / len(contents))


def _report(texts: _Texts, found: list[tuple[str, str]], signature_ms: float, search_ms: float) -> DuplicatesReport:
    right = {one for one, other in found if one == other}
    comparable = {name for name, lengths in texts.lengths.items() if _is_comparable(lengths)}
    return DuplicatesReport(
        pages=len(texts.lengths),
        comparable=len(comparable),
        recall=len(right) / max(1, len(texts.lengths)),
        recall_comparable=len(right & comparable) / max(1, len(comparable)),
        precision=sum(one == other for one, other in found) / max(1, len(found)),
        signature_ms=signature_ms,
        search_ms=search_ms,
        missed=tuple(sorted(comparable - right)),
        wrong=tuple(sorted(pair for pair in found if pair[0] != pair[1])),
    )


def _is_comparable(lengths: dict[str, int]) -> bool:
    shorter, longer = sorted(lengths.values())
    return longer <= _COMPARABLE_RATIO * shorter


def _read(folder: Path) -> _Texts:
    """The cleaned texts of both markups by content hash, without the navigation that all pages share."""
    pages = dict(_pages(folder))
    model = BoilerplateModel()
    for html, _ in pages.values():
        model.add(html)
    read = _Texts({}, {}, {})
    for name, (html, source) in pages.items():
        for markup, text in (("html", _without_boilerplate(html, model)), ("rst", source)):
            words = normalised_words(text)
            content = content_hash(words)
            read.names[content], read.texts[content] = name, text
            read.lengths.setdefault(name, {})[markup] = len(words)
    return read


def _without_boilerplate(text: str, model: BoilerplateModel) -> str:
    pieces, copied = [], 0
    for start, end in model.spans(text):
        pieces.append(text[copied:start])
        copied = end
    return "".join((*pieces, text[copied:]))


def _pages(folder: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Name, and the text of the page and of its source."""
    from gristmill.corpus.parse_reply import Limits
    from gristmill.corpus.parse_worker import parse

    limits = Limits(memory_mb=0, max_characters=_MOST_CHARACTERS, ocr=False, ocr_languages=())
    for source in sorted((folder / "_sources").rglob(f"*{_SOURCE_SUFFIX}")):
        name = source.relative_to(folder / "_sources").as_posix().removesuffix(_SOURCE_SUFFIX)
        page = folder / f"{name}.html"
        if page.exists():
            html = parse(page.read_bytes(), HTML, limits).text
            yield name, (clean(html).text, clean(source.read_text(encoding="utf-8")).text)
