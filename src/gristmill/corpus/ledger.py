"""The ledger: one row per document ever seen, with its status and the reason for it."""

from __future__ import annotations

from enum import Enum

import polars as pl

from gristmill.errors import SettingsError
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS


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


def stated_time() -> pl.Expr:
    """Return the time that a document states, as an expression over the ledger; null where only its file has one."""
    return pl.when(pl.col("dated").fill_null(value=True)).then(pl.col("modified")).alias("modified")


def counts(lake: Lake) -> dict[str, int]:
    """Return how many documents have each status; all four are present."""
    rows = lake.read(DOCUMENTS, ["status"]).group_by("status").len()
    found = dict(rows.iter_rows())
    return {status.value: int(found.get(status.value, 0)) for status in Status}


def find(lake: Lake, status: str | None = None, contains: str = "") -> pl.DataFrame:
    """Return ledger rows by status and part of the path, worst first.

    Raises:
        SettingsError: there is no such status.
    """
    if status is not None and status not in {known.value for known in Status}:
        raise SettingsError(f"There is no status '{status}'.", f"Use one of {', '.join(Status)}.")
    where = pl.col("document").str.contains(contains, literal=True)
    if status is not None:
        where = where & (pl.col("status") == status)
    order = {
        str(known): place
        for place, known in enumerate((Status.FAILED, Status.QUARANTINED, Status.ACCEPTED, Status.REMOVED))
    }
    rows = lake.read(DOCUMENTS, where=where)
    return rows.sort(pl.col("status").replace_strict(order, return_dtype=pl.Int64), "document")
