"""The commands that write reports for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json, waiting

app = typer.Typer(help="Write reports for people: one page of HTML each, without scripts.", no_args_is_help=True)


@app.command()
@friendly
def data(
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it; reports/data.html of the home.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what came in, what was accepted, and what was left out and why."""
    from gristmill.corpus.data_report import as_json as figures
    from gristmill.corpus.data_report import gather, report_file, write_report

    workspace = open_workspace()
    with waiting(as_json, "Counting"):
        report = gather(workspace.lake)
        written = write_report(report, out_file or report_file(workspace.home))
    if as_json:
        print_json(figures(report) | {"page": str(written)})
        return
    totals = ", ".join(f"{count:,} {fate}" for fate, count in report.totals.by_fate.items())
    out.print(f"{report.totals.all:,} documents: {totals}.")
    for reason in report.reasons:
        if reason.left_out:
            out.print(f"  {reason.documents:>5,}  {reason.rule.replace('_', ' ')}", markup=False)
    out.print(f"Wrote [bold]{written}[/]", soft_wrap=True)


@app.command()
@friendly
def usage(
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it; reports/usage.html of the home.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show use, speed, accuracy, cost, energy and satisfaction, by release, day and month."""
    from gristmill.mill import working
    from gristmill.usage_stage import warehouse_stage, write_usage_report

    workspace = open_workspace()
    with waiting(as_json, "Building the warehouse"), working(workspace, "usage report"):
        built, _ = warehouse_stage(workspace)
        figures, written = write_usage_report(workspace, out_file)
    failed = [test.name for test in built.tests if not test.passed]
    if as_json:
        print_json(figures.as_json() | {"page": str(written), "failed_tests": failed})
        return
    for row in figures.releases.sort("answers", descending=True).head(5).to_dicts():
        said = f"{row['answers']:,} answers, {row['refused']:,} refused, median {row['latency_median_ms'] / 1000:.2f} s"
        out.print(f"{row['release']}: {said}", markup=False)
    out.print(f"{len(built.tests)} tests of the warehouse, {len(failed)} failed.")
    out.print(f"Wrote [bold]{written}[/]", soft_wrap=True)
