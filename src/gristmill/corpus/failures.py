"""Whether documents are left that failed although they might not have to: waiting for another try, or given up.

What failed for good is no failure of the mill: it is in the ledger with its reason.
"""

from __future__ import annotations

import polars as pl

from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.clock import Clock, now_utc
from gristmill.corpus.ledger import Status
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse import reads_scans, with_parse_keys
from gristmill.corpus.quality import Severity
from gristmill.corpus.retries import given_up, may_pass, next_try
from gristmill.settings import ParserSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS, PARSED, SOURCE_FILES


def check_no_documents_left_failed(lake: Lake, settings: ParserSettings, now: Clock = now_utc) -> CheckResult:
    """Check that no document failed for a passing reason. It never blocks: the good documents go on."""
    parsed = lake.read(PARSED, ["parse_key", "outcome", "reason", "attempts", "tried"])
    files = with_parse_keys(lake.read(SOURCE_FILES), settings).select("document", "parse_key")
    rows = files.join(parsed, on="parse_key", maintain_order="left").with_columns(next=next_try(settings))
    lost, left = rows.filter(given_up(settings)), rows.filter(may_pass() & ~given_up(settings))
    good = pl.col("outcome").is_in([Outcome.PARSED.value, Outcome.EMPTY.value])
    numbers = {
        "to_be_tried_again": left.height,
        "due_now": left.filter((pl.col("next") <= now()).fill_null(value=True)).height,
        "given_up": lost.height,
        "failed_for_good": rows.filter(~good & ~may_pass()).height,
    }
    soon = "Nothing: runs from the named time on try again by themselves. 'gristmill documents retry DOC' is sooner."
    by_hand = (
        "Read the reasons below and remove their cause (limits of time and memory are in [parser] of gristmill.toml), "
        "then 'gristmill documents retry DOC --reason TEXT', or take the files out of the source."
    )
    return result(
        numbers,
        (
            found("documents failed and will be tried again.", _waiting(left), soon, Severity.WARN),
            found(f"documents were given up after {settings.attempts} tries.", _lost(lost), by_hand, Severity.WARN),
        ),
    )


def nothing_waits(lake: Lake, settings: ParserSettings) -> bool:
    """Say whether no document would be tried again by another run, now or later."""
    parsed = lake.read(PARSED, ["parse_key", "outcome", "attempts"])
    rows = with_parse_keys(lake.read(SOURCE_FILES), settings).join(parsed, on="parse_key")
    again = may_pass() | ((pl.col("outcome") == Outcome.NEEDS_OCR.value) & pl.lit(reads_scans(settings)))
    failed = lake.read(DOCUMENTS, ["document", "status"], pl.col("status") == Status.FAILED.value)
    # Parsed, and failed all the same: whoever examined it ended early or took too long.
    unexamined = (pl.col("outcome") == Outcome.PARSED.value) & pl.col("document").is_in(failed["document"].implode())
    return rows.filter((again & (pl.col("attempts") < settings.attempts)) | unexamined).is_empty()


def _waiting(rows: pl.DataFrame) -> list[str]:
    columns = rows.sort("next", "document").select("document", "outcome", "attempts", "next").iter_rows()
    return [
        f"{document}: {outcome}, tried {attempts} times, again from {next_:%Y-%m-%d %H:%M} UTC" if next_ else document
        for document, outcome, attempts, next_ in columns
    ]


def _lost(rows: pl.DataFrame) -> list[str]:
    columns = rows.sort("document").select("document", "reason").iter_rows()
    return [f"{document}: {reason}" for document, reason in columns]
