"""Server-sent events: how they are written, and how errors are told before and after the first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi.responses import StreamingResponse

from gristmill.service.problems import ProblemError, problem_of

MEDIA_TYPE = "text/event-stream"
# How OpenAPI describes one event.
EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string", "description": "JSON."}},
    "required": ["data"],
}
# Proxies that collect a response before they hand it on would make streaming pointless.
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event(data: str, name: str = "") -> str:
    """Return one event; `data` is JSON without line breaks."""
    return f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n"


async def stream(events: AsyncIterator[str], failed: Callable[[ProblemError], str]) -> StreamingResponse:
    """Return a streamed response.

    The first event is waited for, so that an error before it is an ordinary response with its status. A later one is
    told by the event that `failed` returns.

    Args:
        events: as `event` writes them.
        failed: writes the event that tells of an error.
    """
    first = await anext(events, "")

    async def all_of_them() -> AsyncIterator[str]:
        yield first
        try:
            async for one in events:
                yield one
        except Exception as error:  # noqa: BLE001 - the status is sent already; the client must hear of it all the same
            yield failed(problem_of(error))

    return StreamingResponse(all_of_them(), media_type=MEDIA_TYPE, headers=_HEADERS)
