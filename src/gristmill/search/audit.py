"""The audit that a staged index version must pass before it is published.

A count proves nothing: a damaged index can count right and never return what it counts. So the sets of ids are
compared, and every record is looked for by its own vector, all of them up to a budget and a random sample beyond it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gristmill.models.vectors import Vectors
from gristmill.search.chroma import CHROMA
from gristmill.search.damage import damaged_files
from gristmill.search.dense import BRIDGE, VECTORS, RowReader, read_vectors, stored_vectors
from gristmill.search.recall import measured_recall
from gristmill.search.version import LEAST_RECALL, ROWS_FILE, IndexVersion
from gristmill.storage.lake import Lake

_STEP, _MEASURED = 500, 4_096
_SHOWN = 3
# Two texts may have the same vector; then either may come first, and the record itself is among the next few.
_NEIGHBOURS = 10
_SEED = 7
_TOLERANCE = 1e-4
_LENGTH_TOLERANCE = 1e-2
# Chroma builds with several threads: two looks at one store agree, two stores of the same vectors nearly.
_RECALL_TOLERANCE = 0.005


@dataclass(frozen=True)
class Finding:
    """Something wrong with an index version."""

    check: str
    message: str


def audit(
    folder: Path,
    wanted: Callable[[], set[str]] | None,
    budget: int,
    lake: Lake | None = None,
    chroma: Path | None = None,
) -> list[Finding]:
    """Return what is wrong with the version in `folder`; nothing when it is sound.

    Args:
        folder: of the version.
        wanted: tells the ids of all chunks that the lake asks for; None: those that the version says it has.
        budget: how many records to look for one by one.
        lake: where its vectors came from, to compare them; without it they are not compared.
        chroma: a folder with a copy of its Chroma store, because opening one changes it.
    """
    version = IndexVersion(folder, chroma)
    # What waits for a disk or is computed without Python goes on beside what is compared here.
    with ThreadPoolExecutor(1) as beside:
        asked_for = None if wanted is None else beside.submit(wanted)
        if damage := damaged_files(folder):
            # What is cut short must not be mapped.
            return [Finding("files", f"Files differ from the manifest: {', '.join(map(str, damage[:_SHOWN]))}.")]
        rows = _rows(version)
        vectors = beside.submit(_vectors, version, rows, lake, budget)
        placed = dict(version.lexical.placed())
        chunks = set(rows["chunk"])
        due = chunks if asked_for is None else asked_for.result()
        findings = [_same("rows", chunks, due), _same("tantivy", set(placed.values()), due)]
        findings += [_places(rows, placed), _count(version, rows), *vectors.result()]
    if version.manifest.approximate is not None:
        audiences = version.chroma.audiences()
        findings += [_same("chroma", set(audiences), due), _audiences(rows, audiences)]
    found = [finding for finding in findings if finding is not None]
    if found or version.manifest.approximate is None:
        return found
    return [finding for finding in (_found_again(version, rows, budget), _recall(version, rows)) if finding is not None]


def copied_chroma(folder: Path, scratch: Path) -> Path | None:
    """Copy the Chroma store of a version into `scratch`, if it has one, and return the folder to open it from."""
    if not (folder / CHROMA).is_dir():
        return None
    shutil.copytree(folder / CHROMA, scratch / CHROMA)
    return scratch


def _same(part: str, held: set[str], wanted: set[str]) -> Finding | None:
    missing, extra = wanted - held, held - wanted
    if not missing and not extra:
        return None
    examples = ", ".join(sorted(missing or extra)[:_SHOWN])
    return Finding(part, f"{len(missing)} chunks are missing from {part} and {len(extra)} are too many ({examples}).")


def _audiences(rows: pl.DataFrame, held: Mapping[str, frozenset[str]]) -> Finding | None:
    """Compare whom each chunk is for; Chroma's own files change when it is opened and cannot be hashed."""
    wanted = zip(rows["chunk"], rows["audience"], strict=True)
    wrong = [chunk for chunk, audience in wanted if held.get(chunk, frozenset(audience)) != frozenset(audience)]
    if not wrong:
        return None
    return Finding("audience", f"{len(wrong)} chunks are for others in chroma ({', '.join(wrong[:_SHOWN])}).")


def _places(rows: pl.DataFrame, placed: Mapping[int, str]) -> Finding | None:
    """Compare the row that each record of the lexical index leads to: another one would answer with another text."""
    chunks = dict(enumerate(rows["chunk"]))
    wrong = [chunk for row, chunk in placed.items() if chunks.get(row) != chunk]
    if not wrong:
        return None
    return Finding("places", f"{len(wrong)} records of tantivy lead to another row ({', '.join(wrong[:_SHOWN])}).")


def _count(version: IndexVersion, rows: pl.DataFrame) -> Finding | None:
    held = {"rows": rows.height, "vectors": len(version.matrix), "tantivy": version.lexical.size}
    if version.bridge is not None:
        held["bridge"] = len(version.bridge)
    wrong = {part: count for part, count in held.items() if count != version.manifest.chunks}
    return Finding("counts", f"The manifest says {version.manifest.chunks} chunks, but {wrong}.") if wrong else None


