"""Building an index version in a folder: rows, vectors, lexical and approximate index, then the manifest.

Everything is read from the lake, in blocks where it is much. Where the version before is whole and little has changed,
its vectors, lexical and approximate index are copied and only the difference is worked in; rows are written anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.io.plugins import register_io_source

from gristmill.errors import SearchIndexError
from gristmill.search.chroma import CHROMA, LOCAL, ChromaIndex, ChromaPlace
from gristmill.search.damage import damaged_files
from gristmill.search.dense import BRIDGE, VECTORS, copy_matrix, read_vectors, write_matrix
from gristmill.search.lexical import LexicalIndex, Record
from gristmill.search.recall import settle_width
from gristmill.search.rows import ROWS, content_hash, index_keys, index_rows, row_blocks, table_with, with_context
from gristmill.search.version import (
    ROWS_FILE,
    Approximate,
    Manifest,
    described,
    read_manifest,
    write_manifest,
)
from gristmill.storage.lake import Lake

BLOCK = 4_096
# Rows that the file of rows holds in one piece: fewer make reading one row slower, more cost memory.
_BATCH = 8 * BLOCK
# Up to so many rows, with their texts, are held while they are worked on; more are dealt out to files.
_HELD_ROWS = 50_000
# Below this many chunks a lexical index is made anew in about the time that it takes to copy and change one.
INCREMENTAL_FROM = 500
_DEALT = "blocks"
# Beyond these shares an index made anew is better: deleted records weigh on it, and changing costs as much as making.
_MOST_CHANGED = 0.1
_MOST_DELETED = 0.1

Say = Callable[[str, int], None]
# Gives the rows in their order, block by block, as often as it is called.
Blocks = Callable[[], Iterator[pl.DataFrame]]


def _silent(_stage: str, _done: int) -> None:
    pass


@dataclass(frozen=True)
class BuildOptions:
    """How to build."""

    approximate: bool = True  # whether the version gets a Chroma collection
    previous: Path | None = None  # the version to start from; None: from nothing
    hashed: Path | None = None  # the file that remembers which of its files were hashed; None: all are
    place: ChromaPlace = LOCAL
    incremental_from: int = INCREMENTAL_FROM


@dataclass(frozen=True)
class Difference:
    """What changed since the version before, in chunks; a chunk that is for others now is in both."""

    previous: Path
    gone: tuple[str, ...]
    new: frozenset[str]
    origin: NDArray[np.int64]  # the row of the version before that each row was; -1 for those that are new


def build(
    folder: Path,
    lake: Lake,
    encoders: Sequence[str],
    options: BuildOptions = BuildOptions(),
    say: Say = _silent,
    keys: pl.DataFrame | None = None,
) -> None:
    """Write a complete version into `folder`; a chunk without its vectors is left out, and the audit will say so.

    Args:
        folder: exists, and holds nothing but perhaps `probes.npy`.
        lake: the tables to read.
        encoders: fingerprints, the main encoder's first.
        options: how to build.
        say: told how many chunks which part holds.
        keys: what `index_keys` says, if it is known.
    """
    keys = _complete(lake, index_keys(lake) if keys is None else keys, encoders)
    difference = _difference(options, encoders, keys)
    with ThreadPoolExecutor(1) as beside:
        matrices = beside.submit(_matrices, folder, lake, encoders, difference, keys)
        if difference is None:
            matrices.result()  # one after the other: each takes memory
        blocks = _rows(folder, lake, keys)
        deleted = _lexical(folder, blocks, difference)
        matrices.result()
    say("lexical", keys.height)
    wanted = options.approximate and keys.height > 0
    approximate = _approximate(folder, keys, blocks, options, difference, say) if wanted else None
    if (folder / _DEALT).is_dir():
        shutil.rmtree(folder / _DEALT)
    manifest = Manifest(
        content_hash(keys, encoders),
        tuple(encoders),
        keys.height,
        keys["document"].n_unique(),
        tuple(sorted(set(keys["language"]) - {""})),
        approximate=approximate,
        deleted=deleted,
    )
    write_manifest(folder, described(folder, manifest))


def build_task(task: Mapping[str, Any], say: Say, lake: Lake | None = None, keys: pl.DataFrame | None = None) -> None:
    """Build what a task asks for, as it comes to a process: `folder`, `lake`, `encoders`, and the options' fields.

    Whoever has the lake open already gives it too, and what `index_keys` said: it need not be read again.
    """
    previous = Path(task["previous"]) if task["previous"] else None
    hashed = Path(task["hashed"]) if previous else None
    options = BuildOptions(task["approximate"], previous, hashed, ChromaPlace(task["url"], task["collection"]))
    build(Path(task["folder"]), lake or Lake(task["lake"]), task["encoders"], options, say, keys)


def _complete(lake: Lake, keys: pl.DataFrame, encoders: Sequence[str]) -> pl.DataFrame:
    for encoder in encoders:
        held = lake.read(table_with(lake, encoder), ["embedding_key"], pl.col("encoder") == encoder)
        keys = keys.join(held, on="embedding_key", how="semi", maintain_order="left")
    return keys


def _matrices(
    folder: Path, lake: Lake, encoders: Sequence[str], difference: Difference | None, keys: pl.DataFrame
) -> None:
    for name, encoder in zip((VECTORS, BRIDGE), encoders, strict=False):
        if difference is None:
            write_matrix(folder / name, lake, keys, encoder)
        else:
            copy_matrix(folder / name, difference.previous / name, difference.origin, lake, keys, encoder)


def _rows(folder: Path, lake: Lake, keys: pl.DataFrame) -> Blocks:
    """Write the rows of `keys`, and return what gives them again."""
    file = folder / ROWS_FILE
    if keys.height <= _HELD_ROWS:
        rows = index_rows(lake, keys)
        rows.write_ipc(file, compression="uncompressed", record_batch_size=_BATCH)
        return lambda: rows.iter_slices(BLOCK)
    dealt = row_blocks(lake, keys, folder / _DEALT, BLOCK)
    # Not scanned as files: these would be mapped all at once.
    source = register_io_source(lambda *_: _read(dealt), schema=ROWS, validate_schema=True)
    source.sink_ipc(file, compression="uncompressed", maintain_order=True, record_batch_size=_BATCH)
    return lambda: _read(dealt)


def records(rows: pl.DataFrame) -> Iterator[Record]:
    """Return what the lexical index is made of: each chunk is found by its context too."""
    columns = rows.select("chunk", "context", "text", "language", "audience")
    for chunk, context, text, language, audience in columns.iter_rows():
        yield chunk, with_context(context, text), language, audience


def _difference(options: BuildOptions, encoders: Sequence[str], keys: pl.DataFrame) -> Difference | None:
    """Return what changed since the version before, or None where everything is to be made anew."""
    previous = options.previous
    if previous is None or keys.height < options.incremental_from or damaged_files(previous, options.hashed):
        return None
    manifest = read_manifest(previous)
    if manifest.encoders != tuple(encoders):
        return None
    same = ["chunk", "embedding_key", "audience_key", "language"]
    held = pl.read_ipc(previous / ROWS_FILE, columns=same)
    placed = held.with_columns(pl.int_range(pl.len()).alias("origin"))
    origin = keys.select(same).join(placed, on=same, how="left", maintain_order="left")["origin"]
    gone = held.join(keys, on=same, how="anti")["chunk"]
    new = keys["chunk"].filter(origin.is_null())
    changed = len(gone) + len(new) > _MOST_CHANGED * keys.height
    deleted = manifest.deleted + len(gone) > _MOST_DELETED * keys.height
    if changed or deleted:
        return None
    return Difference(previous, tuple(gone), frozenset(new), origin.fill_null(-1).to_numpy())


def _lexical(folder: Path, blocks: Blocks, difference: Difference | None) -> int:
    """Write the lexical index; return how many deleted records it still counts."""
    if difference is None:
        LexicalIndex.create(folder, (record for rows in blocks() for record in records(rows)))
        return 0
    fresh = pl.col("chunk").is_in(sorted(difference.new))
    new = (record for rows in blocks() for record in records(rows.filter(fresh)))
    return LexicalIndex.update(folder, difference.previous, difference.gone, new, difference.origin)


def _approximate(
    folder: Path,
    keys: pl.DataFrame,
    blocks: Blocks,
    options: BuildOptions,
    difference: Difference | None,
    say: Say,
) -> Approximate:
    copied = None if difference is None else _copied(folder, options, difference)
    index = copied or ChromaIndex.create(folder, options.place)
    new = sorted(difference.new) if copied and difference is not None else None
    done = 0
    for rows in blocks():
        fresh = rows["chunk"].is_in(new) if new is not None else pl.repeat(True, rows.height, eager=True)
        vectors = read_vectors(folder / VECTORS, done, done + rows.height)[fresh.to_numpy()]
        index.add(rows["chunk"].filter(fresh).to_list(), vectors, rows["audience"].filter(fresh).to_list())
        done += rows.height
        say("chroma", done)
    return Approximate(options.place, *settle_width(index, folder, keys))


def _copied(folder: Path, options: BuildOptions, difference: Difference) -> ChromaIndex | None:
    """Return the collection of the version before without what is gone; None where there is none to copy."""
    if options.place.url or not (difference.previous / CHROMA).is_dir():
        return None
    shutil.copytree(difference.previous / CHROMA, folder / CHROMA)
    try:
        index = ChromaIndex.open(folder, options.place)
        index.delete(difference.gone)
    except SearchIndexError:
        shutil.rmtree(folder / CHROMA)
        return None
    return index


def _read(blocks: Sequence[Path]) -> Iterator[pl.DataFrame]:
    # Read and not mapped: a mapped file counts as memory.
    return (pl.read_ipc(block.read_bytes()) for block in blocks)
