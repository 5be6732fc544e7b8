"""A generator for tests that writes what it is told."""

from __future__ import annotations

from dataclasses import dataclass

from gristmill.models.generators import Generated


@dataclass
class Parrot:
    """Writes what it is told, and remembers what it was shown."""

    says: str = ""
    shown: str = ""
    times: int = 0
    fingerprint: str = "parrot"

    def generate(self, prompt: str) -> Generated:
        self.shown = prompt
        self.times += 1
        return Generated(self.says, 1, 1)
