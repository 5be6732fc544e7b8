"""Gathers what the evaluation report of a release says, and writes the page; `evaluation.report` draws it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from gristmill.asking import in_force
from gristmill.corpus.report import Progress
from gristmill.evaluation.comparison import Evaluation, Gated
from gristmill.evaluation.payoff import Arm, closed_book, invention_arms, search_arms
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Question
from gristmill.evaluation.report import Content, Learning, Tried, page
from gristmill.evaluation.retrieving import KeptVectors, corpus_of_index, grounded
from gristmill.evaluation.statistics import relative_gain
from gristmill.learning.court import Standing, read_verdicts
from gristmill.models.generators import QuoteGenerator
from gristmill.release.manifest import Release, differences
from gristmill.release.opening import open_index
from gristmill.release.registry import Registry
from gristmill.releasing import evaluate, stored_comparison
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import write_durably
from gristmill.workspace import Workspace


def write_report(workspace: Workspace, name: str | None, progress: Progress) -> Path:
    """Write the report of a release, the one in force when none is named, and return its file.

    Raises:
        SettingsError: there is no such release, or there are no questions.
    """
    return write_page(workspace, report_of(workspace, name, progress))


def report_of(workspace: Workspace, name: str | None, progress: Progress) -> Content:
    """Return what the report of a release says; what was not measured yet is measured now."""
    registry = workspace.registry
    release = registry.get(name or in_force(workspace))
    gated = stored_comparison(workspace, release.name)
    evaluation = gated.candidate if gated is not None else evaluate(workspace, release.name, progress=progress)
    index = open_index(workspace.index_store, release, workspace.lake)
    there = grounded(read_set(workspace.lake, evaluation.split, counting=True), corpus_of_index(index))
    asked = [there[o.question] for o in evaluation.outcomes if o.question in there]
    reasons = (q.set_aside for q in read_set(workspace.lake, evaluation.split))
    aside = Counter(reason.split(":")[0] for reason in reasons if reason)
    states = {each.release: each.state for each in registry.listed()}
    decisions = registry.decisions(release.name)
    return Content(
        release=release.name,
        state=states[release.name],
        evaluation=evaluation,
        gated=gated,
        decision=decisions[-1].reason if decisions else "The first release: nothing was decided.",
        changes=_changes(registry, gated, release),
        questions={question.id: question for question in asked},
        set_aside=dict(aside.most_common()),
        invention=_invention(workspace, release, asked, evaluation, progress),
        search=tuple(_search(workspace, release, asked, index)),
        tried=tuple(_tried(registry)),
        learned=_learning(workspace, gated, release),
        watts_per_core=workspace.settings.evaluation.watts_per_core,
        made=datetime.now(UTC),
        documents=index.manifest.documents,
        chunks=index.manifest.chunks,
    )


def write_page(workspace: Workspace, content: Content) -> Path:
    """Write the page of a report and return its file."""
    file = workspace.home / "reports" / f"release-{content.release}.html"
    write_durably(file, page(content))
    return file


def _learning(workspace: Workspace, gated: Gated | None, release: Release) -> Learning | None:
    """Return what feedback did, when it is feedback that tells the release from what it was compared with."""
    if gated is None or workspace.registry.get(gated.baseline.release).learned == release.learned:
        return None
    pairs = [
        (before.f1, after.f1, after.cluster)
        for before, after in zip(gated.baseline.outcomes, gated.candidate.outcomes, strict=True)
        if before.f1 is not None and after.f1 is not None
    ]
    was, now = [before for before, _, _ in pairs], [after for _, after, _ in pairs]
    clusters = [cluster for _, _, cluster in pairs]
    standings = Counter(str(verdict.standing) for verdict in read_verdicts(workspace.lake))
    gain = relative_gain(now, was, clusters, workspace.settings.evaluation.bootstrap)
    count = max(1, len(pairs))
    return Learning(
        release.name, gated.baseline.release, sum(was) / count, sum(now) / count, gain,
        {str(standing): standings[str(standing)] for standing in Standing},
    )  # fmt: skip


def _changes(registry: Registry, gated: Gated | None, release: Release) -> dict[str, tuple[object, object]]:
    return {} if gated is None else dict(differences(registry.get(gated.baseline.release), release))


def _invention(
    workspace: Workspace, release: Release, asked: list[Question], evaluation: Evaluation, progress: Progress
) -> tuple[Arm, ...]:
    generator = workspace.models(release).generator
    most = workspace.settings.evaluation.closed_book
    if isinstance(generator, QuoteGenerator) or not most:
        return ()
    # Every n-th question, so that all kinds are among them.
    sample = asked[:: max(1, -(-len(asked) // most))]
    alone = closed_book(sample, generator, workspace.home / "evaluations" / "closed-book.json", progress)
    return invention_arms(sample, alone, evaluation.outcomes)


def _search(workspace: Workspace, release: Release, asked: list[Question], index: IndexVersion) -> list[Arm]:
    models = workspace.models(release)
    encoders = [models.encoder] if models.bridge is None else [models.encoder, models.bridge]
    vectors = KeptVectors(workspace.home / "cache")
    return search_arms(index, asked, encoders, release.search_settings, vectors)


def _tried(registry: Registry) -> list[Tried]:
    rows: dict[str, Tried] = {}
    for row in registry.decisions():
        delta = row.details.get("delta")
        if delta is None or row.baseline is None:
            continue
        changed = differences(registry.get(row.baseline), registry.get(row.candidate))
        what = ", ".join(f"{name} {one} → {other}" for name, (one, other) in changed.items() if name != "index")
        rows[row.candidate] = Tried(
            row.candidate, row.outcome, delta["estimate"], delta["low"], delta["high"], what[:200], row.at
        )
    return list(rows.values())
