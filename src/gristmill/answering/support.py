"""Does a sentence follow from the evidence it cites? A score in 0..1, made of what can be checked by code.

Numbers and names must be in the evidence, negation must agree, the words must come from it, and the sentence must mean
nearly the same. Each part can only lower the score, so a fluent sentence with one wrong figure has a score of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gristmill.models.encoder import TextEncoder
from gristmill.search.lexical import terms

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-ZÀ-ÖØ-Þ][\w'’-]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|without|cannot|nicht|kein\w*|nie|ohne|ne|pas|jamais|aucun\w*|sans)\b|n['’]t\b",
    re.IGNORECASE,
)


_LEAST_NEW = 2


@dataclass(frozen=True)
class Support:
    """How far evidence carries a sentence, and what speaks against it."""

    score: float
    reason: str = ""


def support(sentence: str, evidence: Sequence[str], question: str, encoder: TextEncoder) -> Support:
    """Return how far the units of `evidence` carry `sentence`.

    What stands in `question` (with the headings of the evidence) may be said again, but says nothing new.
    """
    joined = " ".join(evidence)
    if missing := set(_NUMBER.findall(sentence)) - set(_NUMBER.findall(joined)):
        return Support(0.0, f"number {sorted(missing)[0]} is not in the evidence")
    known = {word.casefold() for word in re.findall(r"[\w'’-]+", f"{joined} {question}")}
    if strange := [name for name in _NAME.findall(sentence) if name.casefold() not in known]:
        return Support(0.0, f"name '{strange[0]}' is not in the evidence")
    if bool(_NEGATION.search(sentence)) != bool(_NEGATION.search(joined)):
        return Support(0.0, "the evidence says the opposite, or this does")
    said, held, asked = set(terms(sentence)), set(terms(joined)), set(terms(question))
    fresh = held - asked
    if not said or len(said & fresh) < min(len(fresh), _LEAST_NEW):
        return Support(0.0, "it says too little that the question and the headings did not")
    figures = set(_NUMBER.findall(joined)) - set(_NUMBER.findall(question))
    if figures and not figures & set(_NUMBER.findall(sentence)):
        return Support(0.0, "it leaves out the figure")
    words = len(said & (held | asked)) / len(said)
    vectors = encoder.encode([sentence, joined])
    return Support(min(words, float(vectors[0] @ vectors[1])))
