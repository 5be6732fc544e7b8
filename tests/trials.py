"""Small search sets and parts of search with a fake encoder, for tests of benchmarks and of tuning."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from gristmill.corpus.report import Silent
from gristmill.evaluation.benchmarks.parts import SearchParts
from gristmill.settings import ChunkerSettings, FocusSettings, SearchSettings
from tests.fakes import FakeEncoder

PARTS = ("wheel", "sluice", "bearing", "weir", "spring", "stone", "hopper", "governor", "bolt", "mill", "race", "gate")


def parts_in(folder: Path, encoder: FakeEncoder | None = None, **settings: Any) -> SearchParts:
    """Return parts of search with a cache in `folder`, a fake encoder and no bridge."""
    chosen = (
        ChunkerSettings(tokens=48, context_tokens=16, **settings.get("chunker", {})),
        SearchSettings(bridge=False, **settings.get("search", {})),
        FocusSettings(**settings.get("focus", {})),
    )
    return SearchParts.cached(folder, (encoder or FakeEncoder(), None), chosen, Silent())


def paragraph(part: str, number: int) -> str:
    """Return a paragraph about a part, which no other paragraph is about."""
    return (
        f"The {part} of house {number} is looked after by its keeper. It weighs {number * 7} stone. It is never lent."
    )


def write_beir(folder: Path) -> Path:
    """Write a set in BEIR's format with a document and a query for each part."""
    (folder / "qrels").mkdir(parents=True)
    documents = [
        {"_id": f"d{n}", "title": f"About the {part}", "text": paragraph(part, n)} for n, part in enumerate(PARTS)
    ]
    queries = [{"_id": f"q{n}", "text": f"who looks after the {part}?"} for n, part in enumerate(PARTS)]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{n}\t{1 + n % 4}" for n in range(len(PARTS))), "q0\td1\t0"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def write_spans(folder: Path) -> Path:
    """Write a set of one corpus with a question and the place of its answer for each part."""
    (folder / "corpora").mkdir(parents=True)
    paragraphs = [paragraph(part, n) for n, part in enumerate(PARTS)]
    text = "\n\n".join(paragraphs)
    (folder / "corpora" / "mill.md").write_text(text)
    with (folder / "questions.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["question", "references", "corpus_id"])
        for part, words in zip(PARTS, paragraphs, strict=True):
            answer = words.split(". ")[0] + "."
            start = text.index(answer)
            place = {"content": answer, "start_index": start, "end_index": start + len(answer)}
            writer.writerow([f"who looks after the {part}?", json.dumps([place]), "mill"])
    return folder
