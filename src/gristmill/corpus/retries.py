"""When a document that failed is tried again: only for a passing reason, a few times, each time after a longer wait.

What cannot pass (damaged, locked, too large, empty) is never tried again: a new version of the file is a new document.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from gristmill.corpus.outcome import Outcome
from gristmill.settings import ParserSettings

LONGEST_WAIT = timedelta(days=1)
_PASSING = [outcome.value for outcome in Outcome if outcome.may_pass]


def may_pass() -> pl.Expr:
    """Whether a row of `parsed_documents` failed for a reason that may pass."""
    return pl.col("outcome").is_in(_PASSING)


def given_up(settings: ParserSettings) -> pl.Expr:
    """Whether a row failed for a passing reason as often as it may."""
    return may_pass() & (pl.col("attempts") >= settings.attempts)


def next_try(settings: ParserSettings) -> pl.Expr:
    """The time from which on a row may be tried again; null where nobody knows when it was tried last."""
    wait = settings.retry_after_seconds * pl.lit(2.0).pow(pl.col("attempts") - 1)
    seconds = pl.min_horizontal(wait, pl.lit(LONGEST_WAIT.total_seconds()))
    return pl.col("tried") + pl.duration(microseconds=(seconds * 1_000_000).cast(pl.Int64))


def retry_is_due(settings: ParserSettings, at: datetime) -> pl.Expr:
    """Whether a row is to be tried again by now."""
    waited = (next_try(settings) <= at).fill_null(value=True)
    return may_pass() & (pl.col("attempts") < settings.attempts) & waited
