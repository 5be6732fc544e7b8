"""How what the engine reports is shown in Dagster: numbers that plot, a small table, a place, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult
from gristmill.corpus.expectations import Observation, as_result, docs_folder
from gristmill.corpus.quality import Severity
from gristmill.corpus.report import StageReport, as_markdown
from gristmill.gates import Look
from gristmill.mill import Run


def materialized(
    report: StageReport, contents: Contents, pages: Mapping[str, Path] | None = None
) -> dg.MaterializeResult[None]:
    """Return the result of a stage: its data version changes only when what it holds did.

    Args:
        report: what the stage tells.
        contents: what it made.
        pages: files for people that belong to it, by name.
    """
    changes = as_markdown(report.changes) if report.changes else "Nothing changed."
    metadata = {
        **_numbers(report.numbers),
        "dagster/row_count": dg.MetadataValue.int(contents.rows),
        "place": dg.MetadataValue.path(contents.place),
        "changes": dg.MetadataValue.md(changes),
        **{name: dg.MetadataValue.path(str(page)) for name, page in (pages or {}).items()},
    }
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(contents.hash))


def checked(result: CheckResult) -> dg.AssetCheckResult:
    """Return a blocking check's result; with problems, it tells what to do now, what is wrong, and where.

    It fails when nothing may be built on what was checked. A warning passes and is told: automation would wait for ever
    for a failed blocking check to pass, however severe its failure is.
    """
    return _told(result)._replace(passed=not result.blocks)


def warned(result: CheckResult) -> dg.AssetCheckResult:
    """Return the result of a check that blocks nothing: it fails on a warning, so that people see it."""
    return _told(result)


def _told(result: CheckResult) -> dg.AssetCheckResult:
    metadata = _numbers(result.numbers)
    if not result.passed:
        # Plain text: the page of a check hides Markdown behind a link, and this is what must be read.
        metadata["recovery"] = dg.MetadataValue.text(" ".join(dict.fromkeys(p.recovery for p in result.problems)))
        metadata["examples"] = dg.MetadataValue.text("; ".join(e for p in result.problems for e in p.examples))
    return dg.AssetCheckResult(
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR if result.blocks or result.passed else dg.AssetCheckSeverity.WARN,
        description=" ".join(problem.message for problem in result.problems) or None,
        metadata=metadata,
    )


def data_docs(run: Run, suite: str) -> dict[str, Path]:
    """Return where Great Expectations' page about a table lies; the check that follows the asset writes it."""
    return {"data docs": docs_folder(run.workspace.home) / f"{suite}.html"}


def expected(look: Look) -> dg.AssetCheckResult:
    """Return what Great Expectations saw as a check's result: each expectation a row, what to do where one fails."""
    outcome = checked(as_result(look.seen))
    # The page sorts rows by their names, signs first.
    rows = {_mark(one) + one.expectation.rule: dg.MetadataValue.text(_row(one)) for one in look.seen}
    page = {"data docs": dg.MetadataValue.path(str(look.page))}
    return outcome._replace(metadata={**outcome.metadata, **page, **rows})


def _mark(one: Observation) -> str:
    if one.passed:
        return ""
    return "✗ " if one.expectation.severity is Severity.ERROR else "! "


def _row(one: Observation) -> str:
    said = f"{one.in_words}; wanted: {one.expectation.threshold}"
    if one.passed:
        return said
    shown = f"; for instance {', '.join(one.sample)}" if one.sample else ""
    return f"{said}{shown}. Recovery: {one.recovery}"


def _numbers(numbers: Mapping[str, float]) -> dict[str, dg.MetadataValue[Any]]:
    make = dg.MetadataValue
    return {name: make.int(n) if isinstance(n, int) else make.float(float(n)) for name, n in numbers.items()}
