"""From a question to ranked passages, all of them for the asker's groups.

Dense and lexical candidates are found inside the groups and put together. A passage is a found chunk with its
neighbours in the same document: small chunks are found more exactly, and larger ones hold the answer more often.
Chunks that lie in a passage already found make room for others. Each passage's audience is checked once more before it
is handed on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.hygiene import iso_639_1
from gristmill.errors import SearchIndexError
from gristmill.identity import Asker, may_see
from gristmill.models.vectors import Vectors
from gristmill.search.dense import exact_search
from gristmill.search.expansion import expanded, first_rows
from gristmill.search.fusion import reciprocal_rank_fusion, weighted_fusion
from gristmill.search.rows import with_context
from gristmill.search.version import IndexVersion
from gristmill.settings import SearchSettings


@dataclass(frozen=True)
class ChunkSpan:
    """A chunk's id and its span in the document's text."""

    chunk: str
    start: int
    end: int


@dataclass(frozen=True)
class Passage:
    """A span of a document that was found, with its place and its scores. `text` is verbatim.

    `chunk` is the chunk that was found; the span takes in its neighbours.
    """

    chunk: str
    document: str
    title: str
    headings: tuple[str, ...]
    context: str
    text: str
    start: int
    end: int
    page: int | None
    audience: tuple[str, ...]
    language: str
    modified: datetime | None
    score: float
    cosine: float
    lexical: float
    spans: tuple[ChunkSpan, ...] = ()
    dated: bool = True  # its document states when it is from; else `modified` is the time of its file

    @property
    def stated(self) -> datetime | None:
        """When the document says that it is from; None where only its file has a time."""
        return self.modified if self.dated else None

    def chunk_at(self, offset: int) -> str:
        """Return the id of the chunk that holds `offset` of the document, or of the last one before it."""
        before = [span.chunk for span in self.spans if span.start <= offset]
        return before[-1] if before else self.chunk


class PairScorer(Protocol):
    """Anything that reads a question and passages together and says how well they answer it: a cross-encoder."""

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return one number from 0 to 1 for each passage, shape (passages,)."""
        ...


@dataclass(frozen=True)
class Query:
    """A question as search needs it: its words, its vectors by the encoders of the index, who asks, what reorders."""

    text: str
    vector: Vectors
    bridge: Vectors | None
    asker: Asker
    reranker: PairScorer | None = None


@dataclass(frozen=True)
class _Scores:
    fused: dict[int, float]
    dense: dict[int, float]
    lexical: dict[int, float]


def retrieve(index: IndexVersion, query: Query, settings: SearchSettings, k: int | None = None) -> list[Passage]:
    """Return the passages for a question, best first: `k` of them, or as many as the settings say."""
    if not index.manifest.chunks:
        return []
    scores = _score(index, query, settings)
    for row in scores.fused:
        # Newest wins: an older version says nearly the same, and stays for what only it says.
        scores.fused[row] *= 1 - settings.superseded_penalty * bool(index.superseded[row])
    ranked = sorted(scores.fused, key=lambda row: (-scores.fused[row], row))
    if query.reranker is not None:
        ranked = _reranked(index, query, query.reranker, ranked, settings)
    passages = [_passage(index, row, window, scores) for row, window in _windows(index, ranked, settings, k)]
    return [passage for passage in passages if may_see(passage.audience, query.asker.groups)]


def _score(index: IndexVersion, query: Query, settings: SearchSettings) -> _Scores:
    lexical_ranking = index.lexical.search(query.text, query.asker.groups, settings.candidates)
    rankings = [_dense(index, query, settings), lexical_ranking, _bridge(index, query, settings)]
    rows = np.array(sorted({row for ranking in rankings for row, _ in ranking}), dtype=np.intp)
    signals = _Signals(index, rows, dict(lexical_ranking), settings)
    dense = signals.dense(query.vector)
    if settings.fusion == "rrf":
        return _Scores(reciprocal_rank_fusion(rankings, settings.rrf_constant), dense, signals.lexical)
    fused = signals.fused(query.vector, query.bridge)
    if settings.expansion:
        fused = signals.fused(*signals.moved(query, first_rows(fused, settings.expansion_passages)))
    return _Scores(fused, dense, signals.lexical)


def _reranked(
    index: IndexVersion, query: Query, reranker: PairScorer, ranked: list[int], settings: SearchSettings
) -> list[int]:
    """Return the rows with the first of them in the order of a cross-encoder; an older version loses as before."""
    first = ranked[: settings.reranked]
    texts = [with_context(*row) for row in index.rows[first].select("context", "text").iter_rows()]
    scores = dict(zip(first, reranker.score(query.text, texts).tolist(), strict=True))
    for row in first:
        scores[row] *= 1 - settings.superseded_penalty * bool(index.superseded[row])
    return [*sorted(first, key=lambda row: -scores[row]), *ranked[settings.reranked :]]


