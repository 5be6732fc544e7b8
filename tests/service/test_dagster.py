"""Dagster's UI behind the sign-in, before a stand-in that tells what reaches it. `tests/team` has the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from gristmill.service.graphql import changes
from tests.service.conftest import MakeMill
from tests.service.mills import Mill, listening


async def _told(request: Request) -> Response:
    headers = {"Set-Cookie": "a=b", "Strict-Transport-Security": "max-age=1", "Content-Security-Policy": "img-src *"}
    told = {"headers": dict(request.headers), "path": str(request.url.path), "query": str(request.url.query)}
    return JSONResponse(told | {"body": (await request.body()).decode()}, headers=headers)


async def _echo(socket: WebSocket) -> None:
    await socket.accept("graphql-ws")
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        return


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """A server that tells what it was asked."""
    routes = [
        Route("/dagster/{path:path}", _told, methods=["GET", "POST"]),
        WebSocketRoute("/dagster/graphql", _echo),
    ]
    with listening(Starlette(routes=routes)) as address:
        yield address


@pytest.fixture
def mill(make_mill: MakeMill, upstream: str) -> Mill:
    return make_mill(service={"dagster": upstream, "dagster_read_only": upstream})


def test_keys_and_cookies_stay_with_the_service(mill: Mill) -> None:
    mill.client.cookies.set("gristmill_session", "secret")
    answer = mill.get("cur", "/dagster/a%2Fb/c", x="1")
    told = answer.json()
    assert not {"authorization", "cookie", "origin"} & set(told["headers"])
    assert (told["path"], told["query"]) == ("/dagster/a/b/c", "x=1")
    assert "set-cookie" not in answer.headers
    assert "strict-transport-security" not in answer.headers


def test_both_policies_of_content_hold_and_nobody_may_frame_it(mill: Mill) -> None:
    headers = mill.get("cur", "/dagster/").headers
    assert headers["content-security-policy"].startswith("img-src *, default-src 'self';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "immutable" in mill.get("cur", "/dagster/_next/static/x.js").headers["cache-control"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({}, 403),
    ],
)
def test_a_browser_must_come_from_this_service(mill: Mill, headers: dict[str, str], status: int) -> None:
    mill.client.post("/api/session", json={"key": mill.keys["cur"]})
    asked = {"query": "{ version }"}
    assert mill.client.post("/dagster/graphql", json=asked, headers=headers).status_code == status
    assert mill.client.post("/dagster/report_asset_check/x", json={}, headers=headers).status_code == status


def test_who_is_alone_at_this_machine_is_guarded_too(make_mill: MakeMill, upstream: str) -> None:
    mill = make_mill(people=False, service={"dagster": upstream, "dagster_read_only": upstream})
    assert mill.client.get("/dagster/").status_code == 200
    foreign = {"Origin": "https://evil.example"}
    assert mill.client.post("/dagster/graphql", json={"query": "{ version }"}, headers=foreign).status_code == 403
    link = {"query": "mutation { wipe }"}
    assert mill.client.get("/dagster/graphql", params=link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert mill.client.get("/dagster/graphql", params=link).status_code == 403


def test_reviewers_send_nothing_but_questions(mill: Mill) -> None:
    assert mill.post("rea", "/dagster/graphql", {"query": "{ version }"}).status_code == 200
    assert mill.post("rea", "/dagster/graphql", {"query": "mutation { wipe }"}).status_code == 403
    assert mill.post("rea", "/dagster/graphql?query=mutation{wipe}", {}).status_code == 403
    assert mill.post("rea", "/dagster/report_asset_materialization/x", {}).status_code == 403
    assert mill.post("cur", "/dagster/report_asset_materialization/x", {}).status_code == 200
    assert mill.post("ann", "/dagster/graphql", {"query": "{ version }"}).status_code == 403


def test_many_requests_of_a_page_do_not_use_up_what_a_person_may_ask(make_mill: MakeMill, upstream: str) -> None:
    mill = make_mill(service={"dagster": upstream, "dagster_read_only": upstream, "limits": {"per_minute": 5}})
    assert {mill.get("cur", "/dagster/x").status_code for _ in range(20)} == {200}


def test_without_dagster_there_is_no_such_page(make_mill: MakeMill) -> None:
    mill = make_mill()
    assert mill.get("adm", "/dagster/").status_code == 404
    assert "/dagster/" not in mill.client.get("/").text


def test_a_dagster_that_is_away_is_told_of(make_mill: MakeMill) -> None:
    mill = make_mill(service={"dagster": "http://127.0.0.1:1", "dagster_read_only": ""})
    answer = mill.get("cur", "/dagster/")
    assert (answer.status_code, answer.json()["detail"]) == (502, "Dagster's UI does not answer.")
    assert mill.get("rea", "/dagster/").status_code == 404


def test_a_socket_is_passed_on_without_changes_of_reviewers(mill: Mill) -> None:
    with mill.client.websocket_connect(
        "/dagster/graphql", subprotocols=["graphql-ws"], headers=mill.headers("rea")
    ) as socket:
        assert socket.accepted_subprotocol == "graphql-ws"
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
        socket.send_text(json.dumps({"type": "start", "payload": {"query": "mutation { wipe }"}}))
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


@pytest.mark.parametrize("name", ["ann", ""])
def test_a_socket_of_others_is_refused(mill: Mill, name: str) -> None:
    headers = mill.headers(name) if name else {}
    with (
        pytest.raises(WebSocketDisconnect),
        mill.client.websocket_connect("/dagster/graphql", subprotocols=["graphql-ws"], headers=headers),
    ):
        pass


@pytest.mark.parametrize(
    ("body", "query", "found"),
    [
        (b'{"query": "{ version }"}', {}, ()),
        (b'{"query": "mutation M { launchRun(x: 1) { id } }"}', {}, ("launchRun",)),
        (b'{"query": "query Q { a } mutation M { b: wipe { id } }", "operationName": "Q"}', {}, ("wipe",)),
        (b"mutation { wipe }", {}, ("wipe",)),
        ('{"query": "mutation { wipe }"}'.encode("utf-16"), {}, ("wipe",)),
        ('{"query": "mutation { wipe }"}'.encode("utf-32-le"), {}, ("wipe",)),
        (b"", {"query": "mutation { wipe }"}, ("wipe",)),
        (b'{"type": "start", "payload": {"query": "mutation { ...F } fragment F on M { wipe }"}}', {}, ("a fragment",)),
        (b'{"query": "subscription { pipelineRunLogs { id } }"}', {}, ()),
        (b"\xff not read", {}, ()),
        (b'{"query": "{ f(x: \\"mutation { a }\\") }"}', {}, ()),
    ],
)  # fmt: skip
def test_what_a_request_changes_is_read_from_wherever_dagster_reads_it(
    body: bytes, query: dict[str, str], found: tuple[str, ...]
) -> None:
    assert changes(body, query) == found


def test_a_text_too_deep_to_read_counts_as_a_change() -> None:
    assert changes(b"[" * 100_000, {}) == ("a text too deep to read",)
