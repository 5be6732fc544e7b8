"""The sample company holds what its question set and its list of planted things say."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks.questions import folded
from gristmill.corpus.discover import StampCache, discover
from gristmill.corpus.parse import parse_documents
from gristmill.corpus.report import Silent
from gristmill.corpus.sources import Source
from gristmill.settings import ParserSettings, Settings, SourceSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import PARSED, SOURCE_FILES

SAMPLES = Path(__file__).parents[3] / "samples"
KINDS = {"single_fact", "number", "table", "several_documents", "newest_version", "paraphrase", "cross_language",
         "unanswerable", "restricted", "adversarial"}  # fmt: skip
FORMATS = {"md", "txt", "html", "pdf", "docx", "pptx", "xlsx", "csv", "eml", "odt", "rtf", "epub", "png"}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines()]


QUESTIONS = lines("questions.jsonl")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The parsed text of every sample document."""
    settings = Settings(root=SAMPLES, home=tmp_path_factory.mktemp("home"))
    source = Source(SourceSettings(location="documents"), settings)
    lake = Lake(settings.lake_url)
    discover(lake, [source], StampCache(settings.home_path / "stamps.json"), Silent())
    parse_documents(lake, [source], ParserSettings(), Silent())
    from gristmill.corpus.parse import with_parse_keys

    files = with_parse_keys(lake.read(SOURCE_FILES), ParserSettings())
    rows = files.join(lake.read(PARSED), on="parse_key").select("document", "text")
    return {document: text or "" for document, text in rows.iter_rows()}


def test_there_are_enough_questions_of_every_kind_in_every_split() -> None:
    assert len(QUESTIONS) >= 240
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    for split in ("tune", "gate", "holdout"):
        assert {question["kind"] for question in QUESTIONS if question["split"] == split} == KINDS


def test_there_are_enough_documents_of_every_format() -> None:
    files = [path for path in (SAMPLES / "documents").rglob("*") if path.is_file()]
    assert len(files) >= 120
    assert {path.suffix.lstrip(".") for path in files} >= FORMATS
    assert sum(path.stat().st_size for path in files) < 15_000_000


def test_every_quote_of_the_evidence_stands_in_its_document(texts: dict[str, str]) -> None:
    wrong = [
        (question["id"], evidence["document"], evidence["quote"])
        for question in QUESTIONS
        for evidence in question["evidence"]
        if folded(evidence["quote"]) not in folded(texts.get(evidence["document"], ""))
    ]
    assert wrong == []


def test_an_answerable_question_has_evidence_that_its_asker_may_see() -> None:
    for question in QUESTIONS:
        if question["kind"] != "adversarial":
            assert question["answerable"] == bool(question["evidence"]), question["id"]
        for evidence in question["evidence"]:
            folder = evidence["document"].split("/")[0]
            assert folder not in {"hr", "finance", "board"} or folder in question["groups"], question["id"]


def test_documents_that_belong_together_are_in_one_split() -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for question in QUESTIONS:
        for evidence in question["evidence"]:
            splits[evidence["document"]].add(question["split"])
    assert {document: found for document, found in splits.items() if len(found) > 1} == {}
    wording: dict[str, set[str]] = defaultdict(set)
    for question in QUESTIONS:
        wording[re.sub(r"\W+", " ", question["question"].lower())].add(question["split"])
    assert all(len(found) == 1 for found in wording.values())


def test_everything_that_is_planted_exists() -> None:
    planted = lines("planted.jsonl")
    for line in planted:
        for document in filter(None, (line["document"], line.get("other"))):
            assert (SAMPLES / "documents" / document).is_file(), document
    found = Counter(line["kind"] for line in planted)
    assert set(found) >= {
        "exact_duplicate", "near_duplicate", "superseded", "amended", "changed_fact", "contradiction",
        "hidden_injection", "plain_injection",
        "zero_width", "mojibake", "empty_file", "corrupt_docx", "password_pdf", "scanned_page", "large_table",
        "wrong_extension", "personal_data", "secret", "restricted", "stale",
    }  # fmt: skip
