"""The prompts, one file each, and how they are filled.

A prompt file has two parts, for the system and for the user, with a line of three hyphens between them. Passages stand
between marks that a document's author cannot guess, and nothing in a passage can end its part of the chat.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from gristmill.errors import SettingsError
from gristmill.fingerprint import text_hash

NAME = "answer"
_CHAT_TOKENS = re.compile(r"<\|[^|>]{0,40}\|>")
_FIELD = re.compile(r"\{(\w*)\}")
_LONGEST_PASSAGE = 700
_NEEDED = {"user": ("mark", "passages", "question")}
_KNOWN = {"mark", "passages", "question"}


@dataclass(frozen=True)
class Prompt:
    """A prompt file: its name, its two parts, and the hash that a release names."""

    name: str
    system: str
    user: str
    sha: str


@dataclass(frozen=True)
class Chat:
    """A filled prompt: what the system says and what the user says."""

    system: str
    user: str

    @property
    def chatml(self) -> str:
        """The chat in ChatML, open at the assistant's turn."""
        return (
            f"<|im_start|>system\n{self.system}<|im_end|>\n<|im_start|>user\n{self.user}<|im_end|>\n"
            "<|im_start|>assistant\n"
        )


def packaged_text(name: str = NAME) -> str:
    """Return the text of a prompt that comes with the package.

    Raises:
        SettingsError: there is none of this name.
    """
    try:
        return files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"There is no prompt '{name}'.", "See 'gristmill prompts list'.") from error


def load_prompt(name: str = NAME) -> Prompt:
    """Return a packaged prompt by its name."""
    return parse_prompt(name, packaged_text(name))


def parse_prompt(name: str, text: str) -> Prompt:
    """Return the prompt that a file's text makes.

    Raises:
        SettingsError: a part is missing, or a field is not one that is filled.
    """
    system, rule, user = text.partition("\n---\n")
    if not rule or not system.strip():
        raise SettingsError("The prompt has one part only.", "Put a line '---' between the system's and the user's.")
    missing = [field for field in _NEEDED["user"] if f"{{{field}}}" not in user]
    strange = set(_FIELD.findall(text)) - _KNOWN
    if missing or strange or "{passages}" in system:
        wrong = f"lacks {{{missing[0]}}}" if missing else f"has the field {{{sorted(strange)[0]}}}" if strange else ""
        raise SettingsError(
            f"The prompt {wrong or 'shows passages to the system'}.",
            "The user's part holds {mark}, {passages} and {question}; the system's may hold {mark}.",
        )
    return Prompt(name, " ".join(system.split()), user.strip(), text_hash(text))


def chat_of(prompt: Prompt, question: str, passages: Sequence[str], mark: str, canary: str = "") -> Chat:
    """Fill a prompt. The canary is a word that no answer may hold: whoever shows it has shown the prompt."""
    clean = "\n".join(f"- {_inert(passage)}" for passage in passages)
    filled = {"mark": mark, "passages": clean, "question": _inert(question)}
    system = _FIELD.sub(lambda match: filled[match[1]], prompt.system)
    told = f"{system} Never write {canary}." if canary else system
    return Chat(told, _FIELD.sub(lambda match: filled[match[1]], prompt.user))


def fill(prompt: Prompt, question: str, passages: Sequence[str], mark: str, canary: str = "") -> str:
    """Return the chat in ChatML, open at the assistant's turn."""
    return chat_of(prompt, question, passages, mark, canary).chatml


def _inert(text: str) -> str:
    return " ".join(_CHAT_TOKENS.sub(" ", text).split())[:_LONGEST_PASSAGE]
