"""The manifest of a release: everything that can change an answer, and its name, the hash of that."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gristmill.answering.prompts import Prompt
from gristmill.fingerprint import fingerprint
from gristmill.models.generators import Generator
from gristmill.search.version import Manifest
from gristmill.settings import Settings
from gristmill.storage.artifacts import write_durably


@dataclass(frozen=True)
class Release:
    """Everything that can change an answer."""

    index: str  # content hash of the search index
    encoders: tuple[str, ...]
    search: dict[str, Any]
    answering: dict[str, Any]
    prompt: str
    generator: str

    @property
    def name(self) -> str:
        """The release's name: the hash of all its parts."""
        return f"r-{fingerprint(asdict(self))[:12]}"


def release_of(settings: Settings, index: Manifest, prompt: Prompt, generator: Generator) -> Release:
    """Return the release that these parts make."""
    return Release(
        index.content,
        index.encoders,
        settings.search.model_dump(mode="json"),
        settings.answering.model_dump(mode="json"),
        prompt.sha,
        generator.fingerprint,
    )


def keep(release: Release, home: Path) -> None:
    """Write the manifest below the home folder, once: receipts name it."""
    file = home / "releases" / f"{release.name}.json"
    if not file.exists():
        write_durably(file, json.dumps(asdict(release), indent=2, sort_keys=True) + "\n")
