"""What was learnt from use and may change answers: named by its content, part of a release, read from plain JSON.

It holds a model that cuts answers to what people write, and answers that people verified. How it is fitted stands in
`gristmill.learning`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint
from gristmill.search.lexical import terms
from gristmill.storage.artifacts import write_durably

if TYPE_CHECKING:
    from gristmill.answering.spans import SpanModel

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# 'the barn door' and 'the kiln door' differ in one word of four, and are two questions.
_SAME = 0.75


def same(one: str, other: str) -> bool:
    """Say whether two questions ask for the same: equal figures, and nearly the same words."""
    return set(_NUMBER.findall(one)) == set(_NUMBER.findall(other)) and likeness(one, other) >= _SAME


def likeness(one: str, other: str) -> float:
    """Return the share of common terms in all of two questions (Jaccard)."""
    mine, theirs = set(terms(one)), set(terms(other))
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else float(one == other)


@dataclass(frozen=True)
class VerifiedAnswer:
    """A question that people answered, and the quote that carries the answer, where it stood."""

    question: str
    answer: str
    document: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class Learned:
    """What one session of learning came to."""

    spans: SpanModel | None = None
    verified: tuple[VerifiedAnswer, ...] = ()

    @cached_property
    def name(self) -> str:
        """The hash of all that it holds; empty when it holds nothing."""
        return "" if self == Learned() else f"l-{fingerprint('learned', self.as_json())[:12]}"

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "spans": None if self.spans is None else dict(self.spans.coefficients),
            "verified": [asdict(each) for each in self.verified],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Learned:
        """Return what was stored."""
        spans = None
        if stored["spans"] is not None:
            from gristmill.answering.spans import SpanModel

            spans = SpanModel({name: float(value) for name, value in stored["spans"].items()})
        return cls(
            spans,
            tuple(VerifiedAnswer(**each) for each in stored["verified"]),
        )

    def answer_to(self, question: str) -> VerifiedAnswer | None:
        """Return the verified answer to a question, the one whose question is most like it."""
        alike = [(likeness(each.question, question), each) for each in self.verified if same(each.question, question)]
        return max(alike, key=lambda pair: pair[0])[1] if alike else None

    def without_answers(self) -> Learned:
        """Return it without the answers that people verified: what it does to questions that nobody asked yet."""
        return replace(self, verified=())


class LearnedStore:
    """What was learnt, by name, in files that are never written again; and what is proposed for the next candidate."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "learned"

    def keep(self, learned: Learned) -> str:
        """Store it, once. Returns its name."""
        if learned.name and not self._file(learned.name).exists():
            write_durably(self._file(learned.name), json.dumps(learned.as_json(), ensure_ascii=False, indent=1))
        return learned.name

    def get(self, name: str) -> Learned:
        """Return what is stored under a name; nothing under the empty one.

        Raises:
            SettingsError: there is no such file, or it does not hold what its name says.
        """
        if not name:
            return Learned()
        try:
            found = Learned.from_json(json.loads(self._file(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"What was learnt as {name} cannot be read: {error}.", _REMEDY) from error
        if found.name != name:
            raise SettingsError(f"What is stored as {name} was altered.", _REMEDY)
        return found

    def propose(self, name: str | None) -> None:
        """Let the next candidate have it; None lets it have what the release in force has."""
        if name is None:
            self._proposal.unlink(missing_ok=True)
        else:
            write_durably(self._proposal, name)

    @property
    def proposed(self) -> str | None:
        """The name of what is proposed."""
        try:
            return self._proposal.read_text().strip()
        except FileNotFoundError:
            return None

    @property
    def _proposal(self) -> Path:
        return self._folder / "proposed"

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


_REMEDY = "Run 'gristmill release rollback', then 'gristmill learn'."
