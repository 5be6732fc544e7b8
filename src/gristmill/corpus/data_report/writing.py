"""Writes the data report: the page to a file, and its figures as JSON for programs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from gristmill.corpus.data_report.gathering import DataReport, gather
from gristmill.corpus.data_report.page import as_page
from gristmill.corpus.report import Change, StageReport
from gristmill.storage.artifacts import write_durably
from gristmill.storage.lake import Lake


def report_file(home: Path) -> Path:
    """Return where the page lies in a home folder."""
    return home / "reports" / "data.html"


def write_report(report: DataReport, file: Path) -> Path:
    """Write the page, and return where it lies."""
    write_durably(file, as_page(report))
    return file


def update_report(lake: Lake, home: Path) -> StageReport:
    """Write the page of the ledger as it is now, and report its totals."""
    report = gather(lake)
    write_report(report, report_file(home))
    changes = (
        Change(reason.rule.replace("_", " "), f"{reason.documents:,} left out", reason.recovery)
        for reason in report.reasons
        if reason.left_out
    )
    numbers = {"documents": report.totals.all, **report.totals._asdict(), "superseded": report.superseded}
    return StageReport.of("data_report", numbers, changes)


def as_json(report: DataReport) -> dict[str, Any]:
    """Return the figures as JSON takes them."""
    return {
        "at": report.at.isoformat(),
        "documents": report.totals.all,
        **report.totals._asdict(),
        "removed": report.removed,
        "characters": report.characters,
        "superseded": report.superseded,
        "groups": {
            dimension: [{"name": group.name, **group.counts._asdict()} for group in groups]
            for dimension, groups in report.groups.items()
        },
        "reasons": [asdict(reason) for reason in report.reasons],
        "families": [asdict(family) for family in report.families],
        "runs": [{"at": run.at.isoformat(), "passed": run.passed, **run.counts._asdict()} for run in report.trend],
    }
