"""Dagster's UI behind the service's sign-in: requests and WebSockets are passed on to its webserver, and back.

Who may do what is decided in `dagster_access.py`. Cookies and keys of this service stay here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from gristmill.service.dagster_access import Visit, check_change, visit
from gristmill.service.problems import ProblemError, problem_of, response_of
from gristmill.service.state import Service

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

PREFIX = "/dagster"
_LOG = logging.getLogger("gristmill.service")
# Added to Dagster's own, whose nonces it leaves in force: nothing from elsewhere, in nobody's frame.
_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_KEPT_BACK = {"authorization", "connection", "cookie", "forwarded", "host", "keep-alive", "origin", "te", "upgrade"}
_NOT_RETURNED = {
    "connection", "date", "feature-policy", "keep-alive", "server", "set-cookie", "strict-transport-security",
    "transfer-encoding",
}  # fmt: skip
_HASHED = "/_next/static/"  # files whose name tells their content
_TIMES = httpx.Timeout(300, connect=5)
# Dagster's webserver closes a connection that was idle for 5 s: one is not used again so late that both happen at once.
_CONNECTIONS = httpx.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=2)
_LOOK_SECONDS = 5.0
_MOST_BYTES = 16 * 2**20
_POLICY_VIOLATION, _TRY_AGAIN = 1008, 1013


class DagsterUI:
    """The application below `/dagster`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        # No proxy that the environment names: it is on this host, or beside it.
        self._client = httpx.AsyncClient(timeout=_TIMES, limits=_CONNECTIONS, trust_env=False)

    async def close(self) -> None:
        """Close the connections to Dagster."""
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket."""
        if scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
        else:
            request = Request(scope, receive)
            try:
                response = await self._passed_on(request)
            except ProblemError as error:
                response = _told(error, request)
            await response(scope, receive, send)

    async def _passed_on(self, request: Request) -> Response:
        visitor = await self._admitted(request)
        body = await request.body()
        await run_in_threadpool(check_change, visitor, request, self._service, body)
        url = _upstream(visitor, request)
        sent = self._client.build_request(request.method, url, headers=_handed_on(request.headers), content=body)
        try:
            answer = await self._client.send(sent, stream=True)
        except httpx.HTTPError as error:
            _LOG.warning("Dagster at %s: %r", url, error)
            raise _away(visitor) from error
        return StreamingResponse(_read(answer), answer.status_code, _handed_back(answer, request.url.path))

    async def _admitted(self, connection: HTTPConnection) -> Visit:
        return await run_in_threadpool(visit, connection, self._service)

    async def _socket(self, socket: WebSocket) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException
        from websockets.typing import Subprotocol

        try:
            visitor = await self._admitted(socket)
        except ProblemError:
            await socket.close(_POLICY_VIOLATION)
            return
        url = "ws" + str(_upstream(visitor, socket)).removeprefix("http")
        offered = [Subprotocol(name) for name in cast("Sequence[str]", socket.scope["subprotocols"])]
        try:
            async with connect(url, subprotocols=offered or None, proxy=None, max_size=_MOST_BYTES) as upstream:
                await socket.accept(upstream.subprotocol)
                await self._joined(socket, upstream, visitor)
        except (OSError, WebSocketException):
            with suppress(RuntimeError, WebSocketDisconnect):  # it is closed already
                await socket.close(_TRY_AGAIN)

    async def _joined(self, socket: WebSocket, upstream: ClientConnection, visitor: Visit) -> None:
        """Pass messages both ways until a side ends, or the person may not look any more."""
        ways = [self._up(socket, upstream, visitor), _down(socket, upstream), self._until_unwelcome(socket)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(_POLICY_VIOLATION if tasks[2].done() and not tasks[2].cancelled() else 1000)

    async def _up(self, socket: WebSocket, upstream: ClientConnection, visitor: Visit) -> None:
        with suppress(WebSocketDisconnect, ProblemError):
            while True:
                text = await socket.receive_text()
                await run_in_threadpool(check_change, visitor, socket, self._service, text.encode())
                await upstream.send(text)

    async def _until_unwelcome(self, socket: WebSocket) -> None:
        with suppress(ProblemError):
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                await self._admitted(socket)


async def _down(socket: WebSocket, upstream: ClientConnection) -> None:
    async for message in upstream:
        await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))


async def _read(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()


def _upstream(visitor: Visit, connection: HTTPConnection) -> httpx.URL:
    """Return the same address at Dagster, byte for byte: what was looked at is what is asked for."""
    return httpx.URL(visitor.upstream).copy_with(raw_path=_path(connection))


def _path(connection: HTTPConnection) -> bytes:
    path, query = connection.scope["raw_path"].partition(b"?")[0], connection.scope["query_string"]
    return bytes(path + b"?" + query if query else path)


def _handed_on(headers: Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _KEPT_BACK and not name.startswith("x-")}


def _handed_back(answer: httpx.Response, path: str) -> dict[str, str]:
    headers = MutableHeaders({name: v for name, v in answer.headers.items() if name not in _NOT_RETURNED})
    # One header may hold several policies, and all of them hold.
    own = headers.get("content-security-policy")
    headers["content-security-policy"] = f"{own.rstrip('; ')}, {_CSP}" if own else _CSP
    if _HASHED in path and answer.status_code == HTTPStatus.OK:
        headers["cache-control"] = "private, max-age=31536000, immutable"
    return dict(headers)


def _told(error: ProblemError, request: Request) -> Response:
    """Return what a person sees: the sign-in page where that helps, a problem otherwise."""
    wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if error.problem.status == HTTPStatus.UNAUTHORIZED and wants_page:
        return RedirectResponse(f"/sign-in?next={quote(_path(request))}", HTTPStatus.SEE_OTHER)
    return response_of(problem_of(error), request.url.path)


def _away(visitor: Visit) -> ProblemError:
    which = "Dagster's UI" if visitor.may_change else "Dagster's UI for reviewers"
    remedy = "On a team's host it is started again; try in a moment."
    return ProblemError(HTTPStatus.BAD_GATEWAY, f"{which} does not answer.", remedy)
