"""A limit on what a request may bring: plain ASGI, and counted while it is read, whatever its headers say."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gristmill.service.problems import ProblemError, response_of


class BodyLimit:
    """Turns away bodies of more than a number of bytes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit, then pass the request on with it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read: list[Message] = []
        size = 0
        while True:
            message = await receive()
            read.append(message)
            size += len(message.get("body", b""))
            if size > self._most:
                error = ProblemError(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request may bring {self._most:,} bytes.", "Send less."
                )
                await response_of(error, scope["path"])(scope, receive, send)
                return
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                break

        async def again() -> Message:
            return read.pop(0) if read else await receive()

        await self._app(scope, again, send)
