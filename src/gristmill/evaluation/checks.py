"""What must hold of the question set before anything is measured on it, in the words of `corpus/checks.py`."""

from __future__ import annotations

from gristmill.corpus.checks import CheckResult, found, result
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.splits import near_pairs
from gristmill.storage.lake import Lake

_CORRECT = "Correct the question file and materialise 'question_set'."


def check_question_set(lake: Lake) -> CheckResult:
    """Check that what counts has evidence, and that no near duplicate stands on both sides of a line."""
    counting = [question for question in read_set(lake) if question.set_aside is None]
    bare = [q.id for q in counting if q.answerable and not all(e.found for e in q.evidence)]
    pairs = near_pairs([question.text for question in counting])
    crossing = [f"{counting[a].id} and {counting[b].id}" for a, b in pairs if counting[a].split != counting[b].split]
    return result(
        {"questions": len(counting), "near_pairs": len(pairs)},
        (
            found("questions that count have no evidence in the documents.", bare, _CORRECT),
            found("near duplicates stand in different splits.", crossing, _CORRECT),
        ),
    )
