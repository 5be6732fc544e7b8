"""The sample questions, and when a quote counts as found."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[1] / "samples" / "questions.jsonl"
# Questions to choose rules by: among them 42 whose answer is missing beside much that reads like one.
NEAR = Path(__file__).parent / "near_questions.jsonl"
_MARKS = re.compile(r"[*\\]")


@dataclass(frozen=True)
class Question:
    """A question with its asker's groups, the quotes that answer it, and the answer."""

    id: str
    kind: str
    split: str
    text: str
    groups: tuple[str, ...]
    answerable: bool
    documents: tuple[str, ...]
    quotes: tuple[str, ...]
    answer: str = ""  # empty when there is none


def questions(split: str) -> list[Question]:
    """Return the questions of a split: tune, gate, holdout, or near."""
    file = NEAR if split == "near" else FILE
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [
        Question(
            row["id"], row["kind"], row["split"], row["question"], tuple(row["groups"]), row["answerable"],
            tuple(e["document"] for e in row["evidence"]), tuple(folded(e["quote"]) for e in row["evidence"]),
            row["answer"] if row["answerable"] else "",
        )
        for row in rows
        if row["split"] == split
    ]  # fmt: skip


def folded(text: str) -> str:
    """Return text with blanks folded and marks of emphasis taken off, as quotes are compared."""
    return " ".join(_MARKS.sub("", text).split())


def holds(text: str, quote: str) -> bool:
    """Say whether `quote`, folded, stands in `text`."""
    return quote in folded(text)
