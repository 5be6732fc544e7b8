"""What a stage tells about its run, and how it tells its progress while it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

# A report is read by people: a first screen of examples, never a million lines.
_MOST_CHANGES = 20
# Whatever has a meaning in Markdown or HTML. File names are foreign text: one may spell a link or a remote picture.
_MARKUP = re.compile(r"([\\`*_\[\]<>|~!&])")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")


class Progress(Protocol):
    """Told what is going on; the command line draws it, Dagster logs it, tests ignore it."""

    def start(self, stage: str, total: int) -> None:
        """Begin `stage`, which has `total` steps."""
        ...

    def advance(self, steps: int = 1) -> None:
        """Say that `steps` more are done."""
        ...


class Silent:
    """A progress that nobody watches."""

    def start(self, stage: str, total: int) -> None:
        """Do nothing."""

    def advance(self, steps: int = 1) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Change:
    """One thing that changed in a run."""

    name: str
    what: str
    reason: str = ""


@dataclass(frozen=True)
class StageReport:
    """The numbers of one stage's run, and examples of what changed.

    `numbers` are plotted over time, so a stage always reports the same names.
    """

    stage: str
    numbers: Mapping[str, float]
    changes: tuple[Change, ...] = field(default=())

    @classmethod
    def of(cls, stage: str, numbers: Mapping[str, float], changes: Iterable[Change] = ()) -> StageReport:
        """Return a report with the first changes only."""
        kept = tuple(change for change, _ in zip(changes, range(_MOST_CHANGES), strict=False))
        return cls(stage, numbers, kept)


def as_markdown(changes: Iterable[Change]) -> str:
    """Return changes as a Markdown table in which nothing but the table itself is markup."""
    lines = [f"| {escaped(c.name)} | {escaped(c.what)} | {escaped(c.reason)} |" for c in changes]
    return "\n".join(["| name | what | why |", "| --- | --- | --- |", *lines])


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", _SPACE.sub(" ", text)).strip()
