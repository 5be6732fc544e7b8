"""Engines that word an answer from a prompt: the interface, the local one, and the one that only quotes.

An engine is never trusted: what it returns is text to be verified. It opens no socket.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from gristmill.fingerprint import fingerprint
from gristmill.models.catalog import Weights, describe, generator_weights
from gristmill.models.converting import converted
from gristmill.settings import GeneratorSettings

_CODE_VERSION = 1


@dataclass(frozen=True)
class Generated:
    """What an engine wrote, and what it took."""

    text: str
    prompt_tokens: int
    new_tokens: int


class Generator(Protocol):
    """Anything that continues a prompt."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides what is written."""
        ...

    def generate(self, prompt: str) -> Generated:
        """Continue `prompt`, greedily, until the end of the turn or the limits of the settings."""
        ...


class QuoteGenerator:
    """Writes nothing, so that an answer is made of quotes alone: no model, no load time."""

    fingerprint = "quote"

    def generate(self, prompt: str) -> Generated:
        """Return no text."""
        return Generated("", 0, 0)


class OpenVinoGenerator:
    """A GGUF file on OpenVINO GenAI, decoded greedily, so that the same prompt gives the same text.

    OpenVINO converts a GGUF at each load (5.0 s here); the converted model is kept in `cache`, named by the hash of the
    file it came from, and loads in 2.3 s.
    """

    def __init__(self, settings: GeneratorSettings, cache: Path) -> None:
        self._settings = settings
        self.weights: Weights = generator_weights(settings)
        self._cache = cache / self.weights.sha256
        self._one_at_a_time = Lock()  # the engine raises when it is asked twice at once

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, decoding limits and this code's version."""
        return fingerprint("openvino", _CODE_VERSION, describe(self.weights), self._settings.max_new_tokens)

    def generate(self, prompt: str) -> Generated:
        """Continue `prompt` greedily until the end of the turn or a limit of the settings."""
        import openvino_genai

        config = openvino_genai.GenerationConfig()
        config.max_new_tokens = self._settings.max_new_tokens
        config.do_sample = False
        config.apply_chat_template = False
        with self._one_at_a_time:
            deadline = time.monotonic() + self._settings.seconds
            result = self._pipeline.generate([prompt], config, lambda _piece: time.monotonic() > deadline)
        metrics = result.perf_metrics
        return Generated(result.texts[0], metrics.get_num_input_tokens(), metrics.get_num_generated_tokens())

    def load(self) -> None:
        """Load the model now, for instance while something else is being loaded."""
        with self._one_at_a_time:
            _ = self._pipeline

    @cached_property
    def _pipeline(self) -> Any:
        self.weights.verify(self._cache / "verified.json")
        import openvino_genai

        return openvino_genai.LLMPipeline(str(converted(self.weights.file, self._cache)), "CPU")


def make_generator(settings: GeneratorSettings, cache: Path) -> Generator:
    """Return the configured engine."""
    return QuoteGenerator() if settings.engine == "quote" else OpenVinoGenerator(settings, cache)
