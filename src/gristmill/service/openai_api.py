"""The API that OpenAI's clients speak: chat completions, also streamed, and models. A model here is a release.

The last message of the user is the question; documents answer it, so what a client says as the system or the assistant
changes nothing. Answers carry their citations and receipt beside what OpenAI's shape has.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from gristmill.answering.answer import Answer
from gristmill.answering.events import Answered, Event, SentenceReady, words_follow
from gristmill.service.api.asking import answering
from gristmill.service.api.schemas import CitationOut
from gristmill.service.auth import Asking
from gristmill.service.problems import ProblemError, response_of
from gristmill.service.state import Service, TheService
from gristmill.service.streaming import EVENT_SCHEMA, MEDIA_TYPE, event, stream

MODEL = "gristmill"
_OWNER = "gristmill"
_TOKENS_PER_WORD = 4 / 3  # as OpenAI puts it; nothing is billed by it


class ErrorBody(BaseModel):
    """What went wrong, as OpenAI has it."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAiError(BaseModel):
    """An error, as OpenAI has it."""

    error: ErrorBody


_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": OpenAiError, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 413, 422, 429, 500, 503, 504)
}
router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], responses=_ERRORS)


class TextPart(BaseModel):
    """A piece of a message; what is not text is passed over."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class Message(BaseModel):
    """A message of the chat."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """What the message says."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream holds besides the answer."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat; sampling parameters are taken and change nothing, because documents answer."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(max_length=100, examples=[MODEL])]
    messages: Annotated[list[Message], Field(min_length=1, max_length=500)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1, description="There is one answer.")] | None = 1


class ReplyMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one choice."""

    index: int = 0
    message: ReplyMessage
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class UsageOut(BaseModel):
    """About how many tokens the question and the answer have."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Evidence(BaseModel):
    """What carries the answer."""

    receipt: str
    release: str
    refused: bool
    uncertain: bool
    citations: list[CitationOut]


class ChatCompletion(BaseModel):
    """An answer as OpenAI's clients read it."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: UsageOut
    gristmill: Evidence


class Model(BaseModel):
    """A release under the name of a model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = _OWNER


class Models(BaseModel):
    """The models."""

    object: Literal["list"] = "list"
    data: list[Model]


_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, whole or streamed.", "content": {MEDIA_TYPE: {"schema": EVENT_SCHEMA}}}
}


@router.post("/chat/completions", response_model=ChatCompletion, responses=_STREAMED)
async def chat_completions(chat: ChatRequest, service: TheService, person: Asking) -> Response | ChatCompletion:
    """Answer the last message of the user from the documents that the asker may see."""
    _check_model(service, chat.model)
    work = answering(service, person, _question(chat))
    if chat.stream:
        usage = chat.stream_options is not None and chat.stream_options.include_usage
        return await stream(_chunks(service.turns.stream(work, words_follow), usage=usage), _failed)
    answer = None
    async for one in service.turns.stream(work, words_follow):
        answer = one.answer if isinstance(one, Answered) else None
    assert answer is not None
    return ChatCompletion(
        id=f"chatcmpl-{answer.receipt}",
        created=int(time.time()),
        model=answer.release,
        choices=[Choice(message=ReplyMessage(content=answer.text))],
        usage=_usage(answer),
        gristmill=_evidence(answer),
    )


@router.get("/models")
def models(service: TheService, person: Asking) -> Models:
    """Return the release in force, under its own name and as 'gristmill'."""
    return Models(data=[_model(name) for name in _names(service)])


@router.get("/models/{model}")
def model(model: str, service: TheService, person: Asking) -> Model:
    """Return one model."""
    _check_model(service, model)
    return _model(model)


def _names(service: Service) -> tuple[str, ...]:
    return (MODEL, service.current.take().tools.release)


def _check_model(service: Service, name: str) -> None:
    if name not in (known := _names(service)):
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"The model '{name[:100]}' does not exist.", f"Use one of {', '.join(known)}."
        )


def _model(name: str) -> Model:
    return Model(id=name, created=0)


def _question(chat: ChatRequest) -> str:
    said = [message.text for message in chat.messages if message.role == "user"]
    if not said:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "There is no message of the user.", "Send the question as one.")
    return said[-1]


async def _chunks(events: AsyncIterator[Event], *, usage: bool) -> AsyncIterator[str]:
    """Write sentences as deltas. They come before the receipt, so the stream has an id of its own beginning."""
    created = int(time.time())
    head: dict[str, Any] = {"id": f"chatcmpl-{time.time_ns():x}", "object": "chat.completion.chunk", "created": created}
    head["model"] = MODEL
    begun = False
    async for one in events:
        if isinstance(one, SentenceReady):
            text = f" {one.sentence.marked}" if begun else one.sentence.marked
            delta = {"content": text} if begun else {"role": "assistant", "content": text}
            begun = True
            yield event(json.dumps(head | {"choices": [_delta(delta, None)]}))
        elif isinstance(one, Answered):
            evidence = {"gristmill": _evidence(one.answer).model_dump(mode="json")}
            yield event(json.dumps(head | {"choices": [_delta({}, "stop")]} | evidence))
            if usage:
                yield event(json.dumps(head | {"choices": [], "usage": _usage(one.answer).model_dump()}))
    yield event("[DONE]")


def _delta(delta: dict[str, str], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}


def _evidence(answer: Answer) -> Evidence:
    citations = [CitationOut.of(citation) for citation in answer.citations]
    return Evidence(
        receipt=answer.receipt, release=answer.release, refused=answer.refused, uncertain=answer.uncertain,
        citations=citations,
    )  # fmt: skip


def _usage(answer: Answer) -> UsageOut:
    asked, said = (round(len(text.split()) * _TOKENS_PER_WORD) for text in (answer.question, answer.text))
    return UsageOut(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)


def _failed(error: ProblemError) -> str:
    body = bytes(response_of(error, "/v1/").body)
    return event(body.decode())
