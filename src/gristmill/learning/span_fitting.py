"""Fits the model that cuts answers: it should choose what people wrote, so its loss is the F1 that it gives away.

Minimum risk training (Och 2003; Shen and others 2016): the mean over all spans of a question of 1 - F1 with the answer
that was confirmed, each span weighed by the softmax of its score. Deterministic; on hundreds of questions it takes
seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.answering.evidence import Evidence
from gristmill.answering.spans import NAMES, SpanModel, spans, table
from gristmill.evaluation.metrics import token_f1

Array = NDArray[np.float64]
_RIDGE = 0.02
_ROUNDS = 300


@dataclass(frozen=True)
class Lesson:
    """What could have been said to one question, and how good each of it would have been."""

    rows: Array  # a row of measures per span
    worth: Array  # F1 of each with the confirmed answer


def lesson(question: str, evidence: Sequence[Evidence], answer: str) -> Lesson | None:
    """Return the lesson of a confirmed answer; None when no span of the evidence is worth anything."""
    found = list(spans(question, evidence))
    worth = np.array([token_f1(span.text, answer) for span in found])
    return Lesson(table(found), worth) if len(found) and worth.max() > 0 else None


def fit(lessons: Sequence[Lesson], ridge: float = _RIDGE) -> SpanModel:
    """Return the model that chooses best on lessons."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    stacked = np.concatenate([each.rows for each in lessons])
    mean, scale = stacked.mean(axis=0), np.maximum(stacked.std(axis=0), 1e-3)
    scaled = [Lesson((each.rows - mean) / scale, each.worth) for each in lessons]
    found = minimize(
        _risk, np.zeros(len(NAMES)), (scaled, ridge), jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS}
    )
    return SpanModel(tuple(round(float(value), 5) for value in found.x / scale))


def _risk(weights: Array, lessons: Sequence[Lesson], ridge: float) -> tuple[float, Array]:
    total, slope = 0.0, np.zeros_like(weights)
    for each in lessons:
        scores = each.rows @ weights
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        expected = float(shares @ each.worth)
        total -= expected
        slope -= (shares * (each.worth - expected)) @ each.rows
    count = len(lessons)
    return total / count + ridge * float(weights @ weights), slope / count + 2 * ridge * weights
