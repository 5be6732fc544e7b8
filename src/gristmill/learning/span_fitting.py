"""Fits the model that cuts answers: it should choose the span that is most like what people wrote.

The spans of a question are given shares by their F1 with the confirmed answer, and the softmax of the scores is brought
near to these shares (cross-entropy, as ListNet; Cao and others 2007). The loss is convex, so that the same lessons give
the same model; on hundreds of questions it takes seconds. Minimum risk, which trains on F1 itself, was tried and stays
with long spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.answering.evidence import Evidence
from gristmill.answering.spans import NAMES, SpanModel, spans, table
from gristmill.evaluation.metrics import token_f1
from gristmill.models.encoder import TextEncoder
from gristmill.models.reader import TextReader

Array = NDArray[np.float64]
_RIDGE = 0.2
_SHARPNESS = 0.1
_ROUNDS = 300


@dataclass(frozen=True)
class Lesson:
    """What could have been said to one question, and how good each of it would have been."""

    rows: Array  # a row of measures per span
    worth: Array  # F1 of each with the confirmed answer


def lesson(
    question: str, evidence: Evidence, answer: str, encoder: TextEncoder, reader: TextReader | None = None
) -> Lesson | None:
    """Return the lesson of a confirmed answer; None when no span of the evidence is worth anything."""
    found = spans(question, evidence, encoder, reader)
    worth = np.array([token_f1(span.text, answer) for span in found])
    return Lesson(table(found), worth) if len(found) and worth.max() > 0 else None


def fit(lessons: Sequence[Lesson], ridge: float = _RIDGE) -> SpanModel:
    """Return the model that chooses best on lessons."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    stacked = np.concatenate([each.rows for each in lessons])
    mean, scale = stacked.mean(axis=0), np.maximum(stacked.std(axis=0), 1e-3)
    scaled = [Lesson((each.rows - mean) / scale, each.worth) for each in lessons]
    found = minimize(
        _loss, np.zeros(len(NAMES)), (scaled, ridge), jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS}
    )
    return SpanModel({name: round(float(value), 5) for name, value in zip(NAMES, found.x / scale, strict=True)})


def _loss(weights: Array, lessons: Sequence[Lesson], ridge: float) -> tuple[float, Array]:
    total, slope = 0.0, np.zeros_like(weights)
    for each in lessons:
        wanted, given = _shares(each.worth / _SHARPNESS), _shares(each.rows @ weights)
        total -= float(wanted @ np.log(np.maximum(given, 1e-12)))
        slope -= (wanted - given) @ each.rows
    count = len(lessons)
    return total / count + ridge * float(weights @ weights), slope / count + 2 * ridge * weights


def _shares(scores: Array) -> Array:
    shares: Array = np.exp(scores - scores.max())
    shares /= shares.sum()
    return shares
