"""Questions made from the documents by rule, and the filter that leaves out what would measure nothing.

They ask for what a line states about its heading: 'Rated speed: 520 rpm' below 'Heron 40' becomes 'Heron 40: what is
the rated speed?'. They are easier than what people ask; they show what broke, not how good a system is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gristmill.evaluation.grounding import Corpus, fold
from gristmill.evaluation.questions import Evidence, Origin, Question
from gristmill.evaluation.splits import likeness, trigrams
from gristmill.fingerprint import fingerprint
from gristmill.identity import EVERYONE

# 'Rated speed: 520 rpm', with or without marks of a list or of emphasis.
_STATED = re.compile(r"^[ \t]*(?:[-*•][ \t]+)?\**([A-Z][^:|\n]{3,60}?)\**:\**[ \t]+([^|\n]{2,120})$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+)$", re.MULTILINE)
_FIGURE = re.compile(r"\d+")
_NEAR = 0.8
_LEAST_WORDS = 2


@dataclass(frozen=True)
class Generated:
    """Questions that passed the filter, and how many did not, by reason."""

    questions: tuple[Question, ...]
    removed: dict[str, int]


@dataclass(frozen=True)
class _Stated:
    document: str
    about: str
    what: str
    value: str
    quote: str


def generate(corpus: Corpus, most: int, known: Sequence[str]) -> Generated:
    """Return up to `most` questions made from the documents, the same for the same documents.

    Args:
        corpus: the accepted documents.
        most: how many are kept.
        known: questions that exist already; what nearly repeats one is left out.
    """
    removed: Counter[str] = Counter()
    taken = [(_figures(text), trigrams(text)) for text in known]
    stated = list(_all_stated(corpus))
    answers = Counter(fold(f"{each.about} {each.what}") for each in stated)
    kept: list[Question] = []
    # In the order of a hash, so that the first documents of the alphabet do not take all places.
    for each in sorted(stated, key=lambda s: fingerprint("generated", s.document, s.quote)):
        text = f"{each.about}: what is the {each.what[0].lower()}{each.what[1:]}?"
        grams = trigrams(text)
        # The same of another machine is another question: its figures differ.
        same = (other for figures, other in taken if figures == _figures(text))
        reason = _left_out(each, answers, any(likeness(grams, other) >= _NEAR for other in same))
        if reason:
            removed[reason] += 1
        elif len(kept) < most:
            taken.append((_figures(text), grams))
            kept.append(_question(each, text, corpus))
    return Generated(tuple(kept), dict(removed))


def _figures(text: str) -> tuple[str, ...]:
    return tuple(_FIGURE.findall(text))


def _left_out(stated: _Stated, answers: Counter[str], repeated: bool) -> str | None:
    """Return why a question would measure nothing; None when it measures something."""
    if len(fold(stated.what).split()) + len(fold(stated.about).split()) <= _LEAST_WORDS:
        return "trivial: it names nothing to look for"
    if fold(stated.value) in fold(f"{stated.about} {stated.what}"):
        return "trivial: the question holds the answer"
    if answers[fold(f"{stated.about} {stated.what}")] > 1:
        return "unanswerable: several places state it, so no one answer is right"
    return "duplicate: it nearly repeats another" if repeated else None


def _all_stated(corpus: Corpus) -> Iterator[_Stated]:
    for document, text in sorted(corpus.texts.items()):
        headings = [(match.start(), match[1].strip(" #*")) for match in _HEADING.finditer(text)]
        for match in _STATED.finditer(text):
            about = next((heading for place, heading in reversed(headings) if place < match.start()), "")
            if about:
                quote = match[0].strip()
                yield _Stated(document, about, match[1].strip(" *"), match[2].strip(" *"), quote)


def _question(stated: _Stated, text: str, corpus: Corpus) -> Question:
    audience = tuple(sorted({EVERYONE, *list(corpus.audiences[stated.document])[:1]}))
    return Question(
        id=f"g-{fingerprint(stated.document, stated.quote)[:10]}", text=text, language="en", kind="generated",
        groups=audience, answerable=True, answer=stated.value,
        evidence=(Evidence(stated.document, stated.quote),), origin=Origin.GENERATED,
    )  # fmt: skip
