"""Checks the questions: ids, kinds, and that each evidence quote stands in its parsed document.

    python samples/check_questions.py [questions.jsonl ...]      default: samples/questions*.jsonl

A quote counts as found when it stands verbatim in the document's Markdown (as kreuzberg gives it)
after runs of whitespace are folded into one blank. Needs kreuzberg.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from kreuzberg import ExtractionConfig, KreuzbergError, extract_file_sync

HERE = Path(__file__).resolve().parent
DOCUMENTS = HERE / "documents"
KINDS = {
    "single_fact",
    "number",
    "table",
    "several_documents",
    "newest_version",
    "paraphrase",
    "cross_language",
    "unanswerable",
    "restricted",
    "adversarial",
}
LANGUAGES = {"en", "de", "fr"}
GROUPS = {"everyone", "hr", "finance", "board"}
FIELDS = {"id", "question", "language", "kind", "groups", "answerable", "answer", "evidence"}


def folded(text: str) -> str:
    """The text with each run of whitespace folded into one blank."""
    return re.sub(r"\s+", " ", text).strip()


@cache
def parsed(document: str) -> str | None:
    """The folded Markdown of a document, or None if it is missing or cannot be read."""
    path = DOCUMENTS / document
    if not path.is_file():
        return None
    try:
        return folded(extract_file_sync(path, config=ExtractionConfig(output_format="markdown")).content)
    except KreuzbergError:
        return None


def problems(question: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with one question."""
    if set(question) != FIELDS:
        yield f"fields differ: {sorted(set(question) ^ FIELDS)}"
        return
    if question["kind"] not in KINDS:
        yield f"unknown kind {question['kind']}"
    if question["language"] not in LANGUAGES:
        yield f"unknown language {question['language']}"
    if not question["groups"] or not set(question["groups"]) <= GROUPS:
        yield f"unknown groups {question['groups']}"
    if question["kind"] != "adversarial" and question["answerable"] != bool(question["evidence"]):
        yield "answerable does not agree with the evidence"
    documents = {evidence["document"] for evidence in question["evidence"]}
    if question["kind"] == "several_documents" and len(documents) < 2:
        yield "needs evidence from two documents"
    for evidence in question["evidence"]:
        yield from _evidence_problems(evidence)


def _evidence_problems(evidence: dict[str, str]) -> Iterator[str]:
    """Say whether one quote is missing from its document."""
    text = parsed(evidence["document"])
    if not text:
        yield f"cannot read {evidence['document']}"
    elif folded(evidence["quote"]) not in text:
        yield f"not in {evidence['document']}: {evidence['quote']!r}"


def main(arguments: list[str]) -> int:
    """Check the files, print what is wrong and a count, and return 1 if anything is."""
    paths = [Path(name) for name in arguments] or sorted(HERE.glob("questions*.jsonl"))
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]
    questions = [json.loads(line) for line in lines]
    found = [f"{q.get('id')}: {problem}" for q in questions for problem in problems(q)]
    ids = Counter(question.get("id") for question in questions)
    found += [f"{name}: id used {count} times" for name, count in ids.items() if count > 1]
    texts = Counter(folded(str(question.get("question"))).lower() for question in questions)
    found += [f"asked {count} times: {text}" for text, count in texts.items() if count > 1]
    print("\n".join(found))
    kinds = Counter(question.get("kind") for question in questions)
    documents = {e["document"] for question in questions for e in question.get("evidence", [])}
    print(f"{len(questions)} questions, {len(documents)} evidence documents, {len(found)} problems")
    print(", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
