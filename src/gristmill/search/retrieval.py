"""From a question to ranked passages, all of them for the asker's groups.

Dense and lexical candidates are found inside the groups, put together, limited per document and stripped of repetitions.
Each passage's audience is checked once more before it is handed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from gristmill.identity import Asker, may_see
from gristmill.models.encoder import Vectors
from gristmill.search.dense import exact_search
from gristmill.search.fusion import reciprocal_rank_fusion, weighted_fusion
from gristmill.search.version import IndexVersion
from gristmill.settings import SearchSettings


@dataclass(frozen=True)
class Passage:
    """A chunk that was found, with its place and its scores. `text` is verbatim."""

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


def retrieve(
    index: IndexVersion, question: str, vector: Vectors, asker: Asker, settings: SearchSettings, k: int | None = None
) -> list[Passage]:
    """Return the passages for a question, best first.

    Args:
        vector: the question's own, unit length.
        k: how many; the setting when not given.
    """
    if not index.manifest.chunks:
        return []
    found = index.lexical.search(question, asker.groups, settings.candidates)
    dense_ranking = _dense(index, vector, asker, settings)
    lexical = dict(found)
    dense = dict(dense_ranking) | _cosines(index, vector, lexical.keys() - dict(dense_ranking).keys())
    if settings.fusion == "rrf":
        scores = reciprocal_rank_fusion([dense_ranking, found], settings.rrf_constant)
    else:
        scores = weighted_fusion(dense, lexical, settings.dense_weight)
    ranked = sorted(scores, key=lambda row: (-scores[row], row))
    chosen = _limited(index, ranked, settings.chunks_per_document, k or settings.passages)
    passages = [_passage(index, row, scores[row], dense[row], lexical.get(row, 0.0)) for row in chosen]
    return [passage for passage in passages if may_see(passage.audience, asker.groups)]


def _dense(index: IndexVersion, vector: Vectors, asker: Asker, settings: SearchSettings) -> list[tuple[int, float]]:
    permitted = sum(run.end - run.start for run in index.runs if run.groups & set(asker.groups))
    if permitted <= settings.exact_rows:
        return exact_search(index.matrix, index.runs, asker.groups, vector, settings.candidates)
    hits = index.chroma.search(vector[np.newaxis], settings.candidates, asker.groups)[0]
    return [(index.row_of[chunk], cosine) for chunk, cosine in hits]


def _cosines(index: IndexVersion, vector: Vectors, rows: Iterable[int]) -> dict[int, float]:
    return {row: float(index.matrix[row] @ vector) for row in rows}


def _limited(index: IndexVersion, ranked: list[int], per_document: int, k: int) -> list[int]:
    """Return the first rows, with at most so many of one document and no text twice."""
    taken: dict[str, int] = {}
    texts: set[str] = set()
    chosen: list[int] = []
    for row in ranked:
        document, text = index.rows["document"][row], index.rows["text"][row]
        if text in texts or taken.get(document, 0) >= per_document:
            continue
        chosen.append(row)
        texts.add(text)
        taken[document] = taken.get(document, 0) + 1
        if len(chosen) == k:
            break
    return chosen


def _passage(index: IndexVersion, row: int, score: float, cosine: float, lexical: float) -> Passage:
    fields = index.rows.row(row, named=True)
    return Passage(
        fields["chunk"], fields["document"], fields["title"], tuple(fields["headings"]), fields["context"],
        fields["text"], fields["start"], fields["end"], fields["page"], tuple(fields["audience"]),
        fields["language"], fields["modified"], round(score, 6), round(cosine, 6), round(lexical, 6),
    )  # fmt: skip
