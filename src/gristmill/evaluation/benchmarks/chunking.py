"""Chunking and retrieval together: how much of what answers a question is among the first retrieved, and how much else.

A folder holds `corpora/*.md`, each one document, and `questions.csv` with the columns `question`, `references` (JSON
list of `start_index` and `end_index`, and perhaps `corpus_id`) and `corpus_id`. All corpora are searched together. Two
things are measured for each method: chunks as they were cut, and what the product hands on, which are passages brought
into focus.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from gristmill.errors import SourceError
from gristmill.evaluation.benchmarks.parts import SearchParts, language_of
from gristmill.evaluation.intervals import Interval, mean_interval
from gristmill.evaluation.ranges import Range, precision_omega, range_scores
from gristmill.search.methods import Method, Searcher
from gristmill.search.trial import TrialText
from gristmill.settings import ChunkerSettings

_REMEDY = "It needs corpora/*.md and questions.csv with the columns question, references and corpus_id."
MEASURES = ("recall", "precision", "IoU")


class Form(StrEnum):
    """What is retrieved: chunks as they were cut, or the spans that the product hands on."""

    CHUNKS = "chunks"
    FOCUSED = "focused"


@dataclass(frozen=True)
class SpanQuestion:
    """A question with the ranges that answer it."""

    text: str
    wanted: tuple[Range, ...]


@dataclass(frozen=True)
class ChunkingSet:
    """Texts, and questions about them."""

    texts: tuple[TrialText, ...]
    questions: tuple[SpanQuestion, ...]


@dataclass(frozen=True)
class ChunkingResult:
    """One strategy's and method's values for each question, by measure."""

    strategy: str
    method: Method
    form: Form
    chunks: int
    values: Mapping[str, tuple[float, ...]]
    omega: float

    def interval(self, measure: str) -> Interval:
        """Return the mean over the questions with its 95% interval."""
        return mean_interval(self.values[measure])


@dataclass(frozen=True)
class ChunkingReport:
    """What each strategy, method and form reached with so many retrieved."""

    retrieved: int
    questions: int
    results: tuple[ChunkingResult, ...]


def read_chunking_set(folder: Path) -> ChunkingSet:
    """Read a folder of corpora and questions.

    Raises:
        SourceError: a file is missing or is not what it must be; the message names it.
    """
    texts = tuple(_texts(folder / "corpora"))
    lengths = {text.document: len(text.text) for text in texts}
    file = folder / "questions.csv"
    questions = tuple(_question(file, number, row, lengths) for number, row in _csv_rows(file))
    if not questions:
        raise SourceError(f"{file} has no questions.", _REMEDY)
    return ChunkingSet(texts, questions)


def benchmark_chunking(
    found: ChunkingSet, parts: SearchParts, chunkers: Sequence[ChunkerSettings], methods: Sequence[Method], k: int
) -> ChunkingReport:
    """Cut and index the texts by each chunker, and ask every question by each method."""
    results: list[ChunkingResult] = []
    for chunker in chunkers:
        with parts.searcher(found.texts, chunker) as searcher:
            searcher.warm([question.text for question in found.questions])
            results += _measure_all(searcher, chunker.strategy, found, parts, methods, k)
    return ChunkingReport(k, len(found.questions), tuple(results))


def _measure_all(
    searcher: Searcher, strategy: str, found: ChunkingSet, parts: SearchParts, methods: Sequence[Method], k: int
) -> Iterator[ChunkingResult]:
    # A limit per document is for corpora of many documents: here each corpus is one.
    search = searcher.search.model_copy(update={"passages_per_document": max(k, searcher.focus.passages)})
    unlimited = replace(searcher, search=search)
    rows = searcher.index.rows.select("document", "start", "end")
    chunks = [Range(*row) for row in rows.iter_rows()]
    omega = _omega(chunks, found.questions)
    for method in methods:
        for form in Form:
            parts.progress.start(f"ask {method}, {form}", len(found.questions))
            values: dict[str, list[float]] = {name: [] for name in MEASURES}
            for question in found.questions:
                scores = range_scores(retrieved(unlimited.by(method), question.text, form, k), question.wanted)
                for name, value in zip(MEASURES, scores, strict=True):
                    values[name].append(value)
                parts.progress.advance()
            columns = {name: tuple(column) for name, column in values.items()}
            yield ChunkingResult(strategy, method, form, len(chunks), columns, omega)


def retrieved(searcher: Searcher, question: str, form: Form, k: int) -> list[Range]:
    """Return what is retrieved for a question, in one of its forms."""
    if form is Form.FOCUSED:
        focused = searcher.focused(question, k)
        return [Range(found.passage.document, found.start, found.end) for found in focused]
    alone = replace(searcher, search=searcher.search.model_copy(update={"neighbours": 0}))
    return [Range(passage.document, passage.start, passage.end) for passage in alone.passages(question, k)]


def _omega(chunks: Sequence[Range], questions: Sequence[SpanQuestion]) -> float:
    by_document: dict[str, list[Range]] = {}
    for chunk in chunks:
        by_document.setdefault(chunk.document, []).append(chunk)
    values = []
    for question in questions:
        near = [chunk for name in {r.document for r in question.wanted} for chunk in by_document.get(name, [])]
        values.append(precision_omega(near, question.wanted))
    return sum(values) / len(values)


def _texts(folder: Path) -> Iterator[TrialText]:
    files = sorted(folder.glob("*.md"))
    if not files:
        raise SourceError(f"There are no corpora in {folder}.", _REMEDY)
    for file in files:
        try:
            # Offsets of the questions count characters after the translation of line ends, as text files are read.
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{file} cannot be read: {error}.", _REMEDY) from error
        yield TrialText(file.stem, "", text, language_of([text]))


def _csv_rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(sys.maxsize)
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            yield from enumerate(csv.DictReader(stream), 2)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{file} cannot be read: {error}.", _REMEDY) from error


def _question(file: Path, number: int, row: Mapping[str, str], lengths: Mapping[str, int]) -> SpanQuestion:
    try:
        references: list[dict[str, Any]] = json.loads(row["references"])
        wanted = tuple(
            Range(Path(str(r.get("corpus_id") or row["corpus_id"])).stem, int(r["start_index"]), int(r["end_index"]))
            for r in references
        )
        text = row["question"].strip()
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise SourceError(f"Question {number - 1} of {file} is malformed: {error!r}.", _REMEDY) from error
    for place in wanted:
        if place.document not in lengths:
            raise SourceError(f"Question {number - 1} of {file} asks of '{place.document}', which is not in corpora/.")
        if not 0 <= place.start < place.end <= lengths[place.document]:
            raise SourceError(
                f"Question {number - 1} of {file} refers to characters {place.start} to {place.end} of "
                f"'{place.document}', which has {lengths[place.document]:,}.",
                "Offsets count the characters of the file as text.",
            )
    if not text or not wanted:
        raise SourceError(f"Question {number - 1} of {file} has no text or no references.", _REMEDY)
    return SpanQuestion(text, wanted)
