"""The retrieval part of the gate: do the passages of a new index hold the evidence that those of the old one held?

It needs no generator and takes seconds, so a change of documents can pass it before the full evaluation is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gristmill.evaluation import metrics
from gristmill.evaluation.grounding import Corpus, ground
from gristmill.evaluation.metrics import Span
from gristmill.evaluation.questions import Question
from gristmill.evaluation.ruling import Outcome
from gristmill.evaluation.statistics import mcnemar
from gristmill.fingerprint import fingerprint
from gristmill.identity import Asker
from gristmill.models.encoder import TextEncoder
from gristmill.models.vectors import Vectors
from gristmill.search.retrieval import Query, retrieve
from gristmill.search.rows import audience_groups
from gristmill.search.version import IndexVersion
from gristmill.settings import EvaluationSettings, SearchSettings
from gristmill.storage.artifacts import write_durably

_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class RetrievalVerdict:
    """What the retrieval part of the gate says."""

    outcome: Outcome
    reason: str
    questions: int
    before: float  # mean recall in the passages
    after: float
    gained: int
    lost: int
    p_worse: float

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as JSON."""
        return asdict(self) | {"outcome": str(self.outcome)}


class KeptVectors:
    """The vectors of texts by an encoder, kept in a file: an unchanged text loads no model."""

    def __init__(self, folder: Path, name: str = "questions") -> None:
        self._folder, self._name = folder, name

    def of(self, texts: Sequence[str], encoder: TextEncoder, *, only: bool = False) -> Vectors:
        """Return one row per text; with `only`, forget the vectors of all other texts."""
        file = self._folder / f"{self._name}-{encoder.fingerprint}.arrow"
        kept = _stored(file)
        keys = [fingerprint(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
        before = len(kept)
        if only:
            kept = {key: kept[key] for key in keys if key in kept}
        if missing:
            encoded = encoder.encode(list(missing.values())).astype("<f4")
            kept |= {key: row.tobytes() for key, row in zip(missing, encoded, strict=True)}
        if missing or len(kept) < before:
            rows = {"key": list(kept), "vector": list(kept.values())}
            written = pl.DataFrame(rows, schema={"key": pl.String, "vector": pl.Binary}).write_ipc(None)
            write_durably(file, written.getvalue())
        return np.stack([np.frombuffer(kept[key], "<f4") for key in keys])


def _stored(file: Path) -> dict[str, bytes]:
    """Return the vectors of a file, which can be made again: none where it cannot be read."""
    try:
        return dict(pl.read_ipc(file.read_bytes()).iter_rows())
    except (FileNotFoundError, pl.exceptions.PolarsError):
        return {}


def corpus_of_index(index: IndexVersion) -> Corpus:
    """Return the documents as an index holds them: every chunk at its place, blanks where no chunk stands."""
    texts: dict[str, str] = {}
    audiences: dict[str, Sequence[str]] = {}
    ordered = index.rows.sort("document", "start")
    for document, start, text, gap, key in ordered.select(
        "document", "start", "text", "gap", "audience_key"
    ).iter_rows():
        held = texts.get(document, "")[:start]
        texts[document] = f"{held.ljust(start)}{text}{gap or ''}"
        audiences[document] = sorted(audience_groups(key))
    return Corpus(texts, audiences)


def grounded(questions: Iterable[Question], corpus: Corpus) -> dict[str, Question]:
    """Return the questions that count in a corpus, by id, with their evidence where it stands there."""
    found = (ground(question, corpus) for question in questions)
    return {question.id: question for question in found if question.set_aside is None}


def recalls(
    index: IndexVersion,
    questions: Sequence[Question],
    encoders: Sequence[TextEncoder],
    settings: SearchSettings,
    vectors: KeptVectors,
) -> dict[str, float]:
    """Return the share of each question's evidence that is in its passages, by question."""
    if not questions:
        return {}
    texts = [question.text for question in questions]
    main = vectors.of(texts, encoders[0])
    bridge = vectors.of(texts, encoders[1]) if len(encoders) > 1 and index.bridge is not None else None
    found: dict[str, float] = {}
    for row, question in enumerate(questions):
        bridged = None if bridge is None else bridge[row]
        query = Query(question.text, main[row], bridged, Asker(question.groups, "evaluation"))
        passages = [Span(p.document, p.start, p.end) for p in retrieve(index, query, settings)]
        evidence = [Span(e.document, e.start, e.end) for e in question.evidence]
        found[question.id] = metrics.recall(passages, evidence)
    return found


def judge_retrieval(
    before: dict[str, float], after: dict[str, float], settings: EvaluationSettings
) -> RetrievalVerdict:
    """Decide on new documents by the recall of the questions that both indexes can answer."""
    both = sorted(before.keys() & after.keys())
    gained = sum(after[q] > before[q] for q in both)
    lost = sum(after[q] < before[q] for q in both)
    was = sum(before[q] for q in both) / max(1, len(both))
    now = sum(after[q] for q in both) / max(1, len(both))
    p_worse = mcnemar(gained, lost)
    worse = was - now > settings.recall_loss and p_worse <= _SIGNIFICANT
    counts = f"recall {was:.1%} before, {now:.1%} now, on {len(both)} questions ({gained} gained, {lost} lost)"
    if worse:
        return RetrievalVerdict(
            Outcome.REJECT, f"The new documents push the evidence out: {counts}.", len(both), was, now, gained, lost,
            p_worse,
        )  # fmt: skip
    reason = f"Retrieval holds: {counts}." if both else "There are no questions: nothing was measured."
    return RetrievalVerdict(Outcome.PROMOTE, reason, len(both), was, now, gained, lost, p_worse)
