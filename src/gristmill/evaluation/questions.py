"""Questions with what is expected of their answers, and how they are read from a file.

Whether their evidence still stands in the documents is for `grounding.py`; which split they belong to, for `splits.py`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint
from gristmill.identity import EVERYONE, normalise_groups

_LIST_SEPARATOR = ";"


class Split(str, Enum):
    """What a question is for; later ones are the more protected."""

    TUNE = "tune"  # settings, thresholds and models may be chosen on it
    GATE = "gate"  # decides on candidates
    HOLDOUT = "holdout"  # tells how good a release is; nothing is ever decided on it

    __str__ = str.__str__


class Origin(str, Enum):
    """Who made a question."""

    GOLDEN = "golden"
    FEEDBACK = "feedback"
    GENERATED = "generated"

    __str__ = str.__str__


@dataclass(frozen=True)
class Evidence:
    """A quote that answers a question, where it is said to stand, and where it was found."""

    document: str
    quote: str
    found: str = ""
    start: int = -1
    end: int = -1


@dataclass(frozen=True)
class Question:
    """A question, who asks it, and what is expected."""

    id: str
    text: str
    language: str
    kind: str
    groups: tuple[str, ...]
    answerable: bool
    answer: str
    evidence: tuple[Evidence, ...]
    split: Split | None = None
    cluster: str = ""
    origin: Origin = Origin.GOLDEN
    set_aside: str | None = None

    @property
    def fingerprint(self) -> str:
        """Hash of all that an outcome depends on; how it is sorted does not matter."""
        evidence = [(e.document, e.quote, e.start, e.end) for e in self.evidence]
        return fingerprint(self.text, self.groups, self.answerable, self.answer, evidence, self.kind)


class _Quote(BaseModel):
    document: str
    quote: str


class _Row(BaseModel):
    """One line of a question file."""

    model_config = ConfigDict(extra="ignore")

    id: str
    question: str
    language: str = "en"
    kind: str = "question"
    groups: tuple[str, ...] = (EVERYONE,)
    answerable: bool = True
    answer: str = ""
    evidence: tuple[_Quote, ...] = ()
    split: Split | None = None


def read_questions(file: Path) -> list[Question]:
    """Return the questions of a JSONL or CSV file, in its order.

    Raises:
        SettingsError: the file is missing, a line is not valid, or an id comes twice.
    """
    if not file.is_file():
        raise SettingsError(f"There is no question file {file}.", "Correct 'questions' below [evaluation].")
    read = _csv_rows if file.suffix.lower() == ".csv" else _json_rows
    questions: dict[str, Question] = {}
    for number, fields in read(file):
        question = _question(file, number, fields)
        if question.id in questions:
            raise SettingsError(f"{file}:{number}: the id '{question.id}' comes twice.", "Give each question its own.")
        questions[question.id] = question
    return list(questions.values())


def set_hash(questions: Sequence[Question]) -> str:
    """Return the hash of a question set as people wrote it: what is asked and expected, not where it was found."""
    lines = sorted((q.id, q.text, q.answer, [e.quote for e in q.evidence]) for q in questions)
    return fingerprint("question set", lines)


def _question(file: Path, number: int, fields: dict[str, Any]) -> Question:
    try:
        row = _Row(**fields)
        groups = normalise_groups([EVERYONE, *row.groups])
    except (ValidationError, SettingsError) as error:
        said = (
            "; ".join(f"'{e['loc'][0]}' {e['msg']}" for e in error.errors())
            if isinstance(error, ValidationError)
            else str(error)
        )
        raise SettingsError(f"{file}:{number}: {said}.", "See docs/how-to/evaluate.md.") from error
    if row.answerable and not row.evidence:
        raise SettingsError(
            f"{file}:{number}: '{row.id}' can be answered but has no evidence.", "Quote the sentence that answers it."
        )
    evidence = tuple(Evidence(quote.document, quote.quote) for quote in row.evidence)
    return Question(
        row.id, row.question, row.language, row.kind, groups, row.answerable, row.answer, evidence, row.split
    )


def _json_rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise SettingsError(f"{file}:{number}: not JSON: {error}.", "Each line is one object.") from error
        if not isinstance(fields, dict):
            raise SettingsError(f"{file}:{number}: not an object.", "Each line is one object.")
        yield number, fields


def _csv_rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield rows of a CSV: columns `document` and `quote` hold the evidence, `groups` is separated by semicolons."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            fields: dict[str, Any] = {name: value for name, value in row.items() if name and value not in (None, "")}
            if "groups" in fields:
                fields["groups"] = [group for group in fields["groups"].split(_LIST_SEPARATOR) if group.strip()]
            if "quote" in fields:
                fields["evidence"] = [{"document": fields.get("document", ""), "quote": fields["quote"]}]
            yield number, fields
