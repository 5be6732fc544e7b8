"""From `chunks` to `embeddings`: each distinct text is encoded once by each encoder.

Texts are encoded in large blocks, longest first inside a block, and committed block by block. The encoder is not loaded
when nothing is missing. Embeddings that no chunk needs are deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
import polars as pl

from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.fingerprint import fingerprint
from gristmill.models.encoder import TextEncoder
from gristmill.models.vectors import Vectors
from gristmill.search.probes import require_same
from gristmill.search.rows import embeddings_for, with_context
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, EMBEDDINGS, EMBEDDINGS_BESIDE, Table

# Large enough that sorting by length pays, small enough that memory stays flat and a kill loses seconds.
_BLOCK = 1_024
_STEP = 128
_MOVED = 8_192  # vectors that are laid aside in one commit


def embedding_id(encoder: str, embedding_key: str) -> str:
    """Return the key of one text's vector by one encoder."""
    return fingerprint(encoder, embedding_key)


def embed_chunks(
    lake: Lake, encoders: Sequence[TextEncoder], progress: Progress, needed: Callable[[], Collection[str]] = tuple
) -> StageReport:
    """Bring `embeddings` up to date with `chunks` for each encoder.

    Args:
        lake: the tables.
        encoders: the main encoder first.
        progress: told how far it is.
        needed: tells the fingerprints of other encoders whose vectors of today's chunks are kept, laid aside; those of
            all others go.
    """
    used = [encoder.fingerprint for encoder in encoders]
    _move(lake, EMBEDDINGS_BESIDE, EMBEDDINGS, pl.col("encoder").is_in(used))
    reports = [
        _embed(lake, encoder, progress, "embed again" if number else "embed") for number, encoder in enumerate(encoders)
    ]
    _move(lake, EMBEDDINGS, EMBEDDINGS_BESIDE, ~pl.col("encoder").is_in(used))
    aside = lake.read(EMBEDDINGS_BESIDE, ["embedding", "embedding_key", "encoder"])
    if aside.height:
        kept = aside.filter(pl.col("encoder").is_in(list(needed())))
        kept = kept.join(lake.read(CHUNKS, ["embedding_key"]), on="embedding_key", how="semi")
        lake.delete(EMBEDDINGS_BESIDE, aside.join(kept, on="embedding", how="anti")["embedding"])
    return reports[0]


def embed_beside(
    lake: Lake, encoder: TextEncoder, progress: Progress, base: str, moved: Callable[[Vectors], Vectors]
) -> StageReport:
    """Lay the vectors of an encoder that is not in force beside those of the one that is.

    Args:
        lake: the tables.
        encoder: makes the vectors of texts that `base` has none of.
        progress: told how far it is.
        base: fingerprint of an encoder whose vectors are stored.
        moved: makes the encoder's vectors of that one's.
    """

    def encode(block: pl.DataFrame) -> Vectors:
        stored = embeddings_for(lake, block, base)
        if stored.has_nulls():
            return _encode(encoder, block, progress)
        progress.advance(block.height)
        return moved(vectors_of(stored))

    return _embed(lake, encoder, progress, "embed", EMBEDDINGS_BESIDE, encode)


def _move(lake: Lake, source: Table, target: Table, where: pl.Expr) -> None:
    """Move rows in blocks: copied first, so that a kill between the two leaves some in both, and none in neither."""
    keys = lake.read(source, ["embedding"], where)["embedding"]
    if keys.is_empty():
        return
    held = lake.read(target, ["embedding"])
    for block in lake.batches(source, source.schema.names(), _MOVED, where):
        lake.append(target, block.join(held, on="embedding", how="anti").select(target.schema.names()))
    lake.delete(source, keys)


def _embed(
    lake: Lake, encoder: TextEncoder, progress: Progress, work: str, table: Table = EMBEDDINGS,
    encode: Callable[[pl.DataFrame], Vectors] | None = None,
) -> StageReport:  # fmt: skip
    chunks = lake.read(CHUNKS, ["chunk", "embedding_key", "tokens", "document"])
    wanted = chunks.unique("embedding_key", keep="first", maintain_order=True)
    mine = lake.read(table, ["embedding", "embedding_key"], pl.col("encoder") == encoder.fingerprint)
    missing = wanted.join(mine, on="embedding_key", how="anti")
    progress.start(work, missing.height)
    began = time.perf_counter()
    if missing.height:
        require_same(lake, encoder)
    for block in _blocks(lake, missing):
        vectors = _encode(encoder, block, progress) if encode is None else encode(block)
        lake.append(table, _frame(encoder.fingerprint, block["embedding_key"], vectors))
    unused = mine.join(wanted, on="embedding_key", how="anti")["embedding"]
    removed = lake.delete(table, unused)
    seconds = time.perf_counter() - began
    tokens = int(missing["tokens"].sum())
    numbers = {"embedded": missing.height, "reused": wanted.height - missing.height, "removed": removed}
    rate = {"tokens": tokens, "seconds": round(seconds, 3), "tokens_per_second": round(tokens / max(seconds, 1e-6), 1)}
    return StageReport.of("embeddings", {**numbers, **rate}, _embedded(missing))


def vectors_of(rows: pl.Series) -> Vectors:
    """Return binary vectors as one matrix, shape (rows, dimensions)."""
    if rows.is_empty():
        return np.empty((0, 0), dtype=np.float32)
    joined = b"".join(rows)
    return np.frombuffer(joined, dtype="<f4").reshape(len(rows), -1)


def _embedded(missing: pl.DataFrame) -> Iterator[Change]:
    for document, texts in missing.group_by("document", maintain_order=True).len().iter_rows():
        yield Change(document, "embedded", f"{texts} texts")


def _blocks(lake: Lake, missing: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the texts to encode in the order of the chunks: what goes with a document then lies in few files."""
    if missing.is_empty():
        return
    columns = lake.scan(CHUNKS).select("chunk", "embedding_key", "context", "text", "tokens")
    needed = columns.join(missing.select("chunk").lazy(), on="chunk", how="semi", maintain_order="left")
    yield from needed.drop("chunk").collect_batches(chunk_size=_BLOCK, maintain_order=True)


def _encode(encoder: TextEncoder, block: pl.DataFrame, progress: Progress) -> Vectors:
    texts = [with_context(*row) for row in block.select("context", "text").iter_rows()]
    order = np.argsort(-block["tokens"].to_numpy(), kind="stable")
    parts = []
    for at in range(0, len(order), _STEP):
        step = order[at : at + _STEP]
        parts.append(encoder.encode([texts[i] for i in step]))
        progress.advance(len(step))
    rows = np.empty((len(texts), parts[0].shape[1]), dtype=np.float32)
    rows[order] = np.concatenate(parts)
    return rows


def _frame(encoder: str, keys: pl.Series, vectors: Vectors) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "embedding": [embedding_id(encoder, key) for key in keys],
            "embedding_key": keys,
            "encoder": encoder,
            "vector": [vector.astype("<f4").tobytes() for vector in vectors],
        },
        schema=EMBEDDINGS.schema,
    )
