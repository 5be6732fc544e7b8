"""Errors as the service tells them: `application/problem+json` (RFC 9457), and OpenAI's shape below `/v1`.

A message never holds what the asker may not see, and an unforeseen error says nothing but that it happened.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gristmill.errors import (
    AccessError,
    BusyError,
    FeedbackError,
    GateError,
    GristmillError,
    SearchIndexError,
    SettingsError,
)

_LOG = logging.getLogger("gristmill.service")
_MEDIA_TYPE = "application/problem+json"
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it, with what to do."""

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such receipt."])
    remedy: str = Field("", description="What to do now.", examples=["See your history."])


class ProblemError(Exception):
    """An error that is told to the client as it is."""

    def __init__(
        self, status: HTTPStatus, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(title=status.phrase, status=status, detail=detail, remedy=remedy)
        self.headers = dict(headers or {})


def not_found(what: str) -> ProblemError:
    """Return the error for what is not there, or not for this person: they must not tell one from the other."""
    return ProblemError(HTTPStatus.NOT_FOUND, f"There is no such {what}, or it is not for your groups.")


def problem_of(error: Exception) -> ProblemError:
    """Return what is told of an error."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, GristmillError):
        return ProblemError(_status(error), error.message, error.remedy)
    if isinstance(error, RequestValidationError):
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"The request is not valid: {said}.")
    if isinstance(error, HTTPException):
        return ProblemError(HTTPStatus(error.status_code), str(error.detail), headers=error.headers)
    _LOG.error("unforeseen error", exc_info=error)
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here.", "It is in the service's log.")


def _status(error: GristmillError) -> HTTPStatus:
    if isinstance(error, (SearchIndexError, BusyError)):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, (AccessError, SettingsError, GateError, FeedbackError)):
        return HTTPStatus.CONFLICT
    plain = type(error) is GristmillError  # a question that cannot be read
    return HTTPStatus.BAD_REQUEST if plain else HTTPStatus.INTERNAL_SERVER_ERROR


def response_of(error: ProblemError, path: str) -> JSONResponse:
    """Return the response that tells of an error, in the shape that the clients of `path` know."""
    problem = error.problem
    if path.startswith("/v1/"):
        kind = _OPENAI_TYPES.get(problem.status, "invalid_request_error" if problem.status < 500 else "server_error")
        said = f"{problem.detail} {problem.remedy}".strip()
        body = {"error": {"message": said, "type": kind, "param": None, "code": _code(problem.status)}}
        return JSONResponse(body, problem.status, error.headers)
    return JSONResponse(problem.model_dump(), problem.status, error.headers, media_type=_MEDIA_TYPE)


def _code(status: int) -> str | None:
    return {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)


async def tell(request: Request, error: Exception) -> JSONResponse:
    """Tell the client of an error."""
    return response_of(problem_of(error), request.url.path)


def install(app: FastAPI) -> None:
    """Let every error of `app` be told as a problem."""
    for kind in (ProblemError, GristmillError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, tell)


class Unforeseen:
    """Tells of errors that nobody foresaw, inside the other layers: theirs is no response without headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; answer it with a problem if that fails before a response began."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            await response_of(problem_of(error), scope["path"])(scope, receive, send)


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {_MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
    }
    for status in (400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503, 504)
}
"""What every operation of the API may answer instead, for its description in OpenAPI."""
