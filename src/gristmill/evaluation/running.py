"""Asking the questions of a set and keeping each outcome as it comes, so that a stopped run goes on where it was.

Outcomes are kept by release and question: a question is asked again only when the release, the question, or where its
evidence stands has changed. What asks is handed in; nothing here knows how an answer is made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gristmill.answering.answer import Answer
from gristmill.corpus.report import Progress
from gristmill.evaluation.outcomes import Outcome, Surroundings, Took, outcome_of
from gristmill.evaluation.questions import Question
from gristmill.fingerprint import fingerprint
from gristmill.identity import Asker
from gristmill.models.generators import Generated, Generator

_CODE_VERSION = 3
Ask = Callable[[str, Asker], Answer]
Spread = Callable[[Sequence[Question]], Iterable[Outcome]]


class Counts(Protocol):
    """Tells how many tokens were read and written since it was last asked."""

    def taken(self) -> tuple[int, int]:
        """Return tokens read and written since the last call."""
        ...


class CountingGenerator:
    """A generator that counts the tokens of another one and is otherwise the same."""

    def __init__(self, counted: Generator) -> None:
        self._counted = counted
        self._read = self._written = 0

    @property
    def fingerprint(self) -> str:
        """That of the counted generator."""
        return self._counted.fingerprint

    def generate(self, prompt: str) -> Generated:
        """Continue `prompt` and count."""
        generated = self._counted.generate(prompt)
        self._read += generated.prompt_tokens
        self._written += generated.new_tokens
        return generated

    def taken(self) -> tuple[int, int]:
        """Return tokens read and written since the last call."""
        taken, self._read, self._written = (self._read, self._written), 0, 0
        return taken


@dataclass(frozen=True)
class OutcomeCache:
    """The outcomes of one release, a line each."""

    file: Path

    @classmethod
    def of(cls, home: Path, release: str) -> OutcomeCache:
        """Return the outcomes of a release of a home."""
        return cls(home / "evaluations" / f"{release}.jsonl")

    def read(self) -> dict[str, Outcome]:
        """Return outcomes by their key; a line that a kill cut off is left out."""
        found: dict[str, Outcome] = {}
        if not self.file.exists():
            return found
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                fields = json.loads(line)
                found[fields["key"]] = Outcome.from_json(fields["outcome"])
            except (ValueError, KeyError, TypeError):
                continue
        return found

    def add(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"key": key, "outcome": outcome.as_json()}, ensure_ascii=False) + "\n")


def run_questions(
    questions: Sequence[Question],
    ask: Ask,
    counts: Counts | None,
    around: Surroundings,
    cache: OutcomeCache,
    progress: Progress,
    spread: Spread | None = None,
) -> list[Outcome]:
    """Return the outcome of each question, in their order; only those that are not in the cache are asked.

    Args:
        questions: the questions.
        ask: answers one.
        counts: tells the tokens that an answer took.
        around: what outcomes are judged by.
        cache: where they are kept, each as it comes.
        progress: is told of each.
        spread: asks many elsewhere, in place of `ask`.
    """
    kept = cache.read()
    keys = [outcome_key(question, around) for question in questions]
    open_ = {key: question for key, question in zip(keys, questions, strict=True) if key not in kept}
    progress.start("evaluate", len(open_))
    wanted = list(open_.values())
    outcomes = spread(wanted) if spread else (asked(question, ask, counts, around) for question in wanted)
    for key, outcome in zip(open_, outcomes, strict=True):
        kept[key] = outcome
        cache.add(key, outcome)
        progress.advance()
    return [kept[key] for key in keys]


def outcome_key(question: Question, around: Surroundings) -> str:
    """Return the key of an outcome within its release."""
    audience = sorted(around.audiences.get(question.evidence[0].document, ())) if question.evidence else []
    return fingerprint("outcome", _CODE_VERSION, question.fingerprint, audience)


def asked(question: Question, ask: Ask, counts: Counts | None, around: Surroundings) -> Outcome:
    """Ask one question and return its outcome, with what it took."""
    if counts is not None:
        counts.taken()
    cpu = time.process_time()
    given = ask(question.text, Asker(question.groups, "evaluation"))
    seconds = time.process_time() - cpu
    read, written = counts.taken() if counts is not None else (0, 0)
    took = Took(given.latency_ms, round(seconds, 4), read, written)
    return outcome_of(question, given, took, around)
