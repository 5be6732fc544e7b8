"""Learning from use in an installation: court, questions, models, candidate, gate; promoted or not.

The command line and the assets learn through here. What the court does stands in `learning.court`; what is decided on a
candidate, in `releasing`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gristmill.answering.draft import Tools
from gristmill.answering.evidence import Evidence, Weigher
from gristmill.answering.finding import query_of
from gristmill.answering.learned import Learned, VerifiedAnswer
from gristmill.asking import Answerer, in_force
from gristmill.corpus.checks import CheckResult, Problem, found, result
from gristmill.corpus.report import Change, Progress, Silent, StageReport
from gristmill.errors import SettingsError
from gristmill.evaluation.comparison import Gated
from gristmill.evaluation.question_set import add_questions, read_set, update_questions
from gristmill.evaluation.questions import Split
from gristmill.evaluation.ruling import Outcome
from gristmill.evaluation.splits import apart
from gristmill.identity import Asker
from gristmill.learning.confirmed import ConfirmedAnswer, as_questions, confirmed_answers, usable
from gristmill.learning.court import hold_court, read_verdicts
from gristmill.learning.court.kept import KeptFindings
from gristmill.learning.interactions import export_interactions
from gristmill.learning.span_fitting import Lesson, fit, lesson
from gristmill.releasing import gate, promote
from gristmill.search.retrieval import retrieve
from gristmill.workspace import Workspace

SILENT = Silent()


def judge_feedback(workspace: Workspace, progress: Progress = SILENT) -> StageReport:
    """Give every piece of feedback in the lake its verdict, replayed against the release in force.

    Raises:
        SearchIndexError: there is no index yet.
    """
    # Nothing kept is replayed, and nothing leaves the machine for a replay.
    tools = replace(Answerer(workspace).tools, cache=None, router=None)
    kept = KeptFindings(workspace.home)
    return hold_court(workspace.lake, workspace.database, tools, kept, workspace.settings.learning, progress)


def court(workspace: Workspace, progress: Progress = SILENT) -> list[StageReport]:
    """Copy what is new to the lake, and judge it."""
    copied = export_interactions(workspace.database, workspace.lake, progress)
    return [copied, judge_feedback(workspace, progress)]


@dataclass(frozen=True)
class Taught:
    """What one session of learning came to."""

    stages: tuple[StageReport, ...]
    learned: str
    candidate: str | None  # None when nothing new was learnt
    gated: Gated | None
    promoted: bool
    said: str

    def as_json(self) -> dict[str, Any]:
        """Return it as the command line prints it."""
        stages = [{"stage": r.stage, "numbers": dict(r.numbers), "changes": list(map(asdict, r.changes))}
                  for r in self.stages]  # fmt: skip
        decision = None if self.gated is None else self.gated.as_json()
        return {"learned": self.learned, "candidate": self.candidate, "promoted": self.promoted, "said": self.said,
                "stages": stages, "decision": decision}  # fmt: skip


def learn(workspace: Workspace, progress: Progress = SILENT, who: str = "gristmill") -> Taught:
    """Go from feedback to a decided release: court, questions, models, candidate, gate, and promotion if it passes.

    What the gate does not let through changes nothing: the next candidate is without it.

    Raises:
        SearchIndexError: there is no index yet.
        SettingsError: there are no questions to measure a candidate on.
    """
    stages = [*court(workspace, progress), learned_models(workspace, progress)]
    candidate = workspace.candidate()
    if candidate.name == in_force(workspace):
        said = "Nothing was learnt that the release in force does not have."
        return Taught(tuple(stages), candidate.learned, None, None, promoted=False, said=said)
    name = workspace.registry.keep(candidate)
    made = gate(workspace, name, progress)
    passed = made.verdict.outcome is Outcome.PROMOTE
    if passed:
        promote(workspace, name, who=who)
    workspace.learned.propose(None)
    said = f"{made.verdict.outcome}: {made.verdict.reason}"
    return Taught(tuple(stages), candidate.learned, name, made, promoted=passed, said=said)


def learned_models(workspace: Workspace, progress: Progress = SILENT) -> StageReport:
    """Make of what the court confirmed what the next candidate has learnt; questions of it join the question set."""
    began = time.perf_counter()
    if not read_set(workspace.lake):
        update_questions(workspace.lake, workspace.settings)
    confirmed = confirmed_answers(read_verdicts(workspace.lake))
    known = read_set(workspace.lake)
    added = add_questions(workspace.lake, as_questions(confirmed, known), datetime.now(UTC))
    free, kept_apart = usable(confirmed, read_set(workspace.lake))
    lessons = list(_lessons(workspace, free, progress))
    enough = len(lessons) >= workspace.settings.learning.least_lessons
    learned = Learned(fit(lessons) if enough else None, tuple(_verified(free)))
    name = workspace.learned.keep(learned)
    workspace.learned.propose(None if _known_to_fail(workspace, name) else name)
    numbers = {
        "confirmed": len(confirmed), "kept_apart": len(kept_apart), "questions_added": added,
        "lessons": len(lessons), "verified_answers": len(learned.verified),
        "seconds": round(time.perf_counter() - began, 3),
    }  # fmt: skip
    changes = [Change(each.question, "kept apart", "a question like it judges releases") for each in kept_apart]
    return StageReport.of("learned_models", numbers, changes)


def check_learned(workspace: Workspace) -> CheckResult:
    """Check that what the next candidate has learnt can be read, and that none of it judges releases."""
    again = "Materialise 'learned_models' again."
    try:
        learned = workspace.learned.get(workspace.candidate().learned)
    except SettingsError as error:
        return result({"verified_answers": 0}, (Problem(error.message, (), again),))
    judging = [q for q in read_set(workspace.lake) if q.split in {Split.GATE, Split.HOLDOUT}]
    _, near = apart([each.question for each in learned.verified], judging)
    return result(
        {"verified_answers": len(learned.verified), "cuts": int(learned.spans is not None)},
        (found("verified answers are near questions that judge releases.", near, again),),
    )


def _known_to_fail(workspace: Workspace, name: str) -> bool:
    """Say whether the gate has refused a candidate that differs from what is in force by just this."""
    present = workspace.registry.get(in_force(workspace))
    tried = replace(present, learned=name).name
    rows = workspace.registry.decisions(tried)
    return bool(rows) and rows[-1].outcome != Outcome.PROMOTE and rows[-1].baseline == present.name


def _verified(free: Sequence[ConfirmedAnswer]) -> Iterator[VerifiedAnswer]:
    for each in free:
        place = each.evidence[0]
        yield VerifiedAnswer(each.question, each.answer, place.document, place.quote, place.start, place.end)


def _lessons(workspace: Workspace, free: Sequence[ConfirmedAnswer], progress: Progress) -> Iterator[Lesson]:
    """Yield the lesson of each confirmed answer in people's own words: which part of its evidence they took."""
    tools = Answerer(workspace).tools
    written = [each for each in free if each.short]
    progress.start("lessons", len(written))
    for each in written:
        evidence = _evidence_of(each, tools)
        made = None if evidence is None else lesson(each.question, evidence, each.answer, tools.encoder, tools.reader)
        progress.advance()
        if made is not None:
            yield made


def _evidence_of(each: ConfirmedAnswer, tools: Tools) -> Evidence | None:
    """Return the unit that carries a confirmed answer, as answering would see it."""
    asker = Asker(each.groups, "learning")
    query = query_of(each.question, asker, tools)
    quoted = query_of(each.evidence[0].quote[: tools.answering.max_question_characters], asker, tools)
    passages = [p for p in retrieve(tools.index, quoted, tools.search) if p.document == each.evidence[0].document]
    bridge = tools.bridge if tools.index.bridge is not None else None
    weighed = Weigher(tools.encoder, bridge, tools.index.lexical).weigh(query, passages)
    return next((e for e in weighed.evidence if e.unit.text == each.evidence[0].quote), None)
