"""Dense vectors of one index version as a matrix on disk, and exact search in it.

The matrix lies in the order of audiences, so the rows an asker may see are a few contiguous runs and an exact search
touches nothing else. Approximate search stands in `chroma.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gristmill.models.vectors import Vectors
from gristmill.search.rows import audience_groups, table_with
from gristmill.storage.lake import Lake

VECTORS = "vectors.npy"
BRIDGE = "bridge.npy"
_READ_ROWS = 4_096
STORED = ["embedding_key", "vector"]
# So many vectors are looked for by their keys; of more, all of a block are read.
_FEW_ROWS = 512
_COPIED_BYTES = 1 << 22


@dataclass(frozen=True)
class Run:
    """Rows `start` to `end` of the matrix, all of one audience."""

    groups: frozenset[str]
    start: int
    end: int


def runs_of(audience_keys: pl.Series) -> list[Run]:
    """Return the runs of equal audience in ordered rows."""
    lengths = audience_keys.rle().struct.unnest()
    ends = lengths["len"].cum_sum()
    return [
        Run(frozenset(audience_groups(key)), int(end - length), int(end))
        for length, key, end in zip(lengths["len"], lengths["value"], ends, strict=True)
    ]


def write_matrix(file: Path, lake: Lake, keys: pl.DataFrame, encoder: str) -> None:
    """Write the vectors of `keys` by `encoder`, in their order, as a matrix that can be memory-mapped.

    Vectors are read in blocks and written at their places, so that memory does not grow with the corpus. Every key must
    have a vector.
    """
    places = keys.select("embedding_key", pl.int_range(pl.len()).alias("_row"))
    start = dimensions = 0
    with file.open("wb") as stream:
        for rows, vectors in stored_vectors(lake, places, encoder):
            if not dimensions:
                dimensions = vectors.shape[1]
                start = _write_header(stream.fileno(), keys.height, dimensions)
            _write_rows(stream.fileno(), start, rows, vectors)
    if not dimensions:
        np.save(file, np.empty((keys.height, 0), dtype=np.float32))


def copy_matrix(
    file: Path, previous: Path, origin: NDArray[np.int64], lake: Lake, keys: pl.DataFrame, encoder: str
) -> None:
    """Write a matrix as `write_matrix` does, of the rows of another one as far as they stand there.

    Args:
        file: to write.
        previous: another matrix by the same encoder.
        origin: for each of `keys` its row there, or -1 where it has none and is read from the lake.
        lake: the tables.
        keys: of the rows, in their order; there is at least one.
        encoder: fingerprint.
    """
    held = np.load(previous, mmap_mode="r", allow_pickle=False)
    size = held.shape[1] * 4
    with previous.open("rb") as source, file.open("wb") as target:
        start = _write_header(target.fileno(), len(origin), held.shape[1])
        # Rows that followed each other before and still do are copied in one go.
        kept, new = np.flatnonzero(origin >= 0), np.flatnonzero(origin < 0)
        for first, end in _stretches(kept, origin[kept]):
            before, now = int(origin[kept[first]]), int(kept[first])
            _copy(source.fileno(), held.offset + before * size, target.fileno(), start + now * size,
                  (end - first) * size)  # fmt: skip
        places = keys["embedding_key"].gather(new).to_frame().with_columns(pl.Series("_row", new.tolist(), pl.Int64))
        for rows, vectors in stored_vectors(lake, places, encoder, held.shape[1]):
            _write_rows(target.fileno(), start, rows, vectors)


def stored_vectors(
    lake: Lake, places: pl.DataFrame, encoder: str, dimensions: int | None = None
) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
    """Yield the vectors of `places` by `encoder` in blocks: each `_row`, in ascending order, and as many vectors.

    One that the lake lacks, or has with other dimensions than these or the first one's, is left out.
    """
    if places.is_empty():
        return
    mine = pl.col("encoder") == encoder
    if places.height <= _FEW_ROWS:
        mine &= pl.col("embedding_key").is_in(places["embedding_key"].implode())
    for batch in lake.batches(table_with(lake, encoder), STORED, _READ_ROWS, mine):
        found = batch.join(places, on="embedding_key").drop_nulls("vector").sort("_row")
        if dimensions is None and found.height:
            dimensions = len(found["vector"][0]) // 4
        if whole := dimensions:
            found = found.filter(pl.col("vector").bin.size() == whole * 4)
            numbers = found["vector"].bin.reinterpret(dtype=pl.Array(pl.Float32, whole), endianness="little")
            yield found["_row"].to_numpy(), numbers.to_numpy()


def _stretches(*rows: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Yield where rows that follow each other begin and end, in each of some arrays of one length."""
    if len(rows[0]):
        parted = np.any([np.diff(each) != 1 for each in rows], axis=0)
        yield from pairwise([0, *(np.flatnonzero(parted) + 1).tolist(), len(rows[0])])


