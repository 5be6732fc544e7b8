"""What a parsing process is told and what it answers. Whoever only asks loads no parser."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

_TESSDATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")


@dataclass(frozen=True)
class Limits:
    """What one document may cost, and whether scans are read."""

    memory_mb: int
    max_characters: int
    ocr: bool
    ocr_languages: tuple[str, ...]


class HiddenText(NamedTuple):
    """A text that a reader of the file does not see: see `hygiene.Hidden`."""

    kind: str
    text: str
    leaked: bool
    times: int
    shown: int


@dataclass
class Reply:
    """What became of one document."""

    outcome: str
    reason: str = ""
    text: str = ""
    title: str = ""
    language: str = ""
    modified: str = ""
    pages: tuple[tuple[int, int], ...] = ()
    hidden: tuple[HiddenText, ...] = ()
    seconds: float = 0.0


def reply_of(fields: dict[str, Any]) -> Reply:
    """Return the reply that a message carries."""
    pages, hidden = tuple(map(tuple, fields["pages"])), tuple(HiddenText(*found) for found in fields["hidden"])
    return Reply(**fields | {"pages": pages, "hidden": hidden})


def tessdata() -> str | None:
    """Return the folder of Tesseract's language data, or None when Tesseract is not installed."""
    named = os.environ.get("TESSDATA_PREFIX")
    return next((folder for folder in (named, *_TESSDATA) if folder and Path(folder).is_dir()), None)
