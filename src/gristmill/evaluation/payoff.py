"""Does it pay? Measures on this corpus what is claimed in general.

That retrieval invents less than a model alone, and that each part of the search earns its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gristmill.corpus.report import Progress
from gristmill.evaluation import metrics
from gristmill.evaluation.outcomes import Outcome
from gristmill.evaluation.questions import Question
from gristmill.evaluation.retrieving import KeptVectors, recalls
from gristmill.evaluation.statistics import Interval, bootstrap
from gristmill.fingerprint import fingerprint
from gristmill.models.encoder import TextEncoder
from gristmill.models.generators import Generator
from gristmill.search.version import IndexVersion
from gristmill.settings import SearchSettings

_PROMPT = (
    "<|im_start|>system\nAnswer the question in one short sentence. If you do not know the answer, say: I do not know."
    "<|im_end|>\n<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
)
_UNKNOWN = re.compile(r"\b(?:do(?:n['’]t| not) know|not (?:sure|able)|cannot|can['’]t|no information)\b", re.IGNORECASE)
_HELD = 0.5
_REPETITIONS = 1_000


@dataclass(frozen=True)
class Arm:
    """One way to do it, and how well it does."""

    name: str
    value: Interval
    note: str = ""


def closed_book(questions: Sequence[Question], generator: Generator, cache: Path, progress: Progress) -> dict[str, str]:
    """Return what the generator says without any document, by question; answers are kept in a file.

    Args:
        questions: asked as they are.
        generator: the release's.
        cache: a JSON file.
        progress: told of each question.
    """
    kept: dict[str, str] = json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
    keys = {q.id: fingerprint(generator.fingerprint, _PROMPT, q.text) for q in questions}
    progress.start("closed book", sum(key not in kept for key in keys.values()))
    for question in questions:
        if keys[question.id] not in kept:
            said = generator.generate(_PROMPT.format(question=question.text)).text
            kept[keys[question.id]] = said.strip().splitlines()[0] if said.strip() else ""
            cache.parent.mkdir(parents=True, exist_ok=True)
            cache.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
            progress.advance()
    return {id_: kept[key] for id_, key in keys.items()}


def invented(question: Question, said: str) -> bool:
    """Say whether an answer without documents is made up: something is claimed, and it is not what is expected."""
    if not said or _UNKNOWN.search(said):
        return False
    return not question.answerable or metrics.contained(said, question.answer) < _HELD


def invention_arms(
    questions: Sequence[Question], alone: dict[str, str], outcomes: Sequence[Outcome]
) -> tuple[Arm, Arm]:
    """Return how often the model alone makes something up, and how often the release gives a wrong answer."""
    asked = [q for q in questions if q.id in alone]
    by_question = {o.question: o for o in outcomes}
    paired = [(q, by_question[q.id]) for q in asked if q.id in by_question]
    made_up = [float(invented(q, alone[q.id])) for q, _ in paired]
    wrong = [float(not o.refused and not o.uncertain and not o.right) for _, o in paired]
    clusters = [o.cluster for _, o in paired]
    return (
        Arm("The model alone", bootstrap(made_up, clusters, _REPETITIONS), "asked without any document"),
        Arm("This release", bootstrap(wrong, clusters, _REPETITIONS), "answered as certain, and without the evidence"),
    )


def search_arms(
    index: IndexVersion,
    questions: Sequence[Question],
    encoders: Sequence[TextEncoder],
    settings: SearchSettings,
    vectors: KeptVectors,
) -> list[Arm]:
    """Return the recall of the release's search and of the same search without each of its parts."""
    asked = [question for question in questions if question.answerable and question.evidence]
    clusters = {question.id: question.evidence[0].document for question in asked}
    ways: list[tuple[str, dict[str, object]]] = [
        ("As released", {}),
        ("By words alone", {"dense_weight": 0.0, "bridge_weight": 0.0, "fusion": "weighted"}),
        ("By meaning alone", {"lexical_weight": 0.0, "fusion": "weighted"}),
        ("Without the second encoder", {"bridge_weight": 0.0}),
        ("Reciprocal rank fusion", {"fusion": "rrf"}),
        ("Without neighbouring chunks", {"neighbours": 0}),
        ("One passage instead of several", {"passages": 1}),
    ]
    arms: list[Arm] = []
    for name, changes in ways:
        known = {field: value for field, value in changes.items() if field in SearchSettings.model_fields}
        changed = settings.model_copy(update=known)
        if name != "As released" and changed == settings:
            continue
        found = recalls(index, asked, encoders, changed, vectors)
        values, documents = [found[q] for q in found], [clusters[q] for q in found]
        arms.append(Arm(name, bootstrap(values, documents, _REPETITIONS)))
    return arms
