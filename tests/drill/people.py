"""The people of the drill: they ask and speak through the service, each with a key of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import httpx

from gristmill.access.keys import Keys
from gristmill.access.people import People
from gristmill.identity import Role
from gristmill.workspace import Workspace
from tests.drill.company import GROUPS, Asked

_READERS, _REVIEWERS = 18, 2


@dataclass(frozen=True)
class Answered:
    """An answer as the service gave it."""

    asked: Asked
    text: str
    refused: bool
    release: str
    receipt: str

    @property
    def right(self) -> bool:
        """What somebody says who knows the answer."""
        if not self.asked.quotes:
            return self.refused
        return not self.refused and any(_folded(quote) in _folded(self.text) for quote in self.asked.quotes)


class Crowd:
    """Twenty people at the service."""

    def __init__(self, workspace: Workspace, service: str) -> None:
        people, keys = People(workspace.database, workspace.journal), Keys(workspace.database, workspace.journal)
        self._keys: dict[str, str] = {}
        self.readers = [f"reader{at:02}" for at in range(_READERS)]
        self.reviewers = [f"reviewer{at}" for at in range(_REVIEWERS)]
        for name in (*self.readers, *self.reviewers):
            role = Role.REVIEWER if name in self.reviewers else Role.READER
            people.add(name, role, GROUPS, by="drill")
            self._keys[name] = keys.create(name, by="drill")
        self._client = httpx.Client(base_url=service, timeout=120)

    def ask(self, who: str, asked: Asked) -> Answered:
        """Ask one question."""
        told = self._post(who, "/api/ask", {"question": asked.text})
        return Answered(asked, told["answer"], told["refused"], told["release"], told["receipt"])

    def asked(self, text: str) -> Answered:
        """Ask one question as anybody."""
        return self.ask(self.readers[0], Asked(text, GROUPS, ()))

    def ask_all(self, questions: Sequence[Asked], count: int) -> Iterator[tuple[str, Answered]]:
        """Ask so many questions in turn, each by the next reader."""
        readers = cycle(self.readers)
        for _, question in zip(range(count), cycle(questions), strict=False):
            who = next(readers)
            yield who, self.ask(who, question)

    def rate(self, who: str, answer: Answered, *, good: bool) -> None:
        """Say what one thinks of an answer."""
        reason = {} if good else {"reason": "wrong"}
        self._post(who, "/api/feedback", {"receipt": answer.receipt, "rating": "up" if good else "down", **reason})

    def _post(self, who: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self._client.post(path, json=body, headers={"Authorization": f"Bearer {self._keys[who]}"})
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found


def _folded(text: str) -> str:
    return " ".join(text.replace("*", "").split()).casefold()
