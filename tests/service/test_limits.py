"""What one identity may ask of the service, and what everybody sees in each response."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, Thread, get_ident
from typing import Any

import pytest
from sqlalchemy import event, update

from gristmill.answering.events import Event as AnswerEvent
from gristmill.asking import Answerer
from gristmill.identity import Asker
from gristmill.storage.records import ReceiptDetailRow
from tests.service.conftest import MakeMill
from tests.service.mills import QUESTION, Mill


def test_requests_in_a_minute_are_limited_for_each_person(make_mill: MakeMill) -> None:
    mill = make_mill(service={"limits": {"per_minute": 3}})
    mill.service.limits._now = lambda: 1_000_000.0
    statuses = [mill.get("ann", "/api/me").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert mill.get("hal", "/api/me").status_code == 200
    refused = mill.get("ann", "/api/me")
    assert int(refused.headers["retry-after"]) <= 60
    mill.service.limits._now = lambda: 1_000_060.0
    assert mill.get("ann", "/api/me").status_code == 200


def test_answers_in_a_day_are_limited_for_each_person(make_mill: MakeMill) -> None:
    mill = make_mill(service={"limits": {"questions_per_day": 2}})
    asked = [mill.post("ann", "/api/ask", {"question": QUESTION}) for _ in range(3)]
    assert [response.status_code for response in asked] == [200, 200, 429]
    assert int(asked[-1].headers["retry-after"]) <= 24 * 3600
    assert mill.post("hal", "/api/ask", {"question": QUESTION}).status_code == 200
    mill.service.limits._now = lambda: time.time() + 24 * 3600
    assert mill.post("ann", "/api/ask", {"question": QUESTION}).status_code == 200


def test_what_answers_cost_in_a_day_is_limited_for_each_person(make_mill: MakeMill) -> None:
    mill = make_mill(service={"limits": {"cost_per_day": 1.0}})
    mill.ask("ann")
    with mill.workspace.database.session() as session:
        session.execute(update(ReceiptDetailRow).values(cost=1.01))
    refused = mill.post("ann", "/api/ask", {"question": QUESTION})
    assert (refused.status_code, "cost 1.01 today" in refused.json()["detail"]) == (429, True)
    assert mill.post("hal", "/api/ask", {"question": QUESTION}).status_code == 200


def test_what_somebody_had_today_is_counted_from_indexes_alone(make_mill: MakeMill) -> None:
    mill = make_mill()
    asked: list[tuple[str, Any]] = []
    engine, here = mill.workspace.database._engine, get_ident()

    def hear(_: object, __: object, statement: str, values: object, *___: object) -> None:
        if get_ident() == here:  # the service looks for a new release meanwhile, in a thread of its own
            asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", hear)
    mill.service.limits.question("ann")
    event.remove(engine, "before_cursor_execute", hear)
    with engine.connect() as connection:
        plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()) for sql, values in asked]
    told = " ".join(plans)
    assert "COVERING INDEX ix_receipts_asker_at" in told
    assert "ix_receipt_details_priced" in told
    assert "SCAN" not in told


def test_guessing_keys_is_limited_by_address_and_fills_no_log(make_mill: MakeMill) -> None:
    mill = make_mill(service={"limits": {"failures_per_minute": 3}})
    mill.service.limits._now = lambda: 1_000_000.0
    statuses = [mill.client.get("/api/me", headers={"Authorization": "Bearer x"}).status_code for _ in range(6)]
    assert statuses == [401, 401, 401, 429, 429, 429]
    assert len(mill.service.journal.events(50, "denied")) == 3
    assert mill.get("ann", "/api/me").status_code == 200


@pytest.mark.parametrize("stated", [True, False])
def test_a_body_that_is_too_large_is_turned_away(make_mill: MakeMill, stated: bool) -> None:
    mill = make_mill(service={"limits": {"body_bytes": 2_000}})

    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * 100

    content = b"x" * 5_000 if stated else pieces()
    response = mill.client.post("/api/ask", content=content, headers=mill.headers("ann"))
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def slow(mill: Mill, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Let every answer take until the returned event is set."""
    go, real = Event(), Answerer.ask_events

    def waiting(self: Answerer, question: str, asker: Asker) -> Iterator[AnswerEvent]:
        go.wait(20)
        yield from real(self, question, asker)

    monkeypatch.setattr(Answerer, "ask_events", waiting)
    return go


def test_an_answer_that_takes_too_long_is_given_up(make_mill: MakeMill, monkeypatch: pytest.MonkeyPatch) -> None:
    mill = make_mill(service={"limits": {"seconds": 0.2}})
    go = slow(mill, monkeypatch)
    response = mill.post("ann", "/api/ask", {"question": QUESTION})
    go.set()
    assert response.status_code == 504


def test_when_too_many_wait_the_next_is_told_to_come_back(make_mill: MakeMill, monkeypatch: pytest.MonkeyPatch) -> None:
    mill = make_mill(service={"limits": {"at_once": 1, "waiting": 1}})
    go = slow(mill, monkeypatch)
    answered: list[int] = []
    askers = [
        Thread(target=lambda: answered.append(mill.post("ann", "/api/ask", {"question": QUESTION}).status_code))
        for _ in range(2)
    ]
    for asker in askers:
        asker.start()
    while mill.service.turns.taken < 2:
        time.sleep(0.01)
    refused = mill.post("ann", "/api/ask", {"question": QUESTION})
    go.set()
    for asker in askers:
        asker.join()
    assert refused.status_code == 503
    assert "retry-after" in refused.headers
    assert answered == [200, 200]
    assert mill.service.turns.taken == 0


def test_every_response_keeps_the_browser_from_what_no_page_needs(shared: Mill) -> None:
    for path in ("/healthz", "/api/me", "/nowhere", "/api/openapi.json"):
        headers = shared.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_only_the_hosts_that_are_named_are_answered_to(make_mill: MakeMill) -> None:
    mill = make_mill(service={"names": ("answers.example",)})
    assert mill.client.get("/healthz", headers={"Host": "answers.example"}).status_code == 200
    assert mill.client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_an_unforeseen_error_says_nothing_of_itself(mill: Mill, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 41000")

    monkeypatch.setattr(Answerer, "search", broken)
    response = mill.post("ann", "/api/search", {"query": "x"})
    assert response.status_code == 500
    assert "41000" not in response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_it_is_ready_when_a_release_is_loaded_and_says_what_is_missing_before(make_mill: MakeMill) -> None:
    mill = make_mill()
    assert mill.client.get("/readyz").json() == {"status": "ready", "release": mill.service.current.name}
    mill.service.current._serving = None
    assert mill.client.get("/readyz").status_code == 503
    assert mill.client.get("/healthz").status_code == 200


def test_the_numbers_for_prometheus_hold_no_names_and_no_questions(shared: Mill) -> None:
    shared.ask("ann")
    text = shared.client.get("/metrics").text
    assert 'gristmill_requests_total{operation="ask",status="200"}' in text
    assert "gristmill_first_passages_seconds_count" in text
    assert "ann" not in text
    assert "leave" not in text
