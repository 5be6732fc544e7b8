"""How good the cutting of answers is that is learnt from corrections: in a home with the sample documents.

    python -m benchmarks.cutting [--lessons 51] [--show]

Each answerable question of the splits tune and gate is asked once, quoting. Lessons are the answers that the sample's
tune questions ask for, as if people had written them; a model learns from as many as said, drawn at random, and is told
on questions that it did not see: five folds of tune, and gate. Printed are the F1 of the whole quotes, of the cuts and
of the best cuts there are, how many quotes stay whole, and how often a cut leaves out an answer that its quote has.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from benchmarks.answering import answerer_weigher, is_evidence
from benchmarks.disputes import quoting
from benchmarks.questions import Question, questions
from benchmarks.remembered import RememberingReader
from gristmill.answering.evidence import Evidence
from gristmill.answering.finding import query_of
from gristmill.answering.spans import SpanModel, spans
from gristmill.asking import Answerer
from gristmill.evaluation.metrics import contained, token_f1
from gristmill.identity import Asker
from gristmill.learning.span_fitting import Lesson, fit, lesson
from gristmill.models.encoder import TextEncoder
from gristmill.models.reader import TextReader
from gristmill.models.remembering import RememberingEncoder
from gristmill.search.retrieval import retrieve
from gristmill.workspace import Workspace

_FOLDS, _ROUNDS = 5, 3
# A quote has an answer when it has most of its words; a cut has left it out when it has few of them.
_HAS, _LACKS = 0.6, 0.3


@dataclass(frozen=True)
class Asked:
    """A question with what is quoted, if anything is, and the unit that should be."""

    question: Question
    answer: str
    stated: str
    first: Evidence | None
    right: Evidence | None


@dataclass(frozen=True)
class Told:
    """What a model does to one answer."""

    text: str
    f1: float
    whole: bool | None  # None where nothing could be cut
    left_out: bool | None  # None where the quote does not have the answer


def main() -> None:
    """Ask, learn, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lessons", type=int, default=51, help="How many a model learns from.")
    parser.add_argument("--show", action="store_true", help="Print each answer of gate, by a model of all lessons.")
    chosen = parser.parse_args()
    answerer = quoting(Workspace())
    encoder, reader = RememberingEncoder(answerer.tools.encoder), RememberingReader.of(answerer.tools.reader)
    tune, gate = ([asked(answerer, q) for q in questions(split) if q.answer] for split in ("tune", "gate"))
    lessons = {each.question.id: made for each in tune if (made := _lesson(each, encoder, reader)) is not None}
    draw, judged = np.random.default_rng(0), {"tune": list[Told](), "gate": list[Told]()}
    for _ in range(_ROUNDS):
        order = draw.permutation(len(tune))
        for fold in range(_FOLDS):
            unseen = [tune[at] for at in order[fold::_FOLDS]]
            pool = sorted(set(lessons) - {each.question.id for each in unseen})
            drawn = draw.choice(pool, min(chosen.lessons, len(pool)), replace=False)
            model = fit([lessons[name] for name in drawn])
            judged["tune"] += [told(model, each, encoder, reader) for each in unseen]
            judged["gate"] += [told(model, each, encoder, reader) for each in gate]
    for (split, found), each_of in zip(judged.items(), (tune, gate), strict=True):
        _print(split, found, each_of, encoder)
    if chosen.show:
        model = fit(list(lessons.values()))
        for each in gate:
            print(f"{each.question.text}\n    {told(model, each, encoder, reader).text}")


def asked(answerer: Answerer, question: Question) -> Asked:
    """Ask a question; find the unit that is quoted first, and the one that is evidence."""
    tools, asker = answerer.tools, Asker.in_groups(question.groups)
    given = answerer.ask(question.text, asker)
    query = query_of(question.text, asker, tools)
    weighed = answerer_weigher(answerer).weigh(query, retrieve(tools.index, query, tools.search)).evidence
    quoted = given.citations[0].quote if given.citations and not given.disputed else None
    first = next((each for each in weighed if each.unit.text == quoted), None)
    right = next((each for each in weighed if is_evidence(each.unit, question)), None)
    return Asked(question, question.answer, "" if given.refused else given.stated, first, right)


def told(model: SpanModel, each: Asked, encoder: TextEncoder, reader: TextReader | None) -> Told:
    """Return what a model makes of an answer."""
    cut = None if each.first is None else model.best(each.question.text, each.first, encoder, reader)
    if cut is None or each.first is None:
        return Told(each.stated, token_f1(each.stated, each.answer), whole=None, left_out=None)
    quote = next(span.text for span in spans(each.question.text, each.first, encoder) if span.whole)
    there = contained(quote, each.answer) >= _HAS
    lost = contained(cut.text, each.answer) < _LACKS if there else None
    return Told(cut.text, token_f1(cut.text, each.answer), cut.whole, lost)


def _lesson(each: Asked, encoder: TextEncoder, reader: TextReader | None) -> Lesson | None:
    return None if each.right is None else lesson(each.question.text, each.right, each.answer, encoder, reader)


def _best(each: Asked, encoder: TextEncoder) -> float:
    if each.first is None:
        return token_f1(each.stated, each.answer)
    return max(token_f1(span.text, each.answer) for span in spans(each.question.text, each.first, encoder))


def _print(split: str, found: list[Told], questions_of: list[Asked], encoder: TextEncoder) -> None:
    quoted = float(np.mean([token_f1(each.stated, each.answer) for each in questions_of]))
    cut = float(np.mean([each.f1 for each in found]))
    best = float(np.mean([_best(each, encoder) for each in questions_of]))
    lost = [each.left_out for each in found if each.left_out is not None]
    whole = [each.whole for each in found if each.whole is not None]
    print(
        f"{split}: {len(questions_of)} questions; F1 of quotes {quoted:.3f}, cut {cut:.3f} ({cut / quoted - 1:+.0%}), "
        f"best cuts {best:.3f}; {np.mean(whole):.0%} of what was quoted stays whole; "
        f"the answer is left out of {np.mean(lost):.1%} of the quotes that have it"
    )


if __name__ == "__main__":
    main()
