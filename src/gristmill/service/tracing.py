"""OpenTelemetry traces, where a collector is set: a span for each request, and in it one for each step of an answer.

They hold names and times, never what was asked or answered. Without the setting nothing of it is imported.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gristmill.answering.answer import Answer
from gristmill.errors import SettingsError

_NANOSECONDS = 1_000_000


class Tracer(Protocol):
    """Told of answers; starts spans."""

    def answered(self, answer: Answer) -> None:
        """Tell of an answer that was just finished."""
        ...


class NoTracer:
    """Tells nobody."""

    def answered(self, answer: Answer) -> None:
        """Do nothing."""


class OtlpTracer:
    """Sends spans to a collector."""

    def __init__(self, endpoint: str) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise SettingsError(
                "'service.traces' is set, and OpenTelemetry is not installed.", "pip install 'gristmill[tracing]'"
            ) from error
        provider = TracerProvider(resource=Resource.create({"service.name": "gristmill"}))
        exporter = OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"))
        provider.add_span_processor(BatchSpanProcessor(exporter))
        self.provider: Any = provider
        self.tracer: Any = provider.get_tracer("gristmill")

    def answered(self, answer: Answer) -> None:
        """Send a span for the answer and one for each step, at the times they took."""
        now = time.time_ns()
        start = now - int(answer.latency_ms * _NANOSECONDS)
        attributes = {"release": answer.release, "receipt": answer.receipt, "refused": answer.refused}
        whole = self.tracer.start_span("answer", start_time=start, attributes=attributes)
        from opentelemetry.trace import set_span_in_context

        context = set_span_in_context(whole)
        at = start
        for step in answer.trace:
            span = self.tracer.start_span(step.name, context=context, start_time=at)
            at += int(step.milliseconds * _NANOSECONDS)
            span.end(at)
        whole.end(now)


class Traced:
    """Makes a span of each request."""

    def __init__(self, app: ASGIApp, tracer: OtlpTracer) -> None:
        self._app = app
        self._tracer = tracer.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on inside a span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._tracer.start_as_current_span(f"{scope['method']} {scope['path'].split('/')[1]}") as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    span.update_name(f"{scope['method']} {getattr(scope.get('route'), 'path', 'unknown')}")
                await send(message)

            await self._app(scope, receive, noting)
