"""What people say of answers: stored once, attached to the receipt, shown to those who judge it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from gristmill.storage.records import EventRow, FeedbackRow
from tests.service.mills import PAY_QUESTION, Mill


def count(mill: Mill) -> int:
    with mill.workspace.database.reading() as session:
        return session.scalar(select(func.count()).select_from(FeedbackRow)) or 0


def rated(mill: Mill, name: str, question: str = PAY_QUESTION, **fields: str) -> dict[str, str]:
    receipt = mill.ask(name, question)["receipt"]
    return {"receipt": receipt, "rating": "down", "reason": "wrong", "correction": "It is 42000."} | fields


def test_feedback_is_attached_to_the_receipt(mill: Mill) -> None:
    said = rated(mill, "hal")
    response = mill.post("hal", "/api/feedback", said)
    assert response.status_code == 201
    assert mill.get("hal", f"/api/receipts/{said['receipt']}").json()["feedback"] == [response.json()]
    assert response.json()["correction"] == "It is 42000."
    assert mill.service.journal.events(1)[0].action == "feedback.give"


def test_a_submission_sent_again_is_stored_once(mill: Mill) -> None:
    said = rated(mill, "hal")
    sent = [mill.post("hal", "/api/feedback", said, **{"Idempotency-Key": "k-1"}) for _ in range(5)]
    assert {response.status_code for response in sent} == {201}
    assert len({response.text for response in sent}) == 1
    assert count(mill) == 1
    with mill.workspace.database.reading() as session:
        told = select(func.count()).where(EventRow.action == "feedback.give")
        assert session.scalar(told) == 1


def test_sent_many_times_at_once_it_is_stored_once(mill: Mill) -> None:
    said = rated(mill, "hal")
    with ThreadPoolExecutor(8) as threads:
        sent = list(
            threads.map(lambda _: mill.post("hal", "/api/feedback", said, **{"Idempotency-Key": "k"}), range(16))
        )
    assert {response.status_code for response in sent} == {201}
    assert count(mill) == 1


def test_the_same_key_with_something_else_in_it_is_a_conflict(mill: Mill) -> None:
    said = rated(mill, "hal")
    assert mill.post("hal", "/api/feedback", said, **{"Idempotency-Key": "k"}).status_code == 201
    other = mill.post("hal", "/api/feedback", said | {"correction": "43000"}, **{"Idempotency-Key": "k"})
    assert other.status_code == 409
    assert count(mill) == 1


def test_two_people_may_use_the_same_key(mill: Mill) -> None:
    for name in ("ann", "hal"):
        response = mill.post(name, "/api/feedback", rated(mill, name), **{"Idempotency-Key": "k"})
        assert response.status_code == 201
    assert count(mill) == 2


@pytest.mark.parametrize(
    "fields", [{"rating": "sideways"}, {"reason": "bored"}, {"rating": "up"}, {"correction": "x" * 4_001}]
)
def test_what_makes_no_sense_is_turned_away(shared: Mill, fields: dict[str, str]) -> None:
    assert shared.post("hal", "/api/feedback", rated(shared, "hal") | fields).status_code == 422


def test_nobody_rates_an_answer_of_somebody_else_or_of_nobody(mill: Mill) -> None:
    said = rated(mill, "hal")
    assert mill.post("ann", "/api/feedback", said).status_code == 404
    assert mill.post("ann", "/api/feedback", said | {"receipt": "20260101T000000-000000000000"}).status_code == 404
    assert mill.service.journal.events(1, "denied")[0].actor == "ann"
    assert count(mill) == 0


def test_reviewers_see_the_queue_without_what_is_not_for_their_groups(mill: Mill) -> None:
    for _ in range(3):
        mill.post("hal", "/api/feedback", rated(mill, "hal"))
    seen = mill.get("adm", "/api/feedback").json()["feedback"]
    assert [item["feedback"]["correction"] for item in seen] == ["It is 42000."] * 3
    hidden = mill.get("rea", "/api/feedback")
    # As words: the names of rows are random, and any digits may stand in one.
    assert not re.search(r"\b4[12]000\b", hidden.text)
    assert {item["answer"]["withheld"] for item in hidden.json()["feedback"]} == {True}


def test_the_queue_is_read_on_page_by_page(mill: Mill) -> None:
    given = [mill.post("hal", "/api/feedback", rated(mill, "hal")).json()["feedback"] for _ in range(5)]
    found: list[str] = []
    before = None
    while True:
        page = mill.get("adm", "/api/feedback", limit=2, **({"before": before} if before else {})).json()
        found += [item["feedback"]["feedback"] for item in page["feedback"]]
        before = page["next"]
        if before is None:
            break
    assert found == given[::-1]
    assert mill.get("adm", "/api/feedback", rating="up").json()["feedback"] == []
