"""Does a sentence follow from the evidence it cites? A probability, made of what can be checked by code.

Some things decide alone: a figure or a name that is not in the evidence, a negation on one side only, a condition that
is left out, an answer that says nothing new; and, for it, that all its words stand in the evidence in one piece. The
rest is measured (foreign words, words that stand together, nearness of meaning) and weighed by a small logistic model,
fitted on the tune split of the sample questions by `python -m benchmarks.support --fit`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from functools import cache
from importlib.resources import files

from gristmill.answering.figures import figures
from gristmill.answering.fitted import SUPPORT_FILE
from gristmill.models.encoder import TextEncoder
from gristmill.search.lexical import terms

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-ZÀ-ÖØ-Þ][\w'’-]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|without|cannot|nicht|kein\w*|nie|ohne|ne|pas|jamais|aucun\w*|sans)\b|n['’]t\b",
    re.IGNORECASE,
)
# What makes a rule hold only sometimes.
_CONDITION = re.compile(
    r"\b(?:only|unless|except|if|provided|nur|außer|falls|sofern|wenn|sauf|si|seulement|uniquement)\b", re.IGNORECASE
)
_LEAST_NEW = 2
# A word of the question alone may be said again, and is no evidence.
_ASKED_ALONE = 0.4


@dataclass(frozen=True)
class SupportMeasures:
    """How a sentence lies in its evidence, each in 0..1."""

    strange: float  # share of its terms that stand neither in the evidence nor in the question
    together: float  # share of the terms that the question lacks which one unit of the evidence has alone
    cosine: float


MEASURES = tuple(field.name for field in fields(SupportMeasures))


@dataclass(frozen=True)
class Support:
    """The probability that evidence carries a sentence, and what speaks against it."""

    score: float
    reason: str = ""
    measures: SupportMeasures | None = None


def support(sentence: str, evidence: Sequence[str], question: str, encoder: TextEncoder) -> Support:
    """Return how likely it is that the units of `evidence` carry `sentence`.

    What stands in `question` (with the headings of the evidence) may be said again, but says nothing new.
    """
    joined = " ".join(evidence)
    if reason := objection(sentence, joined, question) or unconditional(sentence, evidence):
        return Support(0.0, reason)
    if any(longest_run(sentence, unit) == 1 for unit in evidence):
        return Support(1.0)
    vectors = encoder.encode([sentence, joined])
    measures = SupportMeasures(
        strange(sentence, f"{joined} {question}"), together(sentence, evidence, question),
        float(vectors[0] @ vectors[1]),
    )  # fmt: skip
    return Support(_probability(measures), "", measures)


def objection(sentence: str, evidence: str, question: str) -> str:
    """Return what alone decides that `evidence` does not carry `sentence`, or nothing."""
    if missing := set(_NUMBER.findall(sentence)) - set(_NUMBER.findall(evidence)):
        return f"number {sorted(missing)[0]} is not in the evidence"
    ours, theirs = figures(sentence), figures(evidence)
    for unit, values in ours.items():
        # A figure may lose its unit on the way, and may not get another one.
        if unit != "number" and unit in theirs and values - theirs[unit]:
            return f"{sorted(values - theirs[unit])[0]} is not a figure of the evidence ({unit})"
    known = {word.casefold() for word in re.findall(r"[\w'’-]+", f"{evidence} {question}")}
    if strange := [name for name in _NAME.findall(sentence) if name.casefold() not in known]:
        return f"name '{strange[0]}' is not in the evidence"
    if bool(_NEGATION.search(sentence)) != bool(_NEGATION.search(evidence)):
        return "the evidence says the opposite, or this does"
    said, held, asked = set(terms(sentence)), set(terms(evidence)), set(terms(question))
    fresh = held - asked
    if not said or len(said & fresh) < min(len(fresh), _LEAST_NEW):
        return "it says too little that the question and the headings did not"
    told = set(_NUMBER.findall(evidence)) - set(_NUMBER.findall(question))
    if told and not told & set(_NUMBER.findall(sentence)):
        return "it leaves out the figure"
    return ""


def unconditional(sentence: str, evidence: Sequence[str]) -> str:
    """Return that a sentence leaves out a condition of the unit that it is made of, or nothing."""
    said = set(terms(sentence))
    unit = max(evidence, key=lambda one: len(said & set(terms(one))))
    left_out = _CONDITION.search(unit) and not _CONDITION.search(sentence)
    return "it leaves out the condition" if left_out else ""


def carried(sentence: str, evidence: str, question: str) -> float:
    """Return how far `evidence` carries an answer, in 0..1, without a model: to tell two answers apart."""
    parts = (words_carried, named_carried)
    words, named = (part(sentence, evidence, question) for part in parts)
    return 0.5 * words + 0.25 * longest_run(sentence, evidence) + 0.25 * named


def words_carried(sentence: str, evidence: str, question: str) -> float:
    """Return the share of the sentence's terms that the evidence has."""
    said, held, asked = set(terms(sentence)), set(terms(evidence)), set(terms(question))
    worth = (1.0 if term in held else _ASKED_ALONE if term in asked else 0.0 for term in said)
    return sum(worth) / len(said) if said else 0.0


def strange(sentence: str, known: str) -> float:
    """Return the share of the sentence's terms that `known` does not have."""
    said = set(terms(sentence))
    return len(said - set(terms(known))) / len(said) if said else 0.0


def together(sentence: str, evidence: Sequence[str], question: str) -> float:
    """Return the share of what a sentence says beyond the question that one unit of the evidence has alone.

    Two rows of a table hold each word of a third one that does not exist.
    """
    fresh = set(terms(sentence)) - set(terms(question))
    return max(len(fresh & set(terms(unit))) for unit in evidence) / len(fresh) if fresh else 1.0


def longest_run(sentence: str, evidence: str) -> float:
    """Return the longest run of the sentence's words that stands in the evidence, as a share of its words."""
    ours, theirs = (re.findall(r"\w+", text.casefold()) for text in (sentence, evidence))
    best, before = 0, [0] * (len(theirs) + 1)
    for word in ours:
        now = [0] * (len(theirs) + 1)
        for at, other in enumerate(theirs, 1):
            if word == other:
                now[at] = before[at - 1] + 1
                best = max(best, now[at])
        before = now
    return best / len(ours) if ours else 0.0


def named_carried(sentence: str, evidence: str, question: str) -> float:
    """Return the share of the sentence's names and numbers that the evidence has; those of the question aside."""
    named = {*(name.casefold() for name in re.findall(r"\b[A-ZÀ-Þ][\w'’-]+", sentence)), *_NUMBER.findall(sentence)}
    fresh = {name for name in named if name not in question.casefold()}
    return sum(name in evidence.casefold() for name in fresh) / len(fresh) if fresh else 1.0


@cache
def _model() -> dict[str, float]:
    stored: dict[str, float] = json.loads(files("gristmill.answering").joinpath(SUPPORT_FILE).read_text("utf-8"))
    return stored


def _probability(measures: SupportMeasures) -> float:
    model = _model()
    values: tuple[float, ...] = astuple(measures)
    logit = model["intercept"] + sum(model[name] * value for name, value in zip(MEASURES, values, strict=True))
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
