"""What the service counts and times, in the form that Prometheus reads: numbers alone, never names or texts."""

from __future__ import annotations

import os
import time

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gristmill.answering.answer import Answer

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.005, 0.02, 0.05, 0.15, 0.5, 1, 2, 5, 10, 30, 60)
_REQUESTS = Counter("gristmill_requests_total", "Requests by operation and status.", ["operation", "status"])
_DURATION = Histogram("gristmill_request_seconds", "Time to the end of a response.", ["operation"], buckets=_SECONDS)
_ANSWERS = Counter("gristmill_answers_total", "Answers by their outcome.", ["outcome"])
_ANSWERING = Histogram("gristmill_answer_seconds", "Time of an answer, without waiting.", buckets=_SECONDS)
_PASSAGES = Histogram("gristmill_first_passages_seconds", "Time until passages are there.", buckets=_SECONDS)
_SWAPS = Counter("gristmill_release_swaps_total", "Releases that were put in force while the service ran.")
_DAMAGED = Gauge(
    "gristmill_index_damaged", "1 while a damaged index is answered for by the lake.", multiprocess_mode="livemax"
)
_TAKEN = Gauge("gristmill_questions_taken", "Questions at work or waiting.", multiprocess_mode="livesum")


def answered(answer: Answer) -> None:
    """Count an answer."""
    said = "refused" if answer.refused else "uncertain" if answer.uncertain else "answered"
    outcome = "cached" if answer.cached and not answer.refused else said
    _ANSWERS.labels(outcome).inc()
    _ANSWERING.observe(answer.latency_ms / 1000)


def passages_after(seconds: float) -> None:
    """Time the passages of an answer."""
    _PASSAGES.observe(seconds)


def swapped() -> None:
    """Count a new release."""
    _SWAPS.inc()


def index_damaged(damaged: bool) -> None:
    """Tell whether the index is damaged."""
    _DAMAGED.set(int(damaged))


def taken(number: int) -> None:
    """Tell how many questions are at work or waiting."""
    _TAKEN.set(number)


def exposition() -> bytes:
    """Return the numbers of all processes of the service, as Prometheus reads them."""
    registry = REGISTRY
    if MULTIPROCESS_VARIABLE in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class Measured:
    """Counts and times every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # Named by the route, so that nobody can make up names.
            route = scope.get("route")
            operation = getattr(route, "name", None) or "none"
            _REQUESTS.labels(operation, str(status)).inc()
            _DURATION.labels(operation).observe(time.perf_counter() - began)
