"""What the benchmarks of search work with: encoders before a cache, settings, and whom to tell about progress.

Which questions are asked, and what is counted, stands in a module for each benchmark.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from gristmill.corpus.hygiene import UNDETERMINED, detect_language
from gristmill.corpus.report import Progress
from gristmill.models.encoder import Encoder, TextEncoder
from gristmill.search.chunkers import make_chunker
from gristmill.search.embedding_cache import CachedEncoder, CachedTextEncoder, VectorCache
from gristmill.search.methods import Searcher
from gristmill.search.retrieval import PairScorer
from gristmill.search.rows import with_context
from gristmill.search.trial import TrialText, build_trial
from gristmill.settings import ChunkerSettings, FocusSettings, SearchSettings

_SAMPLE_TEXTS = 20
CACHE_FILE = "trial-vectors.db"


@dataclass(frozen=True)
class SearchParts:
    """The parts of search under measurement; nothing of them is written to the lake."""

    cache: Path  # a folder
    encoder: Encoder
    bridge: TextEncoder | None
    chunker: ChunkerSettings
    search: SearchSettings
    focus: FocusSettings
    progress: Progress
    reranker: PairScorer | None = None

    @classmethod
    def cached(
        cls,
        cache: Path,
        encoders: tuple[Encoder, TextEncoder | None],
        settings: tuple[ChunkerSettings, SearchSettings, FocusSettings],
        progress: Progress,
    ) -> SearchParts:
        """Return the parts with a cache of vectors before the encoders."""
        vectors, (main, bridge) = VectorCache(cache / CACHE_FILE), encoders
        second = None if bridge is None else CachedTextEncoder(bridge, vectors, progress)
        return cls(cache, CachedEncoder(main, vectors, progress), second, *settings, progress)

    def with_chunker(self, chunker: ChunkerSettings) -> SearchParts:
        """Return the same parts, cutting in another way."""
        return replace(self, chunker=chunker)

    def encoded(self, texts: Sequence[TrialText]) -> list[str]:
        """Return the chunks of `texts` as they are encoded."""
        chunker = make_chunker(self.chunker, self.encoder)
        return [
            with_context(span.context, text.text[span.start : span.end])
            for text in texts
            for span in chunker.spans(text.text, text.title)
        ]

    @contextmanager
    def searcher(self, texts: Sequence[TrialText], chunker: ChunkerSettings | None = None) -> Iterator[Searcher]:
        """Index `texts` in a folder that is gone afterwards."""
        made = make_chunker(chunker or self.chunker, self.encoder)
        encoders = [encoder for encoder in (self.encoder, self.bridge) if encoder is not None]
        self.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.cache, prefix="trial-") as folder:
            index = build_trial(Path(folder), texts, made, encoders)
            # A trial has no approximate index, so that what is measured is the ranking alone.
            search = self.search.model_copy(update={"exact_rows": max(self.search.exact_rows, index.manifest.chunks)})
            yield Searcher(index, self.encoder, self.bridge, search, self.focus, reranker=self.reranker)


def language_of(texts: Iterable[str]) -> str:
    """Return the language of the first texts together; empty, which is read as English, when it is not clear."""
    code = detect_language(" ".join(islice(texts, _SAMPLE_TEXTS))).code
    return "" if code == UNDETERMINED else code