def _write_rows(descriptor: int, start: int, rows: NDArray[np.int64], vectors: Vectors) -> None:
    size = vectors.shape[1] * 4
    for first, end in _stretches(rows):
        _write(descriptor, vectors[first:end].tobytes(), start + int(rows[first]) * size)


class RowReader:
    """Reads rows of a matrix; a mapped matrix would count as memory, row by row all of it."""

    def __init__(self, file: Path) -> None:
        mapped = np.load(file, mmap_mode="r", allow_pickle=False)
        self._start, self.dimensions = mapped.offset, mapped.shape[1]
        self._room = np.empty((0, self.dimensions), dtype=np.float32)
        self._file = file

    def __enter__(self) -> RowReader:
        self._stream = self._file.open("rb")
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def rows(self, rows: NDArray[np.int64]) -> Vectors:
        """Return these rows, given in ascending order, in memory that the next call takes again."""
        if len(rows) > len(self._room):
            self._room = np.empty((len(rows), self.dimensions), dtype=np.float32)
        read, size = self._room[: len(rows)], self.dimensions * 4
        for first, end in _stretches(rows):
            place = self._start + int(rows[first]) * size
            if os.preadv(self._stream.fileno(), [read[first:end].data], place) < (end - first) * size:
                read[first:end] = 0  # the file is cut short
        return read


def read_vectors(file: Path, start: int, end: int) -> Vectors:
    """Return rows `start` to `end` of a matrix, read and not mapped: a mapped matrix counts as memory."""
    mapped = np.load(file, mmap_mode="r", allow_pickle=False)
    vectors: Vectors = np.fromfile(
        file,
        dtype=np.float32,
        count=(end - start) * mapped.shape[1],
        offset=mapped.offset + start * mapped.shape[1] * 4,
    )
    return vectors.reshape(end - start, mapped.shape[1])


def _copy(source: int, at: int, target: int, to: int, count: int) -> None:
    """Copy so many bytes from one place of an open file to a place of another."""
    while count > 0:
        piece = os.pread(source, min(count, _COPIED_BYTES), at)
        if not piece:
            raise OSError("a matrix is shorter than it says")
        _write(target, piece, to)
        at, to, count = at + len(piece), to + len(piece), count - len(piece)


def _write(descriptor: int, data: bytes, at: int) -> None:
    """Write all of `data`: a disk that is nearly full takes a part, and says so only when it is given the rest."""
    while data:
        written = os.pwrite(descriptor, data, at)
        data, at = data[written:], at + written


def _write_header(descriptor: int, rows: int, dimensions: int) -> int:
    from io import BytesIO

    header = BytesIO()
    shape = {"descr": "<f4", "fortran_order": False, "shape": (rows, dimensions)}
    np.lib.format.write_array_header_1_0(header, shape)
    _write(descriptor, header.getvalue(), 0)
    return len(header.getvalue())


def exact_search(
    matrix: Vectors, runs: Iterable[Run], groups: Iterable[str], vector: Vectors, k: int
) -> list[tuple[int, float]]:
    """Return the rows nearest to `vector` among those the groups may see, with their cosine, nearest first."""
    allowed = frozenset(groups)
    rows: list[NDArray[np.intp]] = []
    scores: list[Vectors] = []
    for start, end in _joined(run for run in runs if run.groups & allowed):
        found = matrix[start:end] @ vector
        # Of each stretch only the best k are kept: choosing among all at the end would touch everything again.
        best = np.argpartition(found, len(found) - k)[-k:] if len(found) > k else np.arange(len(found))
        rows.append(best + start)
        scores.append(found[best])
    if not rows:
        return []
    row, score = np.concatenate(rows), np.concatenate(scores)
    top = np.lexsort((row, -score))[:k]
    return [(int(row[i]), float(score[i])) for i in top]


def _joined(runs: Iterable[Run]) -> list[tuple[int, int]]:
    """Return runs as stretches, neighbours made one."""
    stretches: list[tuple[int, int]] = []
    for run in runs:
        if stretches and stretches[-1][1] == run.start:
            stretches[-1] = (stretches[-1][0], run.end)
        else:
            stretches.append((run.start, run.end))
    return stretches
