"""Settings of answers: which model words them, and when there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from gristmill.settings.section import Section, normal_groups


class GeneratorSettings(Section):
    """Which model words answers. `quote` words nothing and only quotes."""

    name: str = "SmolLM2-135M-Instruct"
    engine: Literal["openvino", "quote"] = "openvino"
    path: Path | None = Field(None, description="A GGUF file of your own.")
    sha256: str | None = None
    base: str | None = Field(None, description="SHA-256 of the model that a tuned one was made of; written by tuning.")
    chat_format: Literal["chatml"] = "chatml"
    max_new_tokens: int = Field(64, ge=8)
    seconds: float = Field(20.0, gt=0, description="Time limit for one answer; what is there by then is verified.")


class ContactRule(Section):
    """Whom to ask about documents whose path matches `pattern`. The first rule that matches decides."""

    pattern: str
    contact: str = Field(min_length=1, max_length=200, description="A person, a team, an address: shown as it is.")


class AnsweringSettings(Section):
    """When there is an answer, and when there is an honest refusal."""

    answerable: float = Field(0.65, ge=0, le=1, description="Least probability that the passages answer the question.")
    perhaps: float = Field(
        0.35, ge=0, le=1, description="From here up to 'answerable' the nearest sentences are quoted, as not certain."
    )
    wanted: bool = Field(
        True, description="Say that it is not certain where no quote has such a thing as is asked for: a sum, a name."
    )
    reader: bool = Field(
        True, description="Let a small language model read the best evidence before it is called an answer."
    )
    support: float = Field(0.8, ge=0, le=1, description="Least support of a generated sentence by its citation.")
    quotes: int = Field(2, ge=1, le=5, description="Most sentences quoted in one answer.")
    max_question_characters: int = Field(2_000, ge=50)
    disputes: bool = Field(True, description="Say so when two documents differ, and quote both.")
    contact: str = Field("", max_length=200, description="Whom to ask when the documents do not answer.")
    contacts: tuple[ContactRule, ...] = Field((), description="Whom to ask by the place of the closest passages.")


class CacheSettings(Section):
    """Answers that are given again while their evidence stands."""

    enabled: bool = True
    answers: int = Field(2_000, ge=1, description="Most answers kept in one process.")
    near: float = Field(0.9, ge=0, le=1, description="Least cosine of two questions that one answer may serve.")


class RemoteSettings(Section):
    """An OpenAI-compatible engine elsewhere, asked only when the local one does not do. Without `url`, never.

    Prices are in `currency` per million tokens.
    """

    url: str = Field("", description="Base URL of the API, such as https://host/v1.")
    model: str = ""
    key_variable: str = Field("GRISTMILL_REMOTE_KEY", description="Environment variable that holds the key.")
    when: tuple[Literal["refused", "unsupported"], ...] = ("refused", "unsupported")
    groups: tuple[str, ...] = Field((), description="Passages leave only when each is for one of these groups.")
    strong: float = Field(0.3, ge=0, le=1, description="Least probability of an answer in the passages.")
    seconds: float = Field(20.0, gt=0, description="Time limit of one request.")
    max_new_tokens: int = Field(200, ge=8)
    price_in: float = Field(0.0, ge=0, description="For a million tokens read.")
    price_out: float = Field(0.0, ge=0, description="For a million tokens written.")
    currency: str = "EUR"
    daily_budget: float = Field(0.0, ge=0, description="Most to spend in a day; 0 allows only what costs nothing.")
    failures: int = Field(3, ge=1, description="Failures in a row after which it is left alone.")
    pause: float = Field(60.0, gt=0, description="Seconds it is left alone.")

    @field_validator("groups")
    @classmethod
    def _normalised(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        return normal_groups(groups)

    @model_validator(mode="after")
    def _complete(self) -> RemoteSettings:
        if self.url and not self.model:
            msg = "a remote engine needs a model beside its url"
            raise ValueError(msg)
        return self
