"""What the court confirmed, as it may be used: answers with their evidence, apart from what releases are judged by.

From these come questions for the question set, lessons for models, and verified answers. No rating is among them that
nobody but its author stands behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gristmill.corpus.hygiene import detect_language, iso_639_1
from gristmill.evaluation.metrics import Span, meets
from gristmill.evaluation.questions import Evidence, Origin, Question, Split
from gristmill.evaluation.splits import apart
from gristmill.fingerprint import fingerprint
from gristmill.learning.court.verdicts import Standing, Verdict

_PROTECTED = {Split.GATE, Split.HOLDOUT}


@dataclass(frozen=True)
class ConfirmedAnswer:
    """A question that people asked, and the answer that enough of them stand behind."""

    question: str
    cluster: str
    groups: tuple[str, ...]  # of somebody who may see all of its evidence
    answer: str
    short: bool  # in somebody's own words
    evidence: tuple[Evidence, ...]
    voices: int


def confirmed_answers(verdicts: Sequence[Verdict]) -> list[ConfirmedAnswer]:
    """Return one answer for each confirmed question, in the words of people where somebody wrote some.

    Args:
        verdicts: of the court.
    """
    by_question: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.standing is Standing.CONFIRMED and verdict.evidence and verdict.answer:
            by_question[verdict.question].append(verdict)
    return [_best(by_question[question]) for question in sorted(by_question)]


def _best(verdicts: Sequence[Verdict]) -> ConfirmedAnswer:
    # Of those in people's words the longest: it leaves least out.
    best = max(verdicts, key=lambda v: (v.short, v.voices, len(v.answer) if v.short else 0, v.feedback))
    return ConfirmedAnswer(
        best.question, best.cluster, best.groups, best.answer, best.short, best.evidence, best.voices
    )


def as_questions(confirmed: Sequence[ConfirmedAnswer], known: Sequence[Question]) -> list[Question]:
    """Return the questions that confirmed answers make, one for each cluster.

    One whose evidence is that of a known question goes into that one's split: it asks for the same fact in other words,
    and training on the one would give the other away.
    """
    seen: set[str] = set()
    made = []
    for each in confirmed:
        if each.short and each.cluster not in seen:
            seen.add(each.cluster)
            made.append(_question(each, known))
    return made


def _question(each: ConfirmedAnswer, known: Sequence[Question]) -> Question:
    language = iso_639_1(detect_language(each.question).code)
    return Question(
        f"f-{fingerprint('feedback question', each.cluster)[:10]}", each.question, language, "feedback", each.groups,
        answerable=True, answer=each.answer, evidence=each.evidence, split=_split(each, known), origin=Origin.FEEDBACK,
    )  # fmt: skip


def _split(each: ConfirmedAnswer, known: Sequence[Question]) -> Split | None:
    """Return the most protected split in which the same evidence is asked for."""
    order = list(Split)
    found = [q.split for q in known if q.split is not None and _same_evidence(q.evidence, each.evidence)]
    return max(found, key=order.index, default=None)


def _same_evidence(one: Sequence[Evidence], other: Sequence[Evidence]) -> bool:
    mine = [Span(e.document, e.start, e.end) for e in one if e.end > e.start]
    return any(meets(span, Span(e.document, e.start, e.end)) for span in mine for e in other)


def usable(
    confirmed: Sequence[ConfirmedAnswer], known: Sequence[Question]
) -> tuple[list[ConfirmedAnswer], list[ConfirmedAnswer]]:
    """Divide confirmed answers into those that may be learnt from, and those too near to what releases are judged by.

    Args:
        confirmed: answers.
        known: the question set.
    """
    protected = [question for question in known if question.split in _PROTECTED]
    kept, _ = apart([each.question for each in confirmed], protected)
    free = set(kept)
    good = [
        each
        for each in confirmed
        if each.question in free and not any(_same_evidence(q.evidence, each.evidence) for q in protected)
    ]
    return good, [each for each in confirmed if each not in good]
