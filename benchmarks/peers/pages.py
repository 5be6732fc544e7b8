"""What the peers' programs share: the pages of a folder, counting of encoded texts, the comparison of a store.

Runs in the peers' environment: nothing of Gristmill is imported here.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Task:
    """What a program is asked to do."""

    mode: str  # "ingest" or "audit"
    folder: Path
    state: Path
    encoder: str
    tokens: int

    @classmethod
    def from_arguments(cls) -> Task:
        """Read it from the command line."""
        mode, folder, state, encoder, tokens = sys.argv[1:6]
        return cls(mode, Path(folder), Path(state), encoder, int(tokens))


def pages(folder: Path) -> list[tuple[str, str]]:
    """Return name and text of each page, in the order of names."""
    return [(path.name, page_text(path.read_text(errors="replace"))) for path in sorted(folder.glob("*.html"))]


def page_text(html: str) -> str:
    """Return the text of a page."""
    from bs4 import BeautifulSoup

    return str(BeautifulSoup(html, "lxml").get_text("\n", strip=True))


def collection(state: Path) -> Any:
    """Return the Chroma collection of a program, made when it is not there."""
    import chromadb

    client = chromadb.PersistentClient(str(state / "chroma"), chromadb.Settings(anonymized_telemetry=False))
    return client.get_or_create_collection("chunks", embedding_function=None)


def tell(**fields: Any) -> None:
    """Print the result, as the last line."""
    print(json.dumps(fields), flush=True)


def compare(stored: Iterable[tuple[str, str]], wanted: Iterable[tuple[str, str]]) -> None:
    """Tell how many stored chunks are stale, doubled or missing, given document and text of each."""
    held, asked = Counter(stored), Counter(wanted)
    stale = sum(count for chunk, count in held.items() if chunk not in asked)
    doubled = sum(max(0, count - asked[chunk]) for chunk, count in held.items() if chunk in asked)
    missing = sum(max(0, count - held[chunk]) for chunk, count in asked.items())
    tell(vectors=sum(held.values()), stale=stale, doubled=doubled, missing=missing)
