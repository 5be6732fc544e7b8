"""Whether the encoder or the chunker is another one than an index was made with, and whether an index is of one kind.

Vectors of two encoders cannot be compared: a mixed index answers, and answers wrongly. So this is never a matter of
statistics: one differing fingerprint is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.release.manifest import Release
from gristmill.search.chunking import chunk_set
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, EMBEDDINGS

_AGAIN = "Run 'gristmill ingest': everything is made anew, and the release in force goes on answering until then."


@dataclass(frozen=True)
class Changed:
    """A part that is not what it was, and what to do about it."""

    what: str
    told: str
    remedy: str


def changed_models(release: Release, encoders: Sequence[str], chunker: str) -> tuple[Changed, ...]:
    """Return which of the configured models differ from those of the release in force.

    Args:
        release: in force.
        encoders: fingerprints of the configured ones: the main encoder's, then the bridge's if there is one.
        chunker: fingerprint of the configured one.
    """
    found = []
    for name, was, now in (
        ("encoder", release.encoders[0], encoders[0]),
        ("bridge", "".join(release.encoders[1:]), "".join(encoders[1:])),
        ("chunker", release.chunker, chunker),
    ):
        if was != now:
            found.append(Changed(name, f"{was[:12] or 'none'} in force, {now[:12] or 'none'} configured", _AGAIN))
    return tuple(found)


def mixed_lake(lake: Lake, encoders: Sequence[str], chunker: str) -> tuple[Changed, ...]:
    """Return which tables hold work of another encoder or chunker than the configured one."""
    others = lake.read(EMBEDDINGS, ["encoder"], ~pl.col("encoder").is_in(list(encoders))).height
    documents = accepted(lake).select("document", "title", "text_hash", "boilerplate")
    wanted = {chunk_set(*row, chunker=chunker) for row in documents.iter_rows()}
    sets = lake.read(CHUNKS, ["chunk_set"])["chunk_set"].unique()
    stale = sum(one not in wanted for one in sets)
    found = []
    if others:
        found.append(Changed("embeddings", f"{others:,} vectors are of another encoder", _AGAIN))
    if stale:
        found.append(Changed("chunks", f"{stale:,} documents are cut by another chunker, or changed since", _AGAIN))
    return tuple(found)
