"""What focus hands on of the sample documents: recall and IoU of the evidence, for several budgets.

    python -m benchmarks.focus

Only questions of the tune split are read, and the home must hold the ingested samples. The weights in
`search/focus.py` were chosen by this; groups are not regarded, because nothing is answered.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.questions import FILE
from gristmill.corpus.report import Silent
from gristmill.evaluation.benchmarks.chunking import Form, retrieved
from gristmill.evaluation.benchmarks.parts import SearchParts
from gristmill.evaluation.ranges import Range, range_scores
from gristmill.evaluation.tuning.corpus import accepted_texts
from gristmill.evaluation.tuning.questions import TuningQuestion, questions_of_file
from gristmill.search.methods import Searcher
from gristmill.workspace import Workspace

_RETRIEVED = 5
_BUDGETS = (1_000, 500)


def main() -> None:
    """Measure and print."""
    workspace = Workspace()
    settings, encoders = workspace.settings, (workspace.encoder, workspace.bridge)
    chosen = settings.chunker, settings.search, settings.focus
    parts = SearchParts.cached(workspace.home / "cache", encoders, chosen, Silent())
    found = questions_of_file(FILE, accepted_texts(workspace.lake))
    with parts.searcher(found.texts) as searcher:
        limit = max(_RETRIEVED, settings.focus.passages)
        searcher = replace(searcher, search=searcher.search.model_copy(update={"passages_per_document": limit}))
        searcher.warm([question.text for question in found.questions])
        show("five chunks", searcher, found.questions, Form.CHUNKS)
        wide = searcher.search.model_copy(update={"neighbours": settings.focus.neighbours})
        show("five passages", replace(searcher, search=wide), found.questions, None)
        for tokens in _BUDGETS:
            focused = replace(searcher, focus=searcher.focus.model_copy(update={"tokens": tokens}))
            show(f"in focus, {tokens} tokens", focused, found.questions, Form.FOCUSED)


def show(name: str, searcher: Searcher, questions: tuple[TuningQuestion, ...], form: Form | None) -> None:
    """Print recall and IoU of one way; without a form, passages are handed on whole."""
    scores = [range_scores(_handed_on(searcher, question.text, form), question.wanted) for question in questions]
    recall, _, iou = 100 * np.mean(scores, axis=0)
    print(f"{name:<24} recall {recall:5.1f}  IoU {iou:5.2f}")


def _handed_on(searcher: Searcher, question: str, form: Form | None) -> list[Range]:
    if form is not None:
        return retrieved(searcher, question, form, _RETRIEVED)
    return [Range(found.document, found.start, found.end) for found in searcher.passages(question, _RETRIEVED)]


if __name__ == "__main__":
    main()