def _vectors(version: IndexVersion, rows: pl.DataFrame, lake: Lake | None, budget: int) -> list[Finding | None]:
    """Measure all vectors, and compare some with the lake: a row with another row's would be found for its words."""
    if lake is None:
        return [_unit_length(version.folder / VECTORS, rows.height)]
    sample = _sample(version, budget)
    keys = rows["embedding_key"].gather(sample).to_frame().with_columns(pl.Series("_row", sample))
    compared = [
        _compared(version.folder / name, keys, lake, encoder)
        for name, encoder in zip((VECTORS, BRIDGE), version.manifest.encoders, strict=False)
    ]
    found = [_altered(each, keys.height) for each in compared]
    if not compared or len(compared[0].rows) < rows.height:
        return [_unit_length(version.folder / VECTORS, rows.height), *found]
    return [_off(compared[0].off), *found]


@dataclass
class _Compared:
    """The rows whose vectors were compared with the lake's; which differ, and which have another length than 1."""

    rows: set[int] = field(default_factory=set)
    wrong: list[int] = field(default_factory=list)
    off: list[tuple[int, float]] = field(default_factory=list)


def _compared(file: Path, keys: pl.DataFrame, lake: Lake, encoder: str) -> _Compared:
    # The lake may have moved on since an older version was built; a vector that it lacks is not this version's fault.
    seen = _Compared()
    with RowReader(file) as held:
        for rows, vectors in stored_vectors(lake, keys, encoder, held.dimensions):
            found = held.rows(rows)
            # As bits: what is no number equals itself too. All at once first, which takes less time.
            mine, theirs = found.view(np.uint32), vectors.view(np.uint32)
            if not np.array_equal(mine, theirs):
                seen.wrong += rows[(mine != theirs).any(axis=1)].tolist()
            seen.rows.update(rows.tolist())
            seen.off += _odd_lengths(rows, found)
    return seen


def _altered(seen: _Compared, of: int) -> Finding | None:
    if not seen.wrong:
        return None
    return Finding("vectors", f"{len(seen.wrong)} of {of} vectors are not those of the lake (row {min(seen.wrong)}).")


def _recall(version: IndexVersion, rows: pl.DataFrame) -> Finding | None:
    """Measure approximate search against exact search once more, on what is on disk."""
    said = version.manifest.approximate
    assert said is not None
    found = measured_recall(version.chroma, version.folder, rows)
    if found >= min(said.recall, LEAST_RECALL) - _RECALL_TOLERANCE:
        return None
    return Finding(
        "recall", f"Approximate search finds {found:.3f} of the nearest; the manifest says {said.recall:.3f}."
    )


def _rows(version: IndexVersion) -> pl.DataFrame:
    """Return the version's rows without their texts, which nothing is compared with and which are most of them."""
    return pl.read_ipc(version.folder / ROWS_FILE, columns=["chunk", "audience", "audience_key", "embedding_key"])


def _unit_length(file: Path, rows: int) -> Finding | None:
    for at in range(0, rows, _MEASURED):
        vectors = read_vectors(file, at, min(rows, at + _MEASURED))
        if off := _odd_lengths(np.arange(at, at + len(vectors)), vectors):
            return _off(off)
    return None


def _odd_lengths(rows: NDArray[np.int64], vectors: Vectors) -> list[tuple[int, float]]:
    """Return the rows of vectors that have not the length 1, which is also so for what is no number."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    odd = ~(np.abs(lengths - 1) < _LENGTH_TOLERANCE)
    return list(zip(rows[odd].tolist(), lengths[odd].tolist(), strict=True)) if odd.any() else []


def _off(odd: list[tuple[int, float]]) -> Finding | None:
    if not odd:
        return None
    row, length = min(odd)
    return Finding("vectors", f"The vector in row {row} has length {length:.3f}, not 1.")


def _found_again(version: IndexVersion, rows: pl.DataFrame, budget: int) -> Finding | None:
    sample = _sample(version, budget)
    chunks = rows["chunk"]
    lost: list[str] = []
    for at in range(0, len(sample), _STEP):
        step = sample[at : at + _STEP]
        vectors = np.asarray(version.matrix[step])
        found = version.chroma.search(vectors, min(_NEIGHBOURS, len(chunks)))
        own = np.einsum("ij,ij->i", vectors, vectors)
        for row, itself, hits in zip(step, own, found, strict=True):
            if not _is_hit(chunks[int(row)], float(itself), hits):
                lost.append(chunks[int(row)])
    if not lost:
        return None
    examples = ", ".join(lost[:_SHOWN])
    return Finding(
        "found again", f"{len(lost)} of {len(sample)} chunks are not found by their own vector ({examples})."
    )


def _sample(version: IndexVersion, budget: int) -> NDArray[np.intp]:
    """Return all rows up to the budget, a random sample of them beyond it."""
    rows = np.arange(version.manifest.chunks)
    if len(rows) > budget:
        rows = np.sort(np.random.default_rng(_SEED).choice(rows, budget, replace=False))
    return rows


def _is_hit(chunk: str, itself: float, hits: list[tuple[str, float]]) -> bool:
    """Say whether `hits` hold the chunk with the score that its own vector has with itself.

    The id alone proves nothing: in a small index any id is among the nearest. A chunk beyond ten equals of it is
    as good as found: what stands there has the same vector.
    """
    same = itself - _TOLERANCE
    return any(found == chunk and score > same for found, score in hits) or (bool(hits) and hits[-1][1] > same)
