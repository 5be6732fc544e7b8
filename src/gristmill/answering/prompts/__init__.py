"""The prompts, one file each, and how they are filled.

A prompt file has two parts, for the system and for the user, with a line of three hyphens between them. Passages stand
between marks that a document's author cannot guess, and nothing in a passage can end its part of the chat.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from gristmill.fingerprint import text_hash

_CHAT_TOKENS = re.compile(r"<\|[^|>]{0,40}\|>")
_LONGEST_PASSAGE = 700


@dataclass(frozen=True)
class Prompt:
    """A prompt file: its name, its two parts, and the hash that a release names."""

    name: str
    system: str
    user: str
    sha: str


def load_prompt(name: str = "answer") -> Prompt:
    """Return a prompt by its name."""
    text = files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    system, _, user = text.partition("\n---\n")
    return Prompt(name, " ".join(system.split()), user.strip(), text_hash(text))


def fill(prompt: Prompt, question: str, passages: Sequence[str], mark: str) -> str:
    """Return the chat in ChatML, open at the assistant's turn."""
    clean = "\n".join(f"- {_inert(passage)}" for passage in passages)
    user = prompt.user.format(mark=mark, passages=clean, question=_inert(question))
    system = prompt.system.format(mark=mark)
    return f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"


def _inert(text: str) -> str:
    return " ".join(_CHAT_TOKENS.sub(" ", text).split())[:_LONGEST_PASSAGE]
