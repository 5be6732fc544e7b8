"""How what the engine reports is shown in Dagster: numbers that plot, a small table, a place, and what to do now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult
from gristmill.corpus.report import StageReport, as_markdown, escaped
from gristmill.storage.lake import Table


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
        metadata["recovery"] = _list(problem.recovery for problem in result.problems)
        metadata["examples"] = _list(f"{p.message} {'; '.join(p.examples)}" for p in result.problems)
    return dg.AssetCheckResult(
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(problem.message for problem in result.problems) or None,
        metadata=metadata,
    )


def described(table: Table) -> dict[str, Any]:
    """Return what a table says about the asset that writes it: name and columns."""
    columns = [
        dg.TableColumn(name, str(kind), constraints=dg.TableColumnConstraints(unique=name == table.key))
        for name, kind in table.schema.items()
    ]
    return {"dagster/table_name": table.name, "dagster/column_schema": dg.TableSchema(columns)}


def _numbers(numbers: Mapping[str, float]) -> dict[str, dg.MetadataValue[Any]]:
    make = dg.MetadataValue
    return {name: make.int(n) if isinstance(n, int) else make.float(float(n)) for name, n in numbers.items()}


def _list(lines: Iterable[str]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {escaped(line)}" for line in dict.fromkeys(lines)))
