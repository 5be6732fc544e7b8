"""The audit that a staged index version must pass before it is published.

A count proves nothing: a damaged index can count right and never return what it counts. So the sets of ids are
compared, and every record is looked for by its own vector, all of them up to a budget and a random sample beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gristmill.models.encoder import Vectors
from gristmill.search.version import IndexVersion, hash_files

_STEP = 500
_SHOWN = 3
# Two texts may have the same vector; then either may come first, and the record itself is among the next few.
_NEIGHBOURS = 10
_SEED = 7
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Finding:
    """Something wrong with an index version."""

    check: str
    message: str


def audit(folder: Path, wanted: set[str], budget: int) -> list[Finding]:
    """Return what is wrong with the version in `folder`; nothing when it is sound.

    `wanted` are the ids of all chunks that the lake asks for; `budget` says how many records to look for one by one.
    """
    version = IndexVersion(folder)
    findings = [_same("rows", set(version.rows["chunk"]), wanted)]
    audiences = version.chroma.audiences()
    findings += [_same("tantivy", version.lexical.ids(), wanted), _same("chroma", set(audiences), wanted)]
    findings += [_audiences(version, audiences), _count(version), _files(version), _unit_length(version.matrix)]
    sound = [finding for finding in findings if finding is not None]
    return sound or [finding for finding in (_found_again(version, budget),) if finding is not None]


def _same(part: str, held: set[str], wanted: set[str]) -> Finding | None:
    missing, extra = wanted - held, held - wanted
    if not missing and not extra:
        return None
    examples = ", ".join(sorted(missing or extra)[:_SHOWN])
    return Finding(part, f"{len(missing)} chunks are missing from {part} and {len(extra)} are too many ({examples}).")


def _audiences(version: IndexVersion, held: Mapping[str, frozenset[str]]) -> Finding | None:
    """Compare whom each chunk is for; Chroma's own files change when it is opened and cannot be hashed."""
    wanted = zip(version.rows["chunk"], version.rows["audience"], strict=True)
    wrong = [chunk for chunk, audience in wanted if held.get(chunk, frozenset(audience)) != frozenset(audience)]
    if not wrong:
        return None
    return Finding("audience", f"{len(wrong)} chunks are for others in chroma ({', '.join(wrong[:_SHOWN])}).")


def _count(version: IndexVersion) -> Finding | None:
    held = {"rows": version.rows.height, "vectors": len(version.matrix), "tantivy": version.lexical.size}
    if version.bridge is not None:
        held["bridge"] = len(version.bridge)
    wrong = {part: count for part, count in held.items() if count != version.manifest.chunks}
    return Finding("counts", f"The manifest says {version.manifest.chunks} chunks, but {wrong}.") if wrong else None


def _files(version: IndexVersion) -> Finding | None:
    found = hash_files(version.folder)
    # Opening Chroma may touch its own files; the immutable ones are compared.
    changed = [name for name, sha in version.manifest.files.items() if found.get(name) != sha]
    return Finding("files", f"Files differ from the manifest: {', '.join(changed[:_SHOWN])}.") if changed else None


def _unit_length(matrix: Vectors) -> Finding | None:
    for at in range(0, len(matrix), _STEP):
        lengths = np.linalg.norm(matrix[at : at + _STEP], axis=1)
        if not np.all(np.abs(lengths - 1) < 1e-2):
            return Finding("vectors", f"A vector near row {at} has length {lengths.min():.3f}, not 1.")
    return None


def _found_again(version: IndexVersion, budget: int) -> Finding | None:
    rows = np.arange(version.manifest.chunks)
    if len(rows) > budget:
        rows = np.sort(np.random.default_rng(_SEED).choice(rows, budget, replace=False))
    chunks = version.rows["chunk"]
    lost: list[str] = []
    for at in range(0, len(rows), _STEP):
        step = rows[at : at + _STEP]
        vectors = np.asarray(version.matrix[step])
        found = version.chroma.search(vectors, min(_NEIGHBOURS, len(chunks)))
        own = np.einsum("ij,ij->i", vectors, vectors)
        for row, itself, hits in zip(step, own, found, strict=True):
            if not _is_hit(chunks[int(row)], float(itself), hits):
                lost.append(chunks[int(row)])
    if not lost:
        return None
    examples = ", ".join(lost[:_SHOWN])
    return Finding("found again", f"{len(lost)} of {len(rows)} chunks are not found by their own vector ({examples}).")


def _is_hit(chunk: str, itself: float, hits: list[tuple[str, float]]) -> bool:
    """Say whether `hits` hold the chunk with the score that its own vector has with itself.

    The id alone proves nothing: in a small index any id is among the nearest. A chunk beyond ten equals of it is
    as good as found: what stands there has the same vector.
    """
    same = itself - _TOLERANCE
    return any(found == chunk and score > same for found, score in hits) or (bool(hits) and hits[-1][1] > same)
