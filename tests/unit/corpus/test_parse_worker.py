from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from gristmill.corpus.formats import media_type
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse_reply import Limits, Reply
from gristmill.corpus.parse_worker import parse, serve
from tests.conftest import REPOSITORY

LIMITS = Limits(memory_mb=2048, max_characters=1_000_000, ocr=False, ocr_languages=("eng",))
SAMPLES = REPOSITORY / "samples" / "documents"


def parsed(name: str, data: bytes, limits: Limits = LIMITS) -> Reply:
    kind = media_type(name)
    assert kind is not None
    return parse(data, kind, limits)


def test_markdown_is_quoted_as_it_is() -> None:
    text = "# The *mill*\n\n3\\. A line,  with two blanks\\\n"
    assert parsed("a.md", text.encode()) == Reply(Outcome.PARSED, text=text)


def test_front_matter_gives_title_and_time() -> None:
    reply = parsed("a.md", b"---\ntitle: The weir\ndate: 2024-05-01\n---\nText\n")
    assert (reply.text, reply.title, reply.modified) == ("Text\n", "The weir", "2024-05-01T00:00:00+00:00")


@pytest.mark.parametrize("date", ["tomorrow", "2024-13-45", "05/01/2024"])
def test_a_date_that_is_none_is_no_time(date: str) -> None:
    assert parsed("a.md", f"---\ndate: {date}\n---\nText\n".encode()).modified == ""


def test_a_file_without_bytes_is_empty() -> None:
    assert parsed("a.docx", b"").outcome == Outcome.EMPTY


def test_binary_data_with_the_ending_of_a_text_is_damaged() -> None:
    assert parsed("a.txt", b"MZ\x90\x00\x03\x00").outcome == Outcome.DAMAGED


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.xlsx", "a.epub", "a.odt"])
def test_a_document_cut_in_the_middle_is_damaged_with_a_reason(name: str) -> None:
    file = next(SAMPLES.rglob(f"*{Path(name).suffix}"))
    reply = parsed(name, file.read_bytes()[:1500])
    assert reply.outcome in {Outcome.DAMAGED, Outcome.EMPTY, Outcome.NEEDS_OCR}
    assert reply.reason
    assert not reply.text


def test_a_wrong_ending_is_read_by_its_content_and_noted() -> None:
    data = next(SAMPLES.rglob("*.docx")).read_bytes()
    reply = parsed("a.pdf", data)
    assert reply.outcome == Outcome.PARSED
    assert reply.reason == "Its ending says .pdf, its content is .docx."
    assert reply.text == parsed("a.docx", data).text


def test_a_text_over_the_limit_is_too_large_and_not_cut() -> None:
    reply = parsed("a.txt", b"x" * 101, Limits(2048, 100, ocr=False, ocr_languages=()))
    assert (reply.outcome, reply.text) == (Outcome.TOO_LARGE, "")
    assert "101 characters, over 100" in reply.reason


def test_an_image_asks_for_tesseract() -> None:
    reply = parsed("a.png", b"\x89PNG\r\n\x1a\n")
    assert reply.outcome == Outcome.NEEDS_OCR
    assert "Tesseract" in reply.reason


@pytest.mark.parametrize(
    "ending", [".md", ".html", ".pdf", ".docx", ".pptx", ".xlsx", ".odt", ".csv", ".eml", ".rtf", ".epub"]
)
def test_every_format_of_the_sample_company_gives_text(ending: str) -> None:
    readable = [parsed(file.name, file.read_bytes()) for file in sorted(SAMPLES.rglob(f"*{ending}"))[:3]]
    assert any(len(reply.text) > 100 for reply in readable)


def test_a_paged_document_knows_where_its_pages_begin() -> None:
    reply = parsed("a.pdf", (SAMPLES / "contracts" / "framework-purchase-kaldvik.pdf").read_bytes())
    assert [page for page, _ in reply.pages] == [1, 2]
    assert 0 == reply.pages[0][1] < reply.pages[1][1] < len(reply.text)


def test_a_worker_answers_each_request_in_turn_and_survives_what_a_parser_throws() -> None:
    requests = io.BytesIO()
    for kind, data in (("text/plain", b"one"), ("application/no-such-type", b"two"), ("text/plain", b"three")):
        requests.write(json.dumps({"media_type": kind, "bytes": len(data)}).encode() + b"\n" + data)
    requests.seek(0)
    replies = io.BytesIO()
    serve(requests, replies, LIMITS)
    answers = [json.loads(line) for line in replies.getvalue().splitlines()]
    assert [answer["text"] for answer in answers] == ["one", "", "three"]
    assert answers[1]["outcome"] == Outcome.DAMAGED
