"""What the drill's company writes and asks: the sample company's text documents, a foreign batch, and questions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.drill.house import REPOSITORY
from tests.workspaces import write

# The real encoder; answers are quotes, which take no model. `pace` lets a day of the watchers pass in 144 seconds.
SETTINGS = """
home = "home"

[[sources]]
location = "documents"

[[audience]]
pattern = "hr/**"
groups = ["hr"]

[[audience]]
pattern = "finance/**"
groups = ["finance"]

[[audience]]
pattern = "board/**"
groups = ["board"]

[parser]
workers = 1

[search]
bridge = false
candidates = {candidates}

[generator]
engine = "quote"

[service]
limits = {{ per_minute = 100000, questions_per_day = 100000, at_once = 2 }}

[learning]
per_day = 400

[watching]
pace = 600
"""
# What the whole day has, and one of crashes alone has not.
GATE = """
[evaluation]
questions = "questions.jsonl"
margin = 0.1
"""
LEAVE = "handbook/mill-leave.md"
PAY = "handbook/mill-pay.md"
NOTE = "handbook/note-{number}.md"
OWN: dict[str, str | bytes] = {
    LEAVE: "# Leave of millers\n\nMillers of the old mill have 27 days of leave each year. The foreman signs.\n",
    PAY: "# Pay of millers\n\nPay band four of the old mill begins at 41,000 crowns each year.\n",
}
LEAVE_QUESTION = "How many days of leave do millers of the old mill have each year?"
PAY_QUESTION = "At how many crowns does pay band four of the old mill begin?"
# Read by the parser without a process for each format, so that a drill spends its time on what it drills.
_TEXT = {".md", ".txt", ".html", ".csv", ".eml"}
_MOST_QUESTIONS = 80
_LEAST_CHARACTERS = 250
GROUPS = ("board", "everyone", "finance", "hr")


@dataclass(frozen=True)
class Asked:
    """A question with what somebody who knows the answer looks for in it."""

    text: str
    groups: tuple[str, ...]
    quotes: tuple[str, ...]  # none: the documents do not answer it


def open_for_business(root: Path, *, crashes_only: bool) -> None:
    """Write settings, questions and the first documents below a folder; of a day of crashes alone two documents."""
    write(root / "documents", OWN)
    if crashes_only:
        write(root, {"gristmill.toml": SETTINGS.format(candidates=100)})
        return
    settle(root, candidates=100)
    documents = REPOSITORY / "samples" / "documents"
    for file in sorted(documents.rglob("*")):
        if file.suffix in _TEXT:
            write(root / "documents", {str(file.relative_to(documents)): file.read_bytes()})
    lines = [json.dumps(row | {"split": "gate"}, ensure_ascii=False) for row in _gate()]
    write(root, {"questions.jsonl": "\n".join(lines) + "\n"})


def settle(root: Path, candidates: int) -> None:
    """Write the settings: what a person would change to make another release."""
    write(root, {"gristmill.toml": SETTINGS.format(candidates=candidates) + GATE})


def foreign() -> dict[str, str | bytes]:
    """Return documents of another field: the sections of this project's own documentation."""
    found: dict[str, str | bytes] = {}
    for file in sorted((REPOSITORY / "docs").rglob("*.md")):
        for at, section in enumerate(re.split(r"\n(?=## )", file.read_text(encoding="utf-8"))):
            if len(section) >= _LEAST_CHARACTERS:
                found[f"foreign/{file.stem}-{at}.md"] = section
    return found


def note(number: int) -> dict[str, str | bytes]:
    """Return one more document."""
    text = f"# Note {number} of the old mill\n\nOn day {number} the sluice keeper counted {number * 7} sacks of rye.\n"
    return {NOTE.format(number=number): text}


def note_question(number: int) -> str:
    """Return what such a document answers."""
    return f"How many sacks of rye did the sluice keeper of the old mill count on day {number}?"


def answerable() -> list[Asked]:
    """Return questions that the documents answer, and a few that they do not: an ordinary day."""
    rows = _known("tune")
    return [_asked(row) for row in rows if row["answerable"]] + [_asked(r) for r in rows if not r["answerable"]][:12]


def unanswerable() -> list[Asked]:
    """Return questions that the documents do not answer."""
    return [_asked(row) for row in _known("tune") if not row["answerable"]][12:]


def _gate() -> list[dict[str, Any]]:
    """Return the questions that releases are judged on; nothing is measured here, so splits may be mixed."""
    rows = [*_known("gate"), *(row for row in _known("tune") if row["answerable"])]
    return sorted(rows, key=lambda row: not row["answerable"])[:_MOST_QUESTIONS]


def _known(split: str) -> list[dict[str, Any]]:
    rows = map(json.loads, (REPOSITORY / "samples" / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        row
        for row in rows
        if row["split"] == split and all(Path(each["document"]).suffix in _TEXT for each in row["evidence"])
    ]


def _asked(row: dict[str, Any]) -> Asked:
    quotes: Sequence[dict[str, Any]] = row["evidence"] if row["answerable"] else ()
    return Asked(row["question"], tuple(row["groups"]), tuple(each["quote"] for each in quotes))
