"""Settings of answers: which model words them, and when there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from gristmill.settings.section import Section


class GeneratorSettings(Section):
    """Which model words answers. `quote` words nothing and only quotes."""

    name: str = "SmolLM2-135M-Instruct"
    engine: Literal["openvino", "quote"] = "openvino"
    path: Path | None = Field(None, description="A GGUF file of your own.")
    sha256: str | None = None
    chat_format: Literal["chatml"] = "chatml"
    max_new_tokens: int = Field(64, ge=8)
    seconds: float = Field(20.0, gt=0, description="Time limit for one answer; what is there by then is verified.")


class AnsweringSettings(Section):
    """When there is an answer, and when there is an honest refusal."""

    answerable: float = Field(0.6, ge=0, le=1, description="Least probability that the passages answer the question.")
    support: float = Field(0.62, ge=0, le=1, description="Least support of a generated sentence by its citation.")
    quotes: int = Field(2, ge=1, le=5, description="Most sentences quoted in one answer.")
    max_question_characters: int = Field(2_000, ge=50)
