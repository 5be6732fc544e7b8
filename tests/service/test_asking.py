"""Asking and searching over HTTP: whole and streamed, for whom the documents are and for nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.service.mills import FACT, PAY, PAY_QUESTION, QUESTION, Mill


def events(text: str) -> list[tuple[str, Any]]:
    """Return the name and data of each server-sent event."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_quotes_its_source(shared: Mill) -> None:
    answer = shared.ask("ann")
    assert FACT in answer["answer"]
    assert answer["citations"][0]["document"] == "leave.md"
    assert answer["release"] == shared.service.current.name


def test_streamed_the_passages_come_first_then_the_sentences_then_the_whole(shared: Mill) -> None:
    response = shared.post("ann", "/api/ask", {"question": QUESTION, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    told = events(response.text)
    names = [name for name, _ in told]
    assert names[0] == "passages"
    assert names[-1] == "done"
    assert set(names[1:-1]) == {"sentence"}
    sentences = [data for name, data in told if name == "sentence"]
    assert [s["sentence"] for s in sentences] == told[-1][1]["sentences"]
    assert sentences[0]["citations"][0]["document"] == "leave.md"


def test_a_client_that_accepts_events_gets_them(shared: Mill) -> None:
    response = shared.post("ann", "/api/ask", {"question": QUESTION}, accept="text/event-stream")
    assert response.text.startswith("event: passages\n")


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_without_a_word_is_a_problem_before_anything_is_streamed(shared: Mill, stream: bool) -> None:
    response = shared.post("ann", "/api/ask", {"question": " ?! ", "stream": stream})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["remedy"] == "Ask something."


def test_only_who_is_in_the_group_is_answered_from_its_documents(shared: Mill) -> None:
    assert PAY in shared.ask("hal", PAY_QUESTION)["answer"]
    for name in ("ann", "rea", "cur"):
        assert "41000" not in json.dumps(shared.ask(name, PAY_QUESTION))
        found = shared.post(name, "/api/search", {"query": PAY_QUESTION, "k": 50}).json()["passages"]
        assert {passage["document"] for passage in found} <= {"leave.md", "night.md"}


def test_search_returns_as_many_passages_as_asked_for(shared: Mill) -> None:
    found = shared.post("hal", "/api/search", {"query": "mill", "k": 2}).json()
    assert len(found["passages"]) == 2
    assert found["release"] == shared.service.current.name


def test_search_gives_what_matters_of_its_passages_when_asked(shared: Mill) -> None:
    query = {"query": PAY_QUESTION, "k": 1}
    (span,) = shared.post("hal", "/api/search", {**query, "focus": True}).json()["passages"]
    (whole,) = shared.post("hal", "/api/search", query).json()["passages"]
    assert span["text"] in whole["text"]
    assert PAY in span["text"]


def test_a_request_that_is_not_valid_is_a_problem_that_names_the_field(shared: Mill) -> None:
    response = shared.post("ann", "/api/search", {"query": "mill", "k": 0})
    assert response.status_code == 422
    assert "body.k" in response.json()["detail"]
