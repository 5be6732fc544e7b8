"""What must hold of chunks, their vectors and the published search index before anyone searches in them.

Each check is a pure function of the lake and the index store, in the words of `corpus/checks.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from gristmill.corpus.checks import REBUILD, CheckResult, Problem, found, result
from gristmill.corpus.ledger import accepted
from gristmill.errors import SearchIndexError
from gristmill.models.encoder import Encoder, TextEncoder
from gristmill.search.chunking import with_context
from gristmill.search.embedding import vectors_of
from gristmill.search.index import open_current
from gristmill.search.rows import content_hash, index_rows
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, EMBEDDINGS, TEXTS

# Documents whose chunks are compared with their text one by one: all of a small corpus, a second's work of a large one.
_SAMPLE_DOCUMENTS = 1_000
_BLOCK = 4_096
# A float32 sum of 384 squares is off by less than 1e-6; bfloat16 vectors are normalised in float32.
_LENGTH_TOLERANCE = 1e-3


def check_chunks(lake: Lake, encoder: Encoder) -> CheckResult:
    """Check that chunks and accepted documents belong together, and that chunks are verbatim and fit the encoder."""
    documents = accepted(lake).select("document", "text_hash")
    chunks = lake.read(CHUNKS, ["chunk", "document", "start", "end", "tokens"])
    bare = documents.join(chunks, on="document", how="anti")["document"]
    orphans = chunks.join(documents, on="document", how="anti")["document"].unique().sort()
    long = chunks.filter(pl.col("tokens").is_null() | (pl.col("tokens") > encoder.window))
    sample = documents.sample(min(_SAMPLE_DOCUMENTS, documents.height), seed=max(lake.version(CHUNKS), 0))
    altered, cut = _compared(lake, sample, encoder)
    again = REBUILD.format(CHUNKS.name)
    return result(
        {"chunks": chunks.height, "documents": documents.height, "documents_compared": sample.height},
        (
            found("accepted documents have no chunk: no answer can use them.", bare, again),
            found("documents have chunks and are not accepted: answers could still quote them.", orphans, again),
            found("chunks are not the text at their place: citations would be wrong.", altered, again),
            found(
                f"chunks with their context exceed the encoder's window of {encoder.window} tokens.",
                [*long["chunk"], *cut],
                f"Make 'tokens' or 'context_tokens' below [chunker] in gristmill.toml smaller. {again}",
            ),
        ),
    )


def check_chunk_embeddings(lake: Lake, encoders: Sequence[TextEncoder]) -> CheckResult:
    """Check that every chunk has a vector by each encoder, and that vectors are of one size and unit length.

    The numbers are those of the first encoder.
    """
    wanted = lake.read(CHUNKS, ["embedding_key", "document"])
    results = [_check_encoder(lake, wanted, encoder) for encoder in encoders]
    return CheckResult(results[0].numbers, tuple(problem for each in results for problem in each.problems))


def _check_encoder(lake: Lake, wanted: pl.DataFrame, encoder: TextEncoder) -> CheckResult:
    mine = pl.col("encoder") == encoder.fingerprint
    keys = lake.read(EMBEDDINGS, ["embedding_key"], mine)
    without = wanted.join(keys, on="embedding_key", how="anti")["document"].unique().sort()
    size = pl.col("vector").bin.size().alias("size")
    sizes = lake.scan(EMBEDDINGS).filter(mine).select("embedding_key", size).collect()
    nulls = sizes.filter(pl.col("size").is_null())["embedding_key"]
    usual = int(sizes["size"].drop_nulls().mode().sort().to_list()[-1]) if sizes.height > nulls.len() else 0
    odd = sizes.filter((pl.col("size") != usual) | (pl.col("size") == 0) | (pl.col("size") % 4 != 0))["embedding_key"]
    again = REBUILD.format(EMBEDDINGS.name)
    return result(
        {"vectors": sizes.height, "dimensions": usual // 4},
        (
            found("vectors are null.", nulls, again),
            found("documents have chunks without a vector: dense search would miss them.", without, again),
            found("vectors have another size than the rest.", odd, again),
            found("vectors are not of length 1.", _not_unit(lake, encoder.fingerprint, usual), again),
        ),
    )


def check_search_index(lake: Lake, store: VersionStore, encoders: Sequence[TextEncoder]) -> CheckResult:
    """Check that the version in force holds what the lake asks for, and as much as its manifest says."""
    rows = index_rows(lake)
    try:
        version = open_current(store)
        held = {"rows": version.rows.height, "vectors": len(version.matrix)}
        held |= {} if version.bridge is None else {"bridge vectors": len(version.bridge)}
    except SearchIndexError as error:
        return result({"chunks": 0, "version": 0}, (Problem(error.message, (), "Materialise 'search_index'."),))
    wanted = content_hash(rows, [encoder.fingerprint for encoder in encoders])
    numbers = {"chunks": version.manifest.chunks, "version": store.current() or 0}
    return result(numbers, (_stale(version, rows, wanted), _miscounted(version, held)))


def _compared(lake: Lake, documents: pl.DataFrame, encoder: Encoder) -> tuple[list[str], list[str]]:
    """Return the chunks that differ from their place in the text, and those that the encoder would cut."""
    texts = lake.read(TEXTS, ["text_hash", "text"], pl.col("text_hash").is_in(documents["text_hash"].implode()))
    text_of = dict(documents.join(texts, on="text_hash").select("document", "text").iter_rows())
    rows = lake.read(CHUNKS, where=pl.col("document").is_in(documents["document"].implode()))
    columns = rows.select("chunk", "document", "start", "end", "text").iter_rows()
    altered = [chunk for chunk, name, start, end, text in columns if not _verbatim(text_of.get(name), start, end, text)]
    return altered, list(_cut(rows, encoder))


def _verbatim(text: str | None, start: int | None, end: int | None, chunk: str | None) -> bool:
    if text is None or start is None or end is None or not chunk:
        return False
    return 0 <= start < end <= len(text) and text[start:end] == chunk


def _cut(rows: pl.DataFrame, encoder: Encoder) -> Iterator[str]:
    # No token is shorter than a character, and two special ones are added: shorter texts need no counting.
    full = pl.concat_str("context", "text", separator="\n", ignore_nulls=True)
    long = rows.filter(full.str.len_chars() + 2 > encoder.window)
    for block in long.iter_slices(_BLOCK):
        texts = [
            with_context(context or "", text or "") for context, text in block.select("context", "text").iter_rows()
        ]
        encodings = encoder.tokenizer.encode_batch(texts)
        yield from (c for c, e in zip(block["chunk"], encodings, strict=True) if len(e.ids) > encoder.window)


def _not_unit(lake: Lake, encoder: str, size: int) -> Iterator[str]:
    if size == 0:
        return
    whole = (pl.col("encoder") == encoder) & (pl.col("vector").bin.size() == size)
    for block in lake.scan(EMBEDDINGS).filter(whole).collect_batches(chunk_size=_BLOCK):
        lengths = np.linalg.norm(vectors_of(block["vector"]), axis=1)
        # Written so that a length that is no number counts as wrong.
        wrong = ~(np.abs(lengths - 1) <= _LENGTH_TOLERANCE)
        yield from block["embedding_key"].filter(pl.Series(wrong))


def _stale(version: IndexVersion, rows: pl.DataFrame, wanted: str) -> Problem | None:
    if version.manifest.content == wanted:
        return None
    held = version.rows
    new = rows.join(held, on="chunk", how="anti")["document"].unique()
    old = held.join(rows, on="chunk", how="anti")["document"].unique()
    examples = [f"{name} (not in the index yet)" for name in new] + [f"{name} (should be gone)" for name in old]
    return Problem(
        "The search index does not hold what the lake asks for.",
        tuple(sorted(examples)[:5]),
        "Materialise 'search_index'.",
    )


def _miscounted(version: IndexVersion, held: dict[str, int]) -> Problem | None:
    said = version.manifest.chunks
    wrong = tuple(f"{count:,} {part}" for part, count in held.items() if count != said)
    recovery = (
        "The published version was damaged afterwards. Delete its folder's 'manifest.json' and materialise "
        "'search_index': a new version is built."
    )
    return Problem(f"The manifest says {said:,} chunks.", wrong, recovery) if wrong else None
