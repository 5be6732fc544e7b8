"""Fits the support model, and finds the threshold that keeps a stated precision.

    python -m benchmarks.support --fit [--precision 0.98]

Pairs of a sentence and its evidence are made from the evidence of the tune split: supported ones are the quotes with a
part left out, in another order of clauses, or put after the question's words; unsupported ones have one to three of
their words exchanged for words of another quote, stand beside the evidence of another question, or begin as one quote
and end as another. What a rule decides alone is not fitted, but counts in the precision. Cross-validated by question,
five folds.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold

import gristmill.answering
from benchmarks.answering import logistic, named
from benchmarks.questions import Question, questions
from gristmill.answering.fitted import SUPPORT_FILE
from gristmill.answering.support import MEASURES, support
from gristmill.models.remembering import RememberingEncoder
from gristmill.search.lexical import terms
from gristmill.workspace import Workspace

_WORD = re.compile(r"(?<![\w-])[a-zäöüßéèà]{4,}(?![\w-])")


@dataclass(frozen=True)
class Pair:
    """A sentence beside evidence, and whether the evidence carries it."""

    question: str
    sentence: str
    evidence: tuple[str, ...]
    carried: bool


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="Write the model.")
    parser.add_argument("--precision", type=float, default=0.98)
    arguments = parser.parse_args()
    pairs = list(made(questions("tune")))
    encoder = RememberingEncoder(Workspace().encoder)
    encoder.encode([text for pair in pairs for text in (pair.sentence, " ".join(pair.evidence))])  # many at a time
    found = [support(pair.sentence, pair.evidence, pair.question, encoder) for pair in pairs]
    labels = np.array([pair.carried for pair in pairs])
    groups = np.array([pair.question for pair in pairs])
    open_ = np.array([f.measures is not None for f in found])
    alone = np.array([f.score for f in found])
    rows = np.array([astuple(f.measures) if f.measures else (0.0,) * len(MEASURES) for f in found])
    chances = np.zeros(len(pairs))
    for learn, judge in GroupKFold(5).split(rows, labels, groups):
        seen = learn[open_[learn]]
        model = logistic(rows[seen], labels[seen], np.ones(len(seen)))
        chances[judge] = np.where(open_[judge], model.predict_proba(rows[judge])[:, 1], alone[judge])
    for decided, word in ((0.0, "reject"), (1.0, "accept")):
        by_rule = ~open_ & (alone == decided)
        print(f"rules alone {word} {(by_rule & labels).sum()} of the {labels.sum()} supported pairs and "
              f"{(by_rule & ~labels).sum()} of the {(~labels).sum()} others")  # fmt: skip
    for threshold in np.arange(0.3, 1.0, 0.02).round(2):
        over = chances >= threshold
        precision = labels[over].mean() if over.any() else 1.0
        print(f"threshold {threshold:.2f}: precision {precision:.3f}, recall {over[labels].mean():.3f}"
              + (" *" if precision >= arguments.precision else ""))  # fmt: skip
    for low in np.arange(0.0, 1.0, 0.2):
        within = open_ & (chances >= low) & (chances < low + 0.2)
        if within.any():
            print(f"stated {low:.1f} to {low + 0.2:.1f}: {within.sum()} pairs, {labels[within].mean():.2f} supported")
    if arguments.fit:
        model = logistic(rows[open_], labels[open_], np.ones(int(open_.sum())))
        stored = json.dumps(named(model, MEASURES), indent=2)
        (Path(gristmill.answering.__file__).parent / SUPPORT_FILE).write_text(stored + "\n", encoding="utf-8")
        print(stored)


def made(known: list[Question]) -> Iterator[Pair]:
    """Yield pairs from the evidence of questions."""
    draw = random.Random(0)
    quotes = [(q.text, quote) for q in known if q.answerable for quote in q.quotes if len(quote.split()) > 4]
    for at, (question, quote) in enumerate(quotes):
        _, other = quotes[(at + 1 + draw.randrange(len(quotes) - 1)) % len(quotes)]
        for evidence in ((quote,), (quote, other)):
            yield Pair(question, quote, evidence, carried=True)
            for sentence in rephrased(quote, question):
                yield Pair(question, sentence, evidence, carried=True)
            for count in (1, 2, 3):
                if (wrong := exchanged(quote, other, count, draw)) != quote:
                    yield Pair(question, wrong, evidence, carried=False)
        yield Pair(question, other, (quote,), carried=False)
        yield Pair(question, mixed(quote, other), (quote, other), carried=False)
        yield Pair(question, mixed(other, quote), (quote, other), carried=False)


def rephrased(quote: str, question: str) -> Iterator[str]:
    """Yield a quote with a clause or filling words left out, and with the question's subject before it."""
    clauses = re.split(r"(?<=[,;:])\s+", quote)
    if len(clauses) > 1:
        yield " ".join(clauses[1:])
        yield " ".join([*clauses[1:], clauses[0]])
    yield re.sub(r"\b(?:the|a|an|of|der|die|das|le|la|les)\s+", "", quote)
    yield f"{question.rstrip('?')}: {quote}"


def mixed(one: str, other: str) -> str:
    """Return a sentence that begins as one quote and ends as the other."""
    begins, ends = one.split(), other.split()
    return " ".join([*begins[: -(-len(begins) // 2)], *ends[len(ends) // 2 :]])


def exchanged(quote: str, other: str, count: int, draw: random.Random) -> str:
    """Return a quote with some of its words that mean something exchanged for those of another."""
    ours, theirs = ({word for word in _WORD.findall(text) if terms(word)} for text in (quote, other))
    foreign = sorted(theirs - ours)
    for word in draw.sample(sorted(ours), min(count, len(ours))):
        if foreign:
            quote = re.sub(rf"\b{word}\b", draw.choice(foreign), quote)
    return quote


if __name__ == "__main__":
    main()
