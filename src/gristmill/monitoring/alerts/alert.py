"""An alert: what happened, how bad it is, and the command that helps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    __str__ = str.__str__

    @property
    def rank(self) -> int:
        """Its place, the least severe first."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Alert:
    """Something that people should know.

    `key` names the trouble, not the moment: the same trouble has the same key, and is told once.
    """

    key: str
    severity: Severity
    title: str
    text: str
    command: str = ""

    @property
    def body(self) -> str:
        """The text with the command that helps."""
        return f"{self.text}\n\nWhat helps: {self.command}" if self.command else self.text
