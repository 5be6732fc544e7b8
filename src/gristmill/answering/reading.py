"""Puts together what the measures of the best evidence say, and what a model says that reads it with the question.

Measures count words and compare meanings, so that a near miss looks to them like an answer: the telephone number of
another office. The reader is worse than they are where the question is about something else altogether. The logistic
model that puts them together is fitted by `python -m benchmarks.reading --fit`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from gristmill.answering.evidence import Weighing
from gristmill.answering.fitted import READING_FILE
from gristmill.models.reader import TextReader

_CERTAIN = 1e-3


@dataclass(frozen=True)
class Together:
    """A logistic model of two log odds."""

    intercept: float
    weighed: float
    read: float

    def probability(self, weighed: float, read: float) -> float:
        """Return the probability that the best evidence answers a question.

        Args:
            weighed: the probability that the question is answered, by the measures.
            read: log odds that the best evidence answers, by the reader.
        """
        return 1 / (1 + math.exp(-(self.intercept + self.weighed * log_odds(weighed) + self.read * read)))


@cache
def together() -> Together:
    """Return the model that comes with the package."""
    return Together(**json.loads(files("gristmill.answering").joinpath(READING_FILE).read_text(encoding="utf-8")))


def read(weighing: Weighing, question: str, reader: TextReader | None) -> Weighing:
    """Return a weighing with the probability after its best evidence was read; as it is where nothing reads."""
    if reader is None or not weighing.evidence:
        return weighing
    odds = reader.odds(question, weighing.evidence[0].unit.meaning)
    return replace(weighing, answerable=together().probability(weighing.weighed, odds))


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, kept away from certainty."""
    kept = min(1 - _CERTAIN, max(_CERTAIN, probability))
    return math.log(kept / (1 - kept))
