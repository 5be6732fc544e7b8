"""The ledger: one row per document ever seen, with its status and the reason for it."""

from __future__ import annotations

from enum import Enum

import polars as pl

from gristmill.storage.lake import DOCUMENTS, Lake


class Status(str, Enum):
    """What a document is at the moment."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    REMOVED = "removed"

    __str__ = str.__str__


def accepted(lake: Lake) -> pl.DataFrame:
    """Return the ledger's rows of accepted documents, in the order of their names."""
    return lake.read(DOCUMENTS, where=pl.col("status") == Status.ACCEPTED.value).sort("document")


def counts(lake: Lake) -> dict[str, int]:
    """Return how many documents have each status; all four are present."""
    rows = lake.read(DOCUMENTS, ["status"]).group_by("status").len()
    found = dict(rows.iter_rows())
    return {status.value: int(found.get(status.value, 0)) for status in Status}
