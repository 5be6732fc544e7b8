"""How what the engine reports is shown in Dagster: numbers that plot, a small table, a place, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult
from gristmill.corpus.report import StageReport, as_markdown


def materialized(report: StageReport, contents: Contents) -> dg.MaterializeResult[None]:
    """Return the result of a stage: its data version changes only when what it holds did."""
    changes = as_markdown(report.changes) if report.changes else "Nothing changed."
    metadata = {
        **_numbers(report.numbers),
        "dagster/row_count": dg.MetadataValue.int(contents.rows),
        "place": dg.MetadataValue.path(contents.place),
        "changes": dg.MetadataValue.md(changes),
    }
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(contents.hash))


def checked(result: CheckResult) -> dg.AssetCheckResult:
    """Return a check's result; when it failed, with what to do now, what is wrong, and where."""
    metadata = _numbers(result.numbers)
    if not result.passed:
        # Plain text: the page of a check hides Markdown behind a link, and this is what must be read.
        metadata["recovery"] = dg.MetadataValue.text(" ".join(dict.fromkeys(p.recovery for p in result.problems)))
        metadata["examples"] = dg.MetadataValue.text("; ".join(e for p in result.problems for e in p.examples))
    return dg.AssetCheckResult(
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(problem.message for problem in result.problems) or None,
        metadata=metadata,
    )


def _numbers(numbers: Mapping[str, float]) -> dict[str, dg.MetadataValue[Any]]:
    make = dg.MetadataValue
    return {name: make.int(n) if isinstance(n, int) else make.float(float(n)) for name, n in numbers.items()}
