"""The list of documents that no answer can use, for the people who can repair them: a Markdown file.

It shows what the ledger says and decides nothing.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from gristmill.corpus.ledger import Status
from gristmill.corpus.report import Change, StageReport, as_markdown
from gristmill.storage.artifacts import write_durably
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS

_STATUSES = (Status.QUARANTINED, Status.FAILED)


def report_file(home: Path) -> Path:
    """Return where the list lies in a home folder."""
    return home / "reports" / "quarantined_documents.md"


def unusable(lake: Lake) -> pl.DataFrame:
    """Return document, status and reason of what was quarantined or failed, by status and name."""
    wanted = [status.value for status in _STATUSES]
    rows = lake.read(DOCUMENTS, ["document", "status", "reason"], pl.col("status").is_in(wanted))
    return rows.sort("status", "document", descending=[True, False])


def render(rows: pl.DataFrame) -> str:
    """Return the list as Markdown."""
    if rows.is_empty():
        return "# Documents that no answer can use\n\nNone: every document was accepted.\n"
    table = as_markdown([Change(document, status, reason) for document, status, reason in rows.iter_rows()])
    return f"# Documents that no answer can use\n\n{rows.height:,} in all. Repair them in their source.\n\n{table}\n"


def write_quarantine_report(lake: Lake, file: Path) -> StageReport:
    """Write the list, and report its length."""
    rows = unusable(lake)
    text = render(rows)
    if not file.is_file() or file.read_text() != text:
        write_durably(file, text)
    counts = {status.value: rows.filter(pl.col("status") == status.value).height for status in _STATUSES}
    changes = (Change(document, status, reason) for document, status, reason in rows.iter_rows())
    return StageReport.of("quarantined_documents", counts, changes)
