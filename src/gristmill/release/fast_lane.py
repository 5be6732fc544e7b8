"""The fast lane: documents alone changed, so the release in force moves on to the newest index within seconds.

Data gates and the audit of the index stand before it; here the retrieval part of the gate is added. The full evaluation
follows in `gristmill.releasing`, and takes the release back when it finds a regression. What else changed (settings,
models, chunker) never passes here: it becomes a candidate and waits for the gate.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gristmill.corpus.report import Change, StageReport
from gristmill.errors import SearchIndexError
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Split, set_hash
from gristmill.evaluation.retrieving import (
    KeptVectors,
    RetrievalVerdict,
    corpus_of_index,
    grounded,
    judge_retrieval,
    recalls,
)
from gristmill.evaluation.ruling import Outcome
from gristmill.models.encoder import TextEncoder
from gristmill.release.decisions import Decision, Scope
from gristmill.release.known import KnownReleases
from gristmill.release.manifest import Release
from gristmill.release.opening import open_index, version_of
from gristmill.settings import EvaluationSettings
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake


@dataclass(frozen=True)
class FastLane:
    """What publishing documents works with."""

    releases: KnownReleases
    store: VersionStore
    lake: Lake
    settings: EvaluationSettings
    home: Path

    def publish(self, candidate: Release, encoders: Sequence[TextEncoder]) -> StageReport:
        """Put the newest documents in force where that is all that changed.

        Args:
            candidate: the release that the settings make with the newest index.
            encoders: of that index.
        """
        began = time.perf_counter()
        current = self.releases.in_force()
        if current is None:
            first = self.releases.start(candidate)
            return _report(began, published=1, changes=[Change(first, "the first release", "nothing to compare with")])
        changes = self._documents(current, candidate, encoders)
        published = sum(change.what == "in force" for change in changes)
        changes += self._waiting(current, candidate)
        return _report(began, published=published, changes=changes)

    def _documents(self, current: Release, candidate: Release, encoders: Sequence[TextEncoder]) -> list[Change]:
        if candidate.index == current.index:
            return []
        if candidate.chunker != current.chunker or candidate.encoders != current.encoders:
            return []  # the index differs by more than its documents
        patch = replace(current, index=candidate.index)
        if patch.name in self.releases.withdrawn():
            return [Change(patch.name, "held back", "it was rolled back; promote it by hand or change the documents")]
        verdict = self._judged(current, patch, encoders)
        self.releases.advance(
            patch,
            Decision(
                patch.name, current.name, Scope.DOCUMENTS, verdict.outcome, verdict.reason,
                question_set=set_hash(read_set(self.lake, Split.GATE)), details=verdict.as_json(),
            ),
        )  # fmt: skip
        stands = "in force" if verdict.outcome is Outcome.PROMOTE else "held back"
        return [Change(patch.name, stands, verdict.reason)]

    def _judged(self, current: Release, patch: Release, encoders: Sequence[TextEncoder]) -> RetrievalVerdict:
        questions = [q for q in read_set(self.lake, Split.GATE, counting=True) if q.answerable]
        vectors = KeptVectors(self.home / "cache")
        try:
            version_of(self.store, current.index)
            before = open_index(self.store, current, self.lake) if questions else None
        except SearchIndexError as error:
            # Nothing answers any more: a newer index that passed its audit is better than none.
            reason = f"{current.name} cannot be opened any more: {error.message}"
            return RetrievalVerdict(Outcome.PROMOTE, reason, 0, 0.0, 0.0, 0, 0, 1.0)
        if before is None:
            return judge_retrieval({}, {}, self.settings)
        found: list[dict[str, float]] = []
        for release, index in ((current, before), (patch, open_index(self.store, patch, self.lake))):
            there = list(grounded(questions, corpus_of_index(index)).values())
            found.append(recalls(index, there, encoders, release.search_settings, vectors))
        return judge_retrieval(found[0], found[1], self.settings)

    def _waiting(self, current: Release, candidate: Release) -> list[Change]:
        if replace(candidate, index=current.index).name == current.name or candidate.name in self.releases.withdrawn():
            return []  # nothing but documents changed, or it was tried and taken back
        name = self.releases.keep(candidate)
        return [Change(name, "candidate", f"settings or models changed: run 'gristmill gate {name}'")]


def _report(began: float, *, published: int, changes: Sequence[Change]) -> StageReport:
    waiting = sum(change.what in {"candidate", "held back"} for change in changes)
    numbers = {"published": published, "waiting": waiting, "seconds": round(time.perf_counter() - began, 3)}
    return StageReport.of("document_release", numbers, changes)
