"""From `parsed_documents` to `examined_texts`: each content is examined once under each policy.

A row is keyed by the parsed content and the policy of its source, so an unchanged document is never examined again, and
a new threshold or another treatment of personal data examines only the documents of the sources that it is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import polars as pl

from gristmill.corpus.hygiene import Hidden, HiddenKind
from gristmill.corpus.judging import Judged, ParsedDocument, examine
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.policies import SourcePolicy
from gristmill.corpus.report import Progress
from gristmill.fingerprint import fingerprint
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EXAMINED, PARSED

_BATCH_DOCUMENTS = 128
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
    lake: Lake, files: pl.DataFrame, policies: dict[str, SourcePolicy], key: bytes, progress: Progress
) -> int:
    """Bring `examined_texts` up to date with `files`, and return how many texts were examined."""
    wanted = files.filter(pl.col("examined_key").is_not_null()).unique(
        "examined_key", keep="first", maintain_order=True
    )
    stored = lake.read(EXAMINED, ["examined_key"])
    due = wanted.join(stored, on="examined_key", how="anti", maintain_order="left")
    progress.start("accept", due.height)
    for rows in _examined(lake, due, policies, key, progress):
        lake.append(EXAMINED, pl.DataFrame(rows, schema=EXAMINED.schema))
    lake.delete(EXAMINED, stored.join(wanted, on="examined_key", how="anti")["examined_key"])
    return due.height


def _examined(
    lake: Lake, due: pl.DataFrame, policies: dict[str, SourcePolicy], key: bytes, progress: Progress
) -> Iterator[list[dict[str, Any]]]:
    for at in range(0, due.height, _BATCH_DOCUMENTS):
        batch = due.slice(at, _BATCH_DOCUMENTS).select("examined_key", "parse_key", "source")
        parsed = lake.read(PARSED, where=pl.col("parse_key").is_in(batch["parse_key"].implode()))
        rows = []
        for row in batch.join(parsed, on="parse_key", how="left", maintain_order="left").iter_rows(named=True):
            rows.append(_row(row["examined_key"], examine(_document(row), policies[row["source"]], key)))
            progress.advance()
        yield rows


def _document(row: dict[str, Any]) -> ParsedDocument:
    hidden = tuple(
        Hidden(HiddenKind(one["kind"]), one["text"], one["leaked"], one["times"], one["shown"])
        for one in row["hidden"] or ()
    )
    pages = tuple((page["page"], page["start"]) for page in row["pages"] or ())
    return ParsedDocument(row["text"] or "", row["title"] or "", row["language"] or "", pages, hidden)


def _row(examined_key: str, judged: Judged) -> dict[str, Any]:
    return {
        "examined_key": examined_key,
        "text": judged.text,
        "text_hash": judged.text_hash,
        "pages": [{"page": page, "start": start} for page, start in judged.pages],
        "title": judged.title,
        "heading": judged.heading,
        "head": judged.head,
        "characters": len(judged.text),
        "words": judged.words,
        "content_hash": judged.content_hash,
        "signature": judged.signature,
        "findings": [finding.as_row() for finding in judged.findings],
        "masked": [{"kind": kind, "count": count} for kind, count in judged.masked],
    }
