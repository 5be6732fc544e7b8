"""The versions of a prompt below a home folder: who wrote each, when, and what changed. Version 0 is the packaged one.

A version is a file and is never changed. Which one answers is decided by the release; here they are only kept.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from gristmill.answering.prompts import NAME, Prompt, packaged_text, parse_prompt
from gristmill.errors import SettingsError
from gristmill.storage.artifacts import write_durably

_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
_LONGEST = 8_000


@dataclass(frozen=True)
class PromptVersion:
    """One version of a prompt."""

    name: str
    version: int
    text: str
    who: str
    when: str  # ISO 8601, UTC; empty for the packaged one
    note: str = ""

    @property
    def prompt(self) -> Prompt:
        """The prompt as the answer path takes it."""
        return parse_prompt(self.name, self.text)

    @property
    def sha(self) -> str:
        """The hash that a release names."""
        return self.prompt.sha


class PromptStore:
    """The prompts of a home folder, with all their versions."""

    def __init__(self, home: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = home / "prompts"
        self._now = now

    def versions(self, name: str = NAME) -> list[PromptVersion]:
        """Return all versions of a prompt, oldest first."""
        folder = self._folder / _checked(name)
        files = sorted(folder.glob("*.json"), key=lambda file: int(file.stem))
        return [self._packaged(name), *(PromptVersion(**json.loads(file.read_text())) for file in files)]

    def get(self, name: str = NAME, version: int | None = None) -> PromptVersion:
        """Return a version of a prompt, the latest when none is named.

        Raises:
            SettingsError: there is no such version.
        """
        known = self.versions(name)
        if version is None:
            return known[-1]
        if not 0 <= version < len(known):
            raise SettingsError(f"Prompt '{name}' has no version {version}.", f"It has 0 to {len(known) - 1}.")
        return known[version]

    def with_sha(self, sha: str, name: str = NAME) -> PromptVersion:
        """Return the version whose hash a release names.

        Raises:
            SettingsError: this home does not have it.
        """
        found = [version for version in self.versions(name) if version.sha == sha]
        if not found:
            raise SettingsError(f"No version of prompt '{name}' has the hash {sha[:12]}.", "Choose another release.")
        return found[-1]

    def edit(self, text: str, who: str, *, note: str = "", name: str = NAME) -> PromptVersion:
        """Keep a new version. Editing changes no answer: a release must name the version first.

        Raises:
            SettingsError: the text lacks a part that the answer path fills, or is the latest version already.
        """
        if len(text) > _LONGEST:
            raise SettingsError(f"The prompt has {len(text):,} characters.", f"Keep it below {_LONGEST:,}.")
        parse_prompt(name, text)
        latest = self.get(name)
        if text.strip() == latest.text.strip():
            raise SettingsError(f"This is version {latest.version} of '{name}' already.", "Change something first.")
        when = self._now().isoformat(timespec="seconds")
        for number in range(latest.version + 1, latest.version + 1000):
            made = PromptVersion(name, number, text, who, when, note)
            if self._kept(made):
                return made
        raise SettingsError(f"Prompt '{name}' cannot be written.", "Try again.")

    def diff(self, one: int, other: int, name: str = NAME) -> str:
        """Return what changed from one version to another, as a unified diff."""
        before, after = self.get(name, one), self.get(name, other)
        lines = difflib.unified_diff(
            before.text.splitlines(), after.text.splitlines(), f"{name} {one}", f"{name} {other}", lineterm=""
        )
        return "\n".join(lines)

    def names(self) -> list[str]:
        """Return the names of all prompts."""
        kept = [folder.name for folder in self._folder.glob("*") if folder.is_dir()]
        return sorted({NAME, *kept})

    def _packaged(self, name: str) -> PromptVersion:
        return PromptVersion(name, 0, packaged_text(name), "gristmill", "", "comes with the package")

    def _kept(self, made: PromptVersion) -> bool:
        """Write a version unless another writer took its number: a link is made only where there is nothing."""
        folder = self._folder / made.name
        folder.mkdir(parents=True, exist_ok=True)
        staged = folder / f".{made.version}-{os.getpid()}"
        write_durably(staged, json.dumps(asdict(made), indent=2, ensure_ascii=False) + "\n")
        try:
            os.link(staged, folder / f"{made.version}.json")
        except FileExistsError:
            return False
        finally:
            staged.unlink()
        return True


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is not the name of a prompt.", "Use a-z, 0-9 and hyphens.")
    return name
