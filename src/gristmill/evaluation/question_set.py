"""The question set of an installation: read, grounded in the documents as they are, split, and kept in the lake.

A question that left its file leaves the set; one whose evidence is gone stays in it, set aside with its reason, and
counts again when the evidence comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.corpus.report import Change, StageReport
from gristmill.evaluation.generating import generate
from gristmill.evaluation.grounding import Corpus, ground
from gristmill.evaluation.questions import Evidence, Origin, Question, Split, read_questions
from gristmill.evaluation.splits import assigned, counted
from gristmill.settings import Settings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import QUESTIONS, TEXTS


def update_questions(
    lake: Lake, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> StageReport:
    """Bring the table `questions` up to date with the question file and the documents.

    Raises:
        SettingsError: the question file is missing or not valid.
    """
    stored = {question.id: question for question in read_set(lake)}
    asked = settings.evaluation.questions is not None or settings.evaluation.generated or stored
    corpus = corpus_of(lake) if asked else Corpus({}, {})
    golden, removed = _wanted(settings, stored, corpus)
    grounded = [ground(_placed_as_before(question, stored), corpus) for question in golden]
    frozen = {q.id: q.split for q in stored.values() if q.split is not None}
    questions = assigned(grounded, frozen, _clusters(grounded, stored))
    changed = [question for question in questions if stored.get(question.id) != question]
    gone = pl.Series("question", sorted(stored.keys() - {question.id for question in questions}), dtype=pl.String)
    lake.delete(QUESTIONS, gone)
    lake.upsert(QUESTIONS, _rows(changed, now()))
    aside = [question for question in questions if question.set_aside]
    numbers = {"questions": len(questions), **counted(questions), "set_aside": len(aside), "changed": len(changed),
               "generated_left_out": sum(removed.values())}  # fmt: skip
    changes = [Change(q.text, "set aside", q.set_aside or "") for q in aside]
    if not questions:
        changes = [Change("no questions", "nothing to measure on", "name a question file below [evaluation]")]
    changes += [Change(f"{count} generated questions", "left out", reason) for reason, count in removed.items()]
    return StageReport.of("question_set", numbers, changes)


def read_set(lake: Lake, split: Split | None = None, *, counting: bool = False) -> list[Question]:
    """Return the stored questions in the order of their ids.

    Args:
        lake: holds them.
        split: only this one.
        counting: only those that are not set aside.
    """
    rows = lake.read(QUESTIONS).sort("question")
    questions = [_question(row) for row in rows.iter_rows(named=True)]
    wanted = (q for q in questions if split is None or q.split is split)
    return [q for q in wanted if not counting or q.set_aside is None]


def corpus_of(lake: Lake) -> Corpus:
    """Return the accepted documents as they are now."""
    documents = accepted(lake).select("document", "audience", "text_hash")
    texts = documents.join(lake.read(TEXTS, ["text_hash", "text"]), on="text_hash")
    return Corpus(
        dict(texts.select("document", "text").iter_rows()), dict(documents.select("document", "audience").iter_rows())
    )


def add_questions(lake: Lake, questions: Iterable[Question], now: datetime) -> int:
    """Add questions that people confirmed; each gets its split by its cluster. Returns how many are new."""
    stored = read_set(lake)
    known = {question.id for question in stored}
    corpus = corpus_of(lake)
    new = [ground(replace(q, origin=Origin.FEEDBACK), corpus) for q in questions if q.id not in known]
    placed = assigned([*stored, *new], {q.id: q.split for q in stored if q.split is not None})
    added = [question for question in placed if question.id not in known]
    return lake.upsert(QUESTIONS, _rows(added, now))


def _wanted(settings: Settings, stored: dict[str, Question], corpus: Corpus) -> tuple[list[Question], dict[str, int]]:
    file = settings.evaluation.questions
    golden = [] if file is None else read_questions(settings.root / file.expanduser())
    golden += [question for question in stored.values() if question.origin is Origin.FEEDBACK]
    if not settings.evaluation.generated:
        return golden, {}
    made = generate(corpus, settings.evaluation.generated, [question.text for question in golden])
    return [*golden, *made.questions], made.removed


def _clusters(questions: Sequence[Question], stored: Mapping[str, Question]) -> dict[str, str] | None:
    """Return the clusters of before, if these are the questions of before."""
    same = {q.id: q.text for q in questions} == {q.id: q.text for q in stored.values()}
    return {q.id: q.cluster for q in stored.values()} if same else None


def _placed_as_before(question: Question, stored: dict[str, Question]) -> Question:
    """Return a question with the places where its evidence stood: what moved is looked for near them."""
    before = stored.get(question.id)
    if before is None or len(before.evidence) != len(question.evidence):
        return question
    pairs = zip(question.evidence, before.evidence, strict=True)
    return replace(
        question,
        evidence=tuple(replace(e, start=b.start, end=b.end) if e.quote == b.quote else e for e, b in pairs),
    )


def _rows(questions: Sequence[Question], at: datetime) -> pl.DataFrame:
    rows = [
        {
            "question": q.id, "text": q.text, "language": q.language, "kind": q.kind, "groups": list(q.groups),
            "answerable": q.answerable, "answer": q.answer, "evidence": [asdict(e) for e in q.evidence],
            "split": str(q.split), "cluster": q.cluster, "origin": str(q.origin), "set_aside": q.set_aside,
            "changed": at,
        }
        for q in questions
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=QUESTIONS.schema)


def _question(row: dict[str, Any]) -> Question:
    return Question(
        row["question"], row["text"], row["language"], row["kind"], tuple(row["groups"]), row["answerable"],
        row["answer"], tuple(Evidence(**each) for each in row["evidence"]), Split(row["split"]), row["cluster"],
        Origin(row["origin"]), row["set_aside"],
    )  # fmt: skip
