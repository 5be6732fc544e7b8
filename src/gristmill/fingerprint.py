"""Hashes that decide whether work must be done again.

A fingerprint covers everything that decides an output: code version, parameters, model weights, input hash. Two equal
fingerprints mean that the stored output may be used. Nothing here reads settings or tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

_READ_BYTES = 1 << 20
# Made once: a ledger takes some thousand fingerprints.
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def fingerprint(*parts: Any) -> str:
    """Return 32 hex digits of SHA-256 over the canonical JSON of `parts`.

    Keys are sorted, so a mapping's order does not matter; a part that JSON cannot express is an error on purpose.
    """
    return hashlib.sha256(_canonical(parts).encode()).hexdigest()[:32]


def text_hash(text: str) -> str:
    """Return 32 hex digits of the SHA-256 of `text` in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def stream_hash(stream: BinaryIO) -> str:
    """Return the full SHA-256 of a binary stream, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    while piece := stream.read(_READ_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """Return the full SHA-256 of a file."""
    with path.open("rb") as stream:
        return stream_hash(stream)


def lines_hash(lines: Iterable[str]) -> str:
    """Return the full SHA-256 of an iterable of lines, without holding them together in memory."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()
