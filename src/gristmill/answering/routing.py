"""Whether a remote engine is asked, and asking it: local first, and nothing leaves that may not.

The remote engine sees only passages whose audience may leave the premises, costs no more than the day's budget, and is
left alone for a while after it failed some times in a row. What it writes is verified like everything else. It is the
only part of the answer path that opens a socket, and only to the configured host.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from gristmill.answering.answer import Egress
from gristmill.answering.prompts import Chat
from gristmill.search.retrieval import Passage
from gristmill.settings import RemoteSettings

_CHARACTERS_PER_TOKEN = 3
_MILLION = 1_000_000


@dataclass(frozen=True)
class Reply:
    """What the remote engine wrote, and the record of the request."""

    text: str
    egress: Egress


class Breaker:
    """Counts failures in a row; open, nothing is asked until the pause is over, and then one request tries."""

    def __init__(self, failures: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._pause = pause
        self._clock = clock
        self._in_a_row = 0
        self._until = 0.0
        self._lock = Lock()

    def allows(self) -> bool:
        """Say whether a request may go out; the first one after a pause closes the door behind it."""
        with self._lock:
            if self._in_a_row < self._failures:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._pause
            return True

    def record(self, *, failed: bool) -> None:
        """Count how a request ended."""
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if failed else 0
            if failed and self._in_a_row >= self._failures:
                self._until = self._clock() + self._pause


class Router:
    """The way to the remote engine, with its rules."""

    def __init__(
        self,
        settings: RemoteSettings,
        spent_today: Callable[[], float] = lambda: 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._spent_today = spent_today
        self._breaker = Breaker(settings.failures, settings.pause, clock)

    def objection(
        self, *, refused: bool, unsupported: bool, answerable: float, passages: Sequence[Passage], chat: Chat
    ) -> str:
        """Return why the remote engine is not asked, or nothing when it is."""
        settings = self.settings
        if not ((refused and "refused" in settings.when) or (unsupported and "unsupported" in settings.when)):
            return "the local answer stands"
        if answerable < settings.strong:
            return "retrieval is not strong"
        if kept := [p.document for p in passages if not set(p.audience) & set(settings.groups)]:
            return f"{kept[0]} may not leave the premises"
        if self.price(_tokens(chat), settings.max_new_tokens) > self._left():
            return "the day's budget is spent"
        return "" if self._breaker.allows() else "it failed before and is left alone"

    def price(self, prompt_tokens: int, new_tokens: int) -> float:
        """Return what a request costs, in the settings' currency."""
        return (prompt_tokens * self.settings.price_in + new_tokens * self.settings.price_out) / _MILLION

    def ask(self, chat: Chat, passages: Sequence[Passage]) -> Reply:
        """Send a chat. Never raises for what goes wrong on the way: the reply is then empty, with the reason."""
        import openai

        began = time.perf_counter()
        try:
            made = self._client.chat.completions.create(
                model=self.settings.model,
                messages=[{"role": "system", "content": chat.system}, {"role": "user", "content": chat.user}],
                temperature=0,
                max_tokens=self.settings.max_new_tokens,
            )
            text, used = made.choices[0].message.content or "", made.usage
            # A server that does not count is counted for, so that the budget holds.
            tokens = (used.prompt_tokens, used.completion_tokens) if used else (_tokens(chat), _tokens_of(text))
            error = ""
        except (openai.OpenAIError, IndexError, AttributeError) as problem:
            text, tokens, error = "", (0, 0), f"{type(problem).__name__}: {str(problem)[:200]}"
        self._breaker.record(failed=bool(error))
        took = round(1000 * (time.perf_counter() - began), 1)
        chunks = tuple(dict.fromkeys(passage.chunk for passage in passages))
        host = urlsplit(self.settings.url).netloc
        return Reply(
            text, Egress(host, self.settings.model, chunks, tokens[0], tokens[1], self.price(*tokens), took, error)
        )

    def _left(self) -> float:
        return self.settings.daily_budget - self._spent_today()

    @cached_property
    def _client(self) -> Any:
        from openai import OpenAI

        key = os.environ.get(self.settings.key_variable, "") or "none"
        return OpenAI(base_url=self.settings.url, api_key=key, timeout=self.settings.seconds, max_retries=0)


def _tokens(chat: Chat) -> int:
    return _tokens_of(chat.system + chat.user)


def _tokens_of(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
