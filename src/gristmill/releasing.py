"""From a candidate to a decision: evaluates releases, lets the gate decide, follows up on new documents.

The command line, the assets and the service release through here. What is measured stands in `evaluation`, how a
release comes into force in `release`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from gristmill.asking import Answerer, in_force
from gristmill.corpus.ledger import accepted, stated_time
from gristmill.corpus.report import Progress, Silent
from gristmill.errors import GateError, SettingsError
from gristmill.evaluation.comparison import Evaluation, Gated
from gristmill.evaluation.gate import judge
from gristmill.evaluation.outcomes import Outcome as Answered
from gristmill.evaluation.outcomes import Surroundings
from gristmill.evaluation.question_set import read_set, update_questions
from gristmill.evaluation.questions import Question, Split, set_hash
from gristmill.evaluation.retrieving import corpus_of_index, grounded
from gristmill.evaluation.ruling import Outcome
from gristmill.evaluation.running import OutcomeCache, run_questions
from gristmill.evaluation.summary import summarise
from gristmill.examining_on_ray import asked_on_ray
from gristmill.release.decisions import Decision, How, Move, Scope
from gristmill.release.opening import follow, open_index, version_of
from gristmill.workspace import Workspace

_OLD = timedelta(days=365)
SILENT = Silent()


def evaluate(
    workspace: Workspace, release: str | None = None, split: Split = Split.GATE, progress: Progress = SILENT
) -> Evaluation:
    """Measure a release, the one in force when none is named; answers that are known already are not made again.

    Raises:
        SettingsError: there is no such release, or there are no questions.
    """
    name = workspace.registry.get(release or in_force(workspace)).name
    questions = _questions(workspace, split)
    outcomes = _outcomes(workspace, name, questions, progress)
    return Evaluation(name, split, tuple(outcomes), summarise(outcomes, workspace.settings.evaluation))


def gate(
    workspace: Workspace, candidate: str | None = None, progress: Progress = SILENT, most: int | None = None
) -> Gated:
    """Compare a candidate with the release in force on the gate split, and store the decision.

    A candidate that was compared with the same release on the same questions before gets the same answer and spends
    nothing more.

    Args:
        workspace: the installation.
        candidate: a release; the one that the settings make when not given.
        progress: told of the questions.
        most: look at so many questions only, spread over the set; the decision is then shown and not stored.

    Raises:
        GateError: the candidate is what is in force.
        SettingsError: there is no such release, or there are no questions.
    """
    registry, present = workspace.registry, in_force(workspace)
    name = registry.get(candidate).name if candidate else registry.keep(workspace.candidate())
    if name == present:
        raise GateError(f"{name} is in force already.", "Change the settings, or name another release.")
    questions = _questions(workspace, Split.GATE)
    if most is not None and len(questions) > most:
        # A decision on a part is shown and not stored: it spends nothing and promotes nothing.
        return _compared(workspace, name, present, progress, questions[:: -(-len(questions) // most)])
    made = _compared(workspace, name, present, progress)
    _store(workspace, made, Scope.FULL)
    return made


def follow_up(workspace: Workspace, progress: Progress = SILENT) -> Gated | None:
    """Evaluate what the fast lane published in full, and roll it back on a regression.

    Returns:
        The comparison with what was in force before; None when nothing waits for it.
    """
    registry = workspace.registry
    moves = registry.moves()
    if not moves or moves[-1].how is not How.FAST_LANE:
        return None
    present = moves[-1].release
    before = next((m.release for m in reversed(moves) if m.how is not How.FAST_LANE), None)
    done = any(row.scope == Scope.FOLLOW_UP for row in registry.decisions(present))
    if before is None or before == present or done or not read_set(workspace.lake, Split.GATE, counting=True):
        return None
    made = _compared(workspace, present, _checked_before(workspace, present) or before, progress)
    _store(workspace, made, Scope.FOLLOW_UP)
    if made.verdict.outcome is Outcome.REJECT and _safer(made):
        registry.rollback(who="gristmill", reason=made.verdict.reason, to=made.baseline.release)
    return made


def promote(workspace: Workspace, name: str, *, who: str, anyway: str | None = None) -> Move:
    """Put a release in force that the gate promotes; with a reason in `anyway`, whatever the gate says.

    Raises:
        GateError: the stored decision is not to promote it.
        SettingsError: there is no such release, or its index is no longer kept.
    """
    registry = workspace.registry
    release = registry.get(name)
    version_of(workspace.index_store, release.index)  # what is not whole must not come into force
    if anyway is not None:
        if not anyway.strip():
            raise SettingsError("Overruling the gate needs a reason.", "Say why with --reason.")
        registry.decide(
            Decision(release.name, in_force(workspace), Scope.BY_HAND, Outcome.PROMOTE, anyway.strip(), who)
        )
    move = registry.promote(release.name, who=who)
    follow(workspace.index_store, release)
    return move


def rollback(workspace: Workspace, *, who: str, reason: str, to: str | None = None) -> Move:
    """Put an earlier release in force again: the one before when none is named."""
    registry = workspace.registry
    move = registry.rollback(who=who, reason=reason, to=registry.get(to).name if to else None)
    follow(workspace.index_store, registry.get(move.release))
    return move


def stored_comparison(workspace: Workspace, name: str) -> Gated | None:
    """Return the newest comparison of a release from what is cached; None when it was never compared in full."""
    rows = [row for row in workspace.registry.decisions(name) if row.scope in {Scope.FULL, Scope.FOLLOW_UP}]
    if not rows or rows[-1].baseline is None:
        return None
    return _compared(workspace, name, rows[-1].baseline, SILENT)


def _compared(
    workspace: Workspace, name: str, baseline: str, progress: Progress, part: Sequence[Question] | None = None
) -> Gated:
    questions = part or _questions(workspace, Split.GATE)
    before = {o.question: o for o in _outcomes(workspace, baseline, questions, progress)}
    after = [o for o in _outcomes(workspace, name, questions, progress) if o.question in before]
    paired = [before[o.question] for o in after]
    settings = workspace.settings.evaluation
    verdict = judge(after, paired, settings, _tries(workspace, name, questions))
    return Gated(
        Evaluation(name, Split.GATE, tuple(after), summarise(after, settings)),
        Evaluation(baseline, Split.GATE, tuple(paired), summarise(paired, settings)),
        verdict,
    )


def _tries(workspace: Workspace, name: str, questions: Sequence[Question]) -> int:
    """Return which try on this question set a candidate is; one that was tried before keeps its number."""
    rows = workspace.registry.decisions(question_set=set_hash(questions))
    tried = list(dict.fromkeys(row.candidate for row in rows if row.scope == Scope.FULL))
    return tried.index(name) + 1 if name in tried else len(tried) + 1


def _store(workspace: Workspace, made: Gated, scope: Scope) -> None:
    verdict = made.verdict
    workspace.registry.decide(
        Decision(
            made.candidate.release, made.baseline.release, scope, verdict.outcome, verdict.reason,
            question_set=set_hash(_questions(workspace, Split.GATE)), alpha=verdict.alpha, details=verdict.as_json(),
        )
    )  # fmt: skip


def _questions(workspace: Workspace, split: Split) -> list[Question]:
    if not read_set(workspace.lake):
        update_questions(workspace.lake, workspace.settings)
    questions = read_set(workspace.lake, split, counting=True)
    if not questions:
        raise SettingsError(
            f"There are no questions in the split '{split}'.",
            "Name a question file below [evaluation] in gristmill.toml; see docs/how-to/evaluate.md.",
        )
    return questions


def _outcomes(workspace: Workspace, name: str, questions: Sequence[Question], progress: Progress) -> list[Answered]:
    """Return the outcomes of a release, each question grounded in the release's own index."""
    release = workspace.registry.get(name)
    corpus = corpus_of_index(open_index(workspace.index_store, release, workspace.lake))
    answerer = Answerer(workspace, release)
    counts = answerer.count_tokens()
    around = Surroundings(corpus.texts, corpus.audiences, ages(workspace), release.prompt_text.system)
    cache = OutcomeCache.of(workspace.home, name)
    wanted = list(grounded(questions, corpus).values())
    spread = partial(asked_on_ray, workspace.settings, name, around=around) if workspace.cluster else None
    return run_questions(wanted, answerer.answer, counts, around, cache, progress, spread)


def ages(workspace: Workspace) -> dict[str, str]:
    """Return how old each document is, counted from the newest one, so that it does not depend on today."""
    documents = accepted(workspace.lake).select("document", stated_time())
    stated: dict[str, datetime | None] = dict(documents.iter_rows())
    newest = max((at for at in stated.values() if at is not None), default=None)
    return {
        document: "undated" if at is None or newest is None else "under a year" if newest - at < _OLD else "older"
        for document, at in stated.items()
    }


def _checked_before(workspace: Workspace, present: str) -> str | None:
    """Return the last release in force before `present` that was evaluated in full and not found worse."""
    good = {
        row.candidate
        for row in workspace.registry.decisions()
        if row.scope in {Scope.FULL, Scope.FOLLOW_UP} and row.outcome != Outcome.REJECT
    }
    moves = workspace.registry.moves()
    return next((m.release for m in reversed(moves) if m.release in good and m.release != present), None)


def _safer(made: Gated) -> bool:
    """Say whether going back would help: what is unsafe in both is no reason to."""
    unsafe = sum(made.verdict.safety.values())
    return not unsafe or sum(made.baseline.summary.safety.values()) < unsafe
