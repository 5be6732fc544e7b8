"""Questions to tune on: from a file of questions with their evidence, or made from the corpus itself.

A made question is a sentence, or a title, that is taken out of the text: what stands around it is what must be found.
Because the words of the question are no longer there, neither words nor meaning has it easier than with a question of
a person (the inverse cloze task; Lee, Chang and Toutanova 2019). Answers are not looked at here.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gristmill.errors import SourceError
from gristmill.evaluation.ranges import Range
from gristmill.search.trial import TrialText
from gristmill.search.units import Sentence, units

_SEED = 11
_REMEDY = "Each line is a JSON object with 'question' and 'evidence', a list of 'document' and 'quote'."
# A sentence that asks for something has about as many words as a question.
_WORDS = (7, 30)
_MARKS = re.compile(r"[*\\]")
# Of one document at most this many sentences are taken out, and of a text at most this share.
_PER_DOCUMENT = 12
_SHARE = 0.1


@dataclass(frozen=True)
class TuningQuestion:
    """A question and the ranges that answer it."""

    text: str
    wanted: tuple[Range, ...]

    @property
    def cluster(self) -> str:
        """The document it is about; questions on one document are not independent."""
        return self.wanted[0].document


@dataclass(frozen=True)
class TuningSet:
    """What to search and what to ask; `origin` says where the questions are from."""

    texts: tuple[TrialText, ...]
    questions: tuple[TuningQuestion, ...]
    origin: str


def questions_of_file(file: Path, texts: Sequence[TrialText]) -> TuningSet:
    """Read questions with quotes; of a file with splits only the split `tune` is read.

    Raises:
        SourceError: the file cannot be read, or no quote of it stands in the corpus.
    """
    by_name = {text.document: text for text in texts}
    rows = [row for row in _rows(file) if row.get("split", "tune") == "tune" and row.get("answerable", True)]
    made = [TuningQuestion(row["question"], tuple(_places(row, by_name))) for row in rows]
    kept = tuple(question for question in made if question.wanted)
    if not kept:
        raise SourceError(f"No evidence of a question of {file} stands in the corpus.", _REMEDY)
    return TuningSet(tuple(texts), kept, file.name)


def questions_of_corpus(texts: Sequence[TrialText], count: int) -> TuningSet:
    """Make about `count` questions from the texts, which come back without what became a question.

    Raises:
        SourceError: the corpus is too small to ask about.
    """
    draw = random.Random(_SEED)
    order = sorted(texts, key=lambda text: text.document)
    draw.shuffle(order)
    # Several rounds over the documents: one question of each before a second one of any.
    plans = {text.document: _plan(text, draw) for text in order}
    taken: dict[str, list[_Taken]] = {}
    left = count
    for turn in range(_PER_DOCUMENT):
        for text in order:
            if left and turn < len(plans[text.document]):
                taken.setdefault(text.document, []).append(plans[text.document][turn])
                left -= 1
    holed = {text.document: _holed(text, taken.get(text.document, [])) for text in order}
    questions = tuple(question for document in sorted(taken) for question in holed[document][1])
    if len(questions) < 8:
        raise SourceError(
            "The corpus is too small to make questions from.", "Give questions of your own with --questions FILE."
        )
    return TuningSet(tuple(holed[text.document][0] for text in texts), questions, "made from the corpus")


@dataclass(frozen=True)
class _Taken:
    """A span that becomes a question, and the neighbouring spans that must be found by it."""

    start: int
    end: int
    wanted: tuple[tuple[int, int], ...]
    text: str


def _plan(text: TrialText, draw: random.Random) -> list[_Taken]:
    """Return what may be taken out of a text, in random order, so that no neighbour is taken as well."""
    found = [unit for unit in units(text.text) if not unit.row]
    usable = [at for at, unit in enumerate(found) if _is_question_like(text.text[unit.start : unit.end])]
    draw.shuffle(usable)
    plan: list[_Taken] = []
    used: set[int] = set()
    for at in usable:
        beside = [
            other for other in (at - 1, at + 1) if 0 <= other < len(found) and _together(text.text, found, at, other)
        ]
        if beside and used.isdisjoint({at - 2, at - 1, at, at + 1, at + 2}) and len(used) < max(1, _SHARE * len(found)):
            unit = found[at]
            wanted = tuple((found[other].start, found[other].end) for other in beside)
            plan.append(_Taken(unit.start, unit.end, wanted, " ".join(text.text[unit.start : unit.end].split())))
            used.add(at)
    return plan[:_PER_DOCUMENT]


def _is_question_like(sentence: str) -> bool:
    words = sentence.split()
    return _WORDS[0] <= len(words) <= _WORDS[1] and sum(word.isalpha() for word in words) > len(words) / 2


def _together(text: str, found: Sequence[Sentence], at: int, other: int) -> bool:
    """Say whether two neighbouring units stand in the same paragraph."""
    first, second = sorted((at, other))
    return "\n\n" not in text[found[first].end : found[second].start]


def _holed(text: TrialText, taken: Sequence[_Taken]) -> tuple[TrialText, list[TuningQuestion]]:
    """Return the text without what was taken out, and the questions with their places in what is left."""
    holes = sorted((one.start, one.end) for one in taken)

    def moved(offset: int) -> int:
        return offset - sum(min(end, offset) - start for start, end in holes if start < offset)

    pieces, at = [], 0
    for start, end in holes:
        pieces.append(text.text[at:start])
        at = end
    left = "".join([*pieces, text.text[at:]])
    questions = [
        TuningQuestion(one.text, tuple(Range(text.document, moved(a), moved(b)) for a, b in one.wanted))
        for one in taken
    ]
    return replace(text, text=left), questions


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict) or not isinstance(row.get("question"), str):
                    raise SourceError(f"Line {number} of {file} has no question.", _REMEDY)
                yield row
    except (OSError, ValueError) as error:
        raise SourceError(f"{file} cannot be read: {error}.", _REMEDY) from error


def _places(row: dict[str, Any], texts: dict[str, TrialText]) -> Iterator[Range]:
    """Yield where the quotes of a question stand; blanks and marks of emphasis may differ."""
    for evidence in row.get("evidence", ()):
        text = texts.get(str(evidence.get("document")))
        words = _MARKS.sub("", str(evidence.get("quote") or "")).split()
        if text is not None and words:
            found = re.search(r"[\s*\\]+".join(re.escape(word) for word in words), text.text)
            if found is not None:
                yield Range(text.document, found.start(), found.end())
