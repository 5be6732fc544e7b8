"""Searching an index by one method alone or by all together, for comparing them.

Each method is the product's own retrieval with other weights; nothing here ranks anything itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gristmill.identity import EVERYONE, Asker
from gristmill.models.encoder import Encoder, TextEncoder
from gristmill.search.focus import FocusedPassage, Focuser, focused_passages
from gristmill.search.retrieval import PairScorer, Passage, Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.settings import FocusSettings, SearchSettings


class Method(StrEnum):
    """How passages are ranked. `rrf` is the plain yardstick: the main encoder and BM25, by their ranks alone."""

    DENSE = "dense"
    LEXICAL = "lexical"
    HYBRID = "hybrid"
    RRF = "rrf"

    def settings(self, search: SearchSettings) -> SearchSettings:
        """Return the settings under which retrieval ranks by this method."""
        alone = {
            "dense_weight": 0.0, "lexical_weight": 0.0, "bridge_weight": 0.0, "fusion": "weighted", "bridge": False,
            "expansion": 0.0,
        }  # fmt: skip
        changes: dict[Method, dict[str, object]] = {
            Method.DENSE: {**alone, "dense_weight": 1.0},
            Method.LEXICAL: {**alone, "lexical_weight": 1.0},
            Method.RRF: {"fusion": "rrf", "bridge": False},
            Method.HYBRID: {},
        }
        return search.model_copy(update=changes[self])


@dataclass(frozen=True)
class Searcher:
    """An open index with the encoders of its questions and the settings of search."""

    index: IndexVersion
    encoder: Encoder
    bridge: TextEncoder | None
    search: SearchSettings
    focus: FocusSettings
    asker: Asker = Asker.in_groups([EVERYONE])  # noqa: RUF009 - frozen
    reranker: PairScorer | None = None

    def by(self, method: Method) -> Searcher:
        """Return the same searcher, ranking by another method."""
        search = method.settings(self.search)
        reranker = self.reranker if method is Method.HYBRID else None
        return replace(self, search=search, bridge=self.bridge if search.bridge else None, reranker=reranker)

    def warm(self, questions: Sequence[str]) -> None:
        """Encode all questions at once; where the encoders have caches, each later search finds its vector there."""
        for encoder in (self.encoder, self.bridge):
            if encoder is not None:
                encoder.encode(list(questions))

    def query(self, question: str) -> Query:
        """Return a question as search needs it."""
        bridged = None if self.bridge is None else self.bridge.encode([question])[0]
        return Query(question, self.encoder.encode([question])[0], bridged, self.asker, self.reranker)

    def passages(self, question: str, k: int) -> list[Passage]:
        """Return the `k` best passages."""
        return retrieve(self.index, self.query(question), self.search, k)

    def focused(self, question: str, k: int) -> list[FocusedPassage]:
        """Return the `k` spans that matter most, from the passages that were looked at."""
        focuser = Focuser(self.encoder, self.encoder.tokenizer, self.index.lexical, self.focus)
        return focused_passages(self.index, self.query(question), self.search, focuser, k)
