"""From `parsed_documents` to `examined_texts`: each content is examined once under each policy.

A row is keyed by the parsed content and the policy of its source, so an unchanged document is never examined again, and
a new threshold or another treatment of personal data examines only the documents of the sources that it is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import polars as pl

from gristmill.corpus.examiners import Examiners, examiners
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.policies import SourcePolicy
from gristmill.corpus.report import Progress
from gristmill.fingerprint import fingerprint
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EXAMINED, PARSED

# What the texts of a batch weigh bounds the memory.
_BATCH_DOCUMENTS, _BATCH_BYTES = 512, 16_000_000
_COMMIT_BYTES = 2_000_000
_BYTES_SO_FAR = pl.col("text").str.len_bytes().fill_null(0).cum_sum()
_SLIM = [name for name in PARSED.schema if name not in {"text", "hidden"}]


def parsed_files(lake: Lake, files: pl.DataFrame) -> pl.DataFrame:
    """Return `files` with what parsing said of each but the texts; `stated` is the document's own time."""
    return files.join(
        lake.read(PARSED, _SLIM).rename({"modified": "stated"}), on="parse_key", how="left", maintain_order="left"
    )


def with_examined_keys(files: pl.DataFrame, policies: dict[str, SourcePolicy], key: bytes) -> pl.DataFrame:
    """Return `files` with the column `examined_key`; it is null where there is no text to examine."""
    # Under another key the same values have other pseudonyms.
    prints = {
        name: fingerprint(policy.fingerprint, hashlib.sha256(key).hexdigest()) for name, policy in policies.items()
    }
    keys = [
        fingerprint("examined", parse_key, prints[source]) if outcome == Outcome.PARSED.value else None
        for parse_key, source, outcome in files.select("parse_key", "source", "outcome").iter_rows()
    ]
    return files.with_columns(pl.Series("examined_key", keys, dtype=pl.String))


def examine_documents(
    lake: Lake,
    files: pl.DataFrame,
    policies: dict[str, SourcePolicy],
    key: bytes,
    progress: Progress,
    processes: int = 1,
    seconds: float = 60.0,
) -> int:
    """Bring `examined_texts` up to date with `files`, and return how many texts were examined.

    Much work is spread over that many processes, each of which may take so long for a document.
    """
    wanted = files.filter(pl.col("examined_key").is_not_null()).unique(
        "examined_key", keep="first", maintain_order=True
    )
    stored = lake.read(EXAMINED, ["examined_key"])
    due = wanted.join(stored, on="examined_key", how="anti", maintain_order="left")
    progress.start("accept", due.height)
    with examiners(policies, key, size=_bytes(due), processes=processes, seconds=seconds) as crew:
        for rows in _examined(lake, due, crew, progress):
            # A commit is a file, and a text that goes has its file written anew.
            frame = pl.DataFrame(rows, schema=EXAMINED.schema)
            for _, part in frame.group_by(_BYTES_SO_FAR // _COMMIT_BYTES, maintain_order=True):
                lake.append(EXAMINED, part)
    lake.delete(EXAMINED, stored.join(wanted, on="examined_key", how="anti")["examined_key"])
    return due.height


def _bytes(due: pl.DataFrame) -> int:
    """What the files weigh says roughly how much text is due, without reading any."""
    return int(due["bytes"].fill_null(0).sum() or 0)


def _batches(sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Ranges of texts that are examined together."""
    start = weight = 0
    for number, size in enumerate(sizes):
        if number > start and (number - start == _BATCH_DOCUMENTS or weight + size > _BATCH_BYTES):
            yield start, number
            start, weight = number, 0
        weight += size
    if start < len(sizes):
        yield start, len(sizes)


def _examined(lake: Lake, due: pl.DataFrame, crew: Examiners, progress: Progress) -> Iterator[list[dict[str, Any]]]:
    """The rows of `due` batch by batch; the table of parsed texts is read once, however many batches there are."""
    keys = due.select("examined_key", "parse_key", "source")
    wanted = pl.col("parse_key").is_in(keys["parse_key"].implode())
    for parsed in lake.batches(PARSED, PARSED.schema.names(), _BATCH_DOCUMENTS, wanted):
        joined = keys.join(parsed, on="parse_key", how="inner", maintain_order="left")
        for start, end in _batches(joined["text"].str.len_bytes().fill_null(0).to_list()):
            rows = []
            for row in crew.rows(joined.slice(start, end - start).to_dicts()):
                if row is not None:
                    rows.append(row)
                progress.advance()
            yield rows
