"""Retrieval on a folder in BEIR's format: nDCG@10, recall@100 and reciprocal rank of documents, with intervals.

`corpus.jsonl` and `queries.jsonl` hold `_id`, `text` and perhaps `title`; `qrels/test.tsv` says what is relevant: a
score above zero, whatever it is. The best chunk stands for its document. As in BEIR, a query does not find the document
that has its own id.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gristmill.errors import SourceError
from gristmill.evaluation.benchmarks.parts import SearchParts, language_of
from gristmill.evaluation.intervals import Interval, mean_interval
from gristmill.evaluation.ranking import ndcg, recall, reciprocal_rank
from gristmill.search.methods import Method, Searcher
from gristmill.search.trial import TrialText

_DEPTH = 100
_REMEDY = "It needs corpus.jsonl, queries.jsonl and qrels/test.tsv, as BEIR publishes its sets."
MEASURES = ("nDCG@10", "recall@100", "MRR")


@dataclass(frozen=True)
class RetrievalSet:
    """Documents, queries by id, and the relevant documents of each query that has some."""

    documents: tuple[TrialText, ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class MethodResult:
    """One method's values for each query, by measure."""

    method: Method
    values: Mapping[str, tuple[float, ...]]

    def interval(self, measure: str) -> Interval:
        """Return the mean over the queries with its 95% interval."""
        return mean_interval(self.values[measure])


@dataclass(frozen=True)
class RetrievalReport:
    """What each method reached."""

    documents: int
    chunks: int
    queries: int
    strategy: str
    results: tuple[MethodResult, ...]

    def difference(self, one: MethodResult, other: MethodResult, measure: str) -> Interval:
        """Return by how much `one` is better than `other`, paired by query."""
        pairs = zip(one.values[measure], other.values[measure], strict=True)
        return mean_interval([a - b for a, b in pairs])


def read_retrieval_set(folder: Path) -> RetrievalSet:
    """Read a folder in BEIR's format.

    Raises:
        SourceError: a file is missing, or a line is not what it must be; the message names it.
    """
    rows = list(_json_lines(folder / "corpus.jsonl"))
    language = language_of(str(row.get("text") or "") for row in rows)
    documents = tuple(
        TrialText(row["_id"], str(row.get("title") or ""), str(row.get("text") or ""), language) for row in rows
    )
    queries = {row["_id"]: str(row.get("text") or "") for row in _json_lines(folder / "queries.jsonl")}
    relevant = _judgements(folder / "qrels" / "test.tsv")
    known = {document.document for document in documents}
    judged = {query: names & known for query, names in relevant.items() if query in queries and names & known}
    if not judged:
        raise SourceError(f"No query of {folder} has a relevant document in its corpus.", _REMEDY)
    return RetrievalSet(documents, queries, judged)


def benchmark_retrieval(found: RetrievalSet, parts: SearchParts, methods: Sequence[Method]) -> RetrievalReport:
    """Index the documents and ask every judged query by each method."""
    asked = sorted(found.relevant)
    with parts.searcher(told_apart(found.documents)) as searcher:
        searcher.warm([found.queries[query] for query in asked])
        results = tuple(_measure(searcher.by(method), method, found, asked, parts) for method in methods)
        chunks = searcher.index.manifest.chunks
    return RetrievalReport(len(found.documents), chunks, len(asked), parts.chunker.strategy, results)


def ranking(searcher: Searcher, question: str, depth: int = _DEPTH) -> list[str]:
    """Return the documents for a question, best first, each by its best chunk."""
    # One more, because a query may find itself; a document's chunks must not push others off the list of candidates.
    changes = {"passages_per_document": 1, "neighbours": 0, "candidates": max(searcher.search.candidates, 4 * depth)}
    deep = searcher.search.model_copy(update=changes)
    return [passage.document for passage in replace(searcher, search=deep).passages(question, depth + 1)]


def _measure(
    searcher: Searcher, method: Method, found: RetrievalSet, asked: Sequence[str], parts: SearchParts
) -> MethodResult:
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    parts.progress.start(f"ask {method}", len(asked))
    for query in asked:
        ranked = [name for name in ranking(searcher, found.queries[query]) if name != query][:_DEPTH]
        relevant = found.relevant[query]
        measured = (ndcg(ranked, relevant), recall(ranked, relevant, _DEPTH), reciprocal_rank(ranked, relevant))
        for name, value in zip(MEASURES, measured, strict=True):
            values[name].append(value)
        parts.progress.advance()
    return MethodResult(method, {name: tuple(column) for name, column in values.items()})


def told_apart(documents: Sequence[TrialText]) -> list[TrialText]:
    """Return documents that have a text: one with a title alone is found by that."""
    return [
        document if document.text.strip() else TrialText(document.document, "", document.title, document.language)
        for document in documents
    ]


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield _row(file, number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file} cannot be read: {error}.", _REMEDY) from error


def _row(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        return {**row, "_id": str(row["_id"])}
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"Line {number} of {file} is not a JSON object with '_id'.", _REMEDY) from error


def _judgements(file: Path) -> dict[str, frozenset[str]]:
    relevant: dict[str, set[str]] = {}
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                if not row or (number == 1 and not _is_score(row[-1])):
                    continue
                if len(row) not in {3, 4} or not _is_score(row[-1]):
                    raise SourceError(f"Line {number} of {file} is not 'query, document, score'.", _REMEDY)
                if float(row[-1]) > 0:
                    relevant.setdefault(row[0], set()).add(row[-2])
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file} cannot be read: {error}.", _REMEDY) from error
    return {query: frozenset(names) for query, names in relevant.items()}


def _is_score(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
