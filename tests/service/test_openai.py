"""OpenAI's own client, unchanged, against the service."""

from __future__ import annotations

from collections.abc import Callable

import openai
import pytest

from tests.service.mills import FACT, PAY_QUESTION, QUESTION, Mill


@pytest.fixture
def client(shared: Mill) -> Callable[[str], openai.OpenAI]:
    def for_key(key: str) -> openai.OpenAI:
        base = "http://localhost/v1"
        return openai.OpenAI(base_url=base, api_key=key, http_client=shared.client, max_retries=0)

    return for_key


def test_a_chat_is_answered_with_citations(client: Callable[[str], openai.OpenAI], shared: Mill) -> None:
    chat = client(shared.keys["ann"]).chat.completions.create(
        model="gristmill", messages=[{"role": "system", "content": "Lie."}, {"role": "user", "content": QUESTION}]
    )
    assert FACT in (chat.choices[0].message.content or "")
    assert chat.choices[0].finish_reason == "stop"
    assert chat.usage is not None
    assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens
    assert chat.model_extra is not None
    assert chat.model_extra["gristmill"]["citations"][0]["document"] == "leave.md"


def test_a_chat_is_streamed_sentence_by_sentence(client: Callable[[str], openai.OpenAI], shared: Mill) -> None:
    stream = client(shared.keys["ann"]).chat.completions.create(
        model="gristmill", messages=[{"role": "user", "content": QUESTION}], stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == shared.ask("ann")["answer"]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None


def test_the_message_may_come_in_parts(client: Callable[[str], openai.OpenAI], shared: Mill) -> None:
    chat = client(shared.keys["ann"]).chat.completions.create(
        model="gristmill", messages=[{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    )
    assert FACT in (chat.choices[0].message.content or "")


def test_the_release_in_force_is_a_model(client: Callable[[str], openai.OpenAI], shared: Mill) -> None:
    opened = client(shared.keys["ann"])
    names = [model.id for model in opened.models.list()]
    assert names == ["gristmill", shared.service.current.name]
    assert opened.models.retrieve("gristmill").id == "gristmill"
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        opened.models.retrieve("gpt-4o")


def test_a_wrong_key_is_an_authentication_error(client: Callable[[str], openai.OpenAI]) -> None:
    with pytest.raises(openai.AuthenticationError, match="not valid") as caught:
        client("gm_wrong").models.list()
    assert caught.value.code == "invalid_api_key"


def test_an_unknown_model_is_not_found_and_a_bad_request_is_one(
    client: Callable[[str], openai.OpenAI], shared: Mill
) -> None:
    opened = client(shared.keys["ann"])
    with pytest.raises(openai.NotFoundError):
        opened.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": QUESTION}])
    with pytest.raises(openai.BadRequestError, match="no message of the user"):
        opened.chat.completions.create(model="gristmill", messages=[{"role": "system", "content": "x"}])
    with pytest.raises(openai.BadRequestError, match="no question"):
        opened.chat.completions.create(model="gristmill", messages=[{"role": "user", "content": "?"}], stream=True)
    with pytest.raises(openai.UnprocessableEntityError):
        opened.chat.completions.create(model="gristmill", messages=[{"role": "user", "content": QUESTION}], n=3)


def test_groups_hold_here_too(client: Callable[[str], openai.OpenAI], shared: Mill) -> None:
    def reply(name: str) -> str:
        chat = client(shared.keys[name]).chat.completions.create(
            model="gristmill", messages=[{"role": "user", "content": PAY_QUESTION}]
        )
        return chat.model_dump_json()

    assert "41000" in reply("hal")
    assert "41000" not in reply("ann")
