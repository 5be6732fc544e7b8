"""What must hold of the data report: it is there, it is self-contained, and its figures add up."""

from __future__ import annotations

import re
from pathlib import Path

from gristmill.corpus.checks import CheckResult, Problem, found, result
from gristmill.corpus.data_report.gathering import DataReport

_FETCHED = re.compile(r"<(?:script|link|img|iframe)\b|\burl\(|@import", re.IGNORECASE)
_AGAIN = "Materialise 'data_report' again."


def check_report(report: DataReport, file: Path) -> CheckResult:
    """Check the page in a file against the figures of the ledger."""
    page = file.read_text() if file.is_file() else ""
    absent = Problem(f"There is no page {file.name}.", (), _AGAIN)
    unequal = [
        f"by {dimension}: {total:,} of {report.totals.all:,}"
        for dimension, groups in report.groups.items()
        if (total := sum(group.counts.all for group in groups)) != report.totals.all
    ]
    return result(
        {"documents": report.totals.all, "page_bytes": len(page.encode())},
        (
            None if page else absent,
            found("parts of the page would be fetched from elsewhere.", _FETCHED.findall(page), _AGAIN),
            found("groups do not add up to the ledger.", unequal, _AGAIN),
        ),
    )
