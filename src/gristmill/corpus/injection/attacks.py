"""The public collections of injections, read from the folder of benchmarks.

Only reading: bastion (one JSON object a line) and the training part of BIPIA (attacks by family, and the contexts they
are planted in).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gristmill.errors import SourceError


class Attack(NamedTuple):
    """One injection: the collection and family it belongs to, and its text."""

    collection: str
    family: str
    text: str


def _existing(path: Path) -> Path:
    if not path.exists():
        raise SourceError(f"The benchmark file {path} is missing.", "Give the folder `injection` of the benchmarks.")
    return path


def _lines(path: Path) -> Iterator[dict[str, str]]:
    for line in _existing(path).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _bastion(folder: Path, label: str) -> Iterator[Attack]:
    for row in _lines(folder / "bastion.jsonl"):
        if row["label"] == label:
            yield Attack("bastion", row["category"], row["text"])


def _bipia(folder: Path, name: str) -> Iterator[Attack]:
    path = _existing(folder / "bipia_train" / f"{name}_attack_train.json")
    for family, texts in json.loads(path.read_text(encoding="utf-8")).items():
        yield from (Attack(f"BIPIA {name}", family, text) for text in texts)


def attacks(folder: Path) -> list[Attack]:
    """Every injection of every collection, in order of collection and family.

    Raises:
        SourceError: a file is missing.
    """
    return sorted([*_bastion(folder, "malicious"), *_bipia(folder, "text"), *_bipia(folder, "code")])


def harmless(folder: Path) -> list[Attack]:
    """The harmless texts of bastion, written to look like injections."""
    return list(_bastion(folder, "benign"))


def contexts(folder: Path, name: str) -> list[str]:
    """The `email` or `table` documents of BIPIA, without an attack."""
    return [row["context"] for row in _lines(folder / "bipia_train" / f"{name}_contexts.jsonl")]