@dataclass(frozen=True)
class _Signals:
    """How like a question the candidates of it are, by each way of looking."""

    index: IndexVersion
    rows: NDArray[np.intp]
    lexical: dict[int, float]
    settings: SearchSettings

    def dense(self, vector: Vectors) -> dict[int, float]:
        return self._cosines(self.index.matrix, vector)

    def fused(self, vector: Vectors, bridge: Vectors | None) -> dict[int, float]:
        """Return the weighted sum of all signals."""
        words = {row: self.lexical.get(row, 0.0) for row in self.rows.tolist()}
        signals = [(self.dense(vector), self.settings.dense_weight), (words, self.settings.lexical_weight)]
        if self.index.bridge is not None and bridge is not None:
            signals.append((self._cosines(self.index.bridge, bridge), self._bridge_weight))
        return weighted_fusion(signals)

    @property
    def _bridge_weight(self) -> float:
        english = {iso_639_1(code) for code in self.index.manifest.languages} <= {"en"}
        return self.settings.bridge_weight * (self.settings.bridge_in_english if english else 1.0)

    def moved(self, query: Query, rows: list[int]) -> tuple[Vectors, Vectors | None]:
        """Return the vectors of the question after it has seen what it found first."""
        share, bridge = self.settings.expansion, query.bridge
        if rows and self.index.bridge is not None and bridge is not None:
            bridge = expanded(bridge, self.index.bridge[rows], share)
        return expanded(query.vector, self.index.matrix[rows], share) if rows else query.vector, bridge

    def _cosines(self, matrix: Vectors, vector: Vectors) -> dict[int, float]:
        return dict(zip(self.rows.tolist(), (matrix[self.rows] @ vector).tolist(), strict=True))


def _dense(index: IndexVersion, query: Query, settings: SearchSettings) -> list[tuple[int, float]]:
    if index.is_approximate(_permitted(index, query), settings.exact_rows):
        with suppress(SearchIndexError):  # a Chroma server that is away: the exact way is slower and always there
            hits = index.chroma.search(query.vector[np.newaxis], settings.candidates, query.asker.groups)[0]
            return [(index.row_of[chunk], cosine) for chunk, cosine in hits]
    return exact_search(index.matrix, index.runs, query.asker.groups, query.vector, settings.candidates)


def _bridge(index: IndexVersion, query: Query, settings: SearchSettings) -> list[tuple[int, float]]:
    """Search the bridge's matrix exactly; above the crossing it only scores what the other two have found."""
    if index.bridge is None or query.bridge is None or _permitted(index, query) > settings.exact_rows:
        return []
    return exact_search(index.bridge, index.runs, query.asker.groups, query.bridge, settings.candidates)


def _permitted(index: IndexVersion, query: Query) -> int:
    return sum(run.end - run.start for run in index.runs if run.groups & set(query.asker.groups))


def _windows(
    index: IndexVersion, ranked: list[int], settings: SearchSettings, k: int | None
) -> list[tuple[int, range]]:
    """Return the first rows that are not covered yet, each with the rows its passage spans; no text comes twice."""
    per_document: Counter[str] = Counter()
    texts: set[str] = set()
    covered: set[int] = set()
    chosen: list[tuple[int, range]] = []
    for row in ranked:
        document, text = index.documents[row], index.rows["text"][row]
        if row in covered or text in texts or per_document[document] >= settings.passages_per_document:
            continue
        window = _around(index, row, settings.neighbours, covered)
        chosen.append((row, window))
        covered.update(window)
        texts.add(text)
        per_document[document] += 1
        if len(chosen) == (k or settings.passages):
            break
    return chosen


def _around(index: IndexVersion, row: int, neighbours: int, covered: set[int]) -> range:
    """Return the rows about `row` in its own document, as far as no other passage holds them."""
    first = last = row
    for _ in range(neighbours):
        if first > 0 and index.documents[first - 1] == index.documents[row] and first - 1 not in covered:
            first -= 1
        if last + 1 < len(index.documents) and index.documents[last + 1] == index.documents[row]:
            last += last + 1 not in covered
    return range(first, last + 1)


def _passage(index: IndexVersion, row: int, window: range, scores: _Scores) -> Passage:
    fields = index.rows.row(row, named=True)
    span = index.rows[window.start : window.stop]
    pieces = [text + gap for text, gap in span.select("text", "gap").iter_rows()]
    start, end = int(span["start"][0]), int(span["end"][-1])
    text = "".join(pieces)[: end - start]
    return Passage(
        fields["chunk"], fields["document"], fields["title"], tuple(fields["headings"]), span["context"][0], text,
        start, end, fields["page"], tuple(fields["audience"]), fields["language"], fields["modified"],
        round(scores.fused[row], 6), round(scores.dense[row], 6), round(scores.lexical.get(row, 0.0), 6),
        tuple(ChunkSpan(*place) for place in span.select("chunk", "start", "end").iter_rows()),
        bool(fields.get("dated", True)),
    )  # fmt: skip
