"""The stages of usage: export, build the warehouse, write the report. Assets and the command line call them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import polars as pl

from gristmill.contents import Contents
from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.clock import Clock, now_utc
from gristmill.corpus.report import Change, StageReport
from gristmill.fingerprint import lines_hash, text_hash
from gristmill.monitoring.usage.export import export
from gristmill.monitoring.usage.lineage import Origin, lineage
from gristmill.monitoring.usage.report import Usage, as_page
from gristmill.monitoring.usage.warehouse import Built, Warehouse
from gristmill.storage.artifacts import write_durably
from gristmill.workspace import Workspace


def warehouse_stage(workspace: Workspace) -> tuple[Built, dict[str, tuple[StageReport, Contents]]]:
    """Export, build all marts and run their tests; return what the tests said and the report of each mart.

    Raises:
        StorageError: a mart cannot be built.
    """
    warehouse = Warehouse(workspace.home)
    export(workspace.database, workspace.lake, warehouse.exports, workspace.pseudonym_key)
    built = warehouse.build()
    made = {}
    for model in warehouse.models:
        rows = warehouse.read(model.name)
        tests = sum(test.model == model.name for test in built.tests)
        numbers = {"rows": rows.height, "tests": tests, "seconds": round(built.seconds, 3)}
        contents = Contents(str(warehouse.file), rows.height, lines_hash(map(repr, rows.iter_rows())))
        made[model.name] = (StageReport.of(model.name, numbers, [Change(model.name, "built")]), contents)
    return built, made


def column_lineage(workspace: Workspace, built: Built) -> dict[str, dict[str, list[Origin]]]:
    """Return from which columns of other marts and of the exports each column of each mart was made."""
    warehouse = Warehouse(workspace.home)
    marts = {model.name: [column.name for column in model.columns] for model in warehouse.models}
    exports = {file.stem: list(pl.read_parquet_schema(file)) for file in warehouse.exports.glob("*.parquet")}
    return lineage(built.compiled, marts, exports)


def check_mart(built: Built, model: str) -> CheckResult:
    """Check that all tests of a mart, and of what it is made from, held in a build."""
    upstream = {model, ""}
    tests = [test for test in built.tests if test.model in upstream]
    broken = [f"{test.name}: {test.message}" for test in tests if not test.passed]
    return result({"tests": len(tests)}, (found("tests of dbt fail.", broken, "See warehouse/logs of the home."),))


def write_usage_report(workspace: Workspace, page: Path | None = None, now: Clock = now_utc) -> tuple[Usage, Path]:
    """Write the usage report from the warehouse as it is; return its figures and its file.

    The last one of each month is kept under the month's name.

    Raises:
        StorageError: the warehouse was not built yet.
    """
    usage = Usage.of(Warehouse(workspace.home), now())
    reports, text = workspace.home / "reports", as_page(usage)
    file = page or reports / "usage.html"
    write_durably(file, text)
    if page is None:
        write_durably(reports / f"usage-{usage.at:%Y-%m}.html", text)
    return usage, file


def usage_stage(workspace: Workspace) -> tuple[StageReport, Contents]:
    """Write the usage report."""
    began = time.perf_counter()
    usage, file = write_usage_report(workspace)
    answers = int(usage.releases["answers"].sum() or 0)
    numbers = {"answers": answers, "releases": usage.releases.height, "seconds": round(time.perf_counter() - began, 3)}
    figures = {name: rows for name, rows in usage.as_json().items() if name != "at"} | {"order": usage.order}
    held = text_hash(json.dumps(figures, default=str, sort_keys=True))
    return StageReport.of("usage_report", numbers, [Change("usage", "reported")]), Contents(str(file), answers, held)


def check_usage(workspace: Workspace) -> CheckResult:
    """Check that the warehouse has every receipt that there was when it was built, and no other."""
    warehouse = Warehouse(workspace.home)
    exported = pl.read_parquet(warehouse.exports / "answers.parquet", columns=["receipt"])["receipt"]
    counted = int(warehouse.read("usage_by_release")["answers"].sum() or 0)
    wrong = [] if counted == exported.len() else [f"{counted} of {exported.len()}"]
    again = "Materialise the marts again."
    return result({"answers": counted}, (found("the report counts other answers than there are.", wrong, again),))
