"""The commands that write reports for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json, waiting

app = typer.Typer(help="Write reports for people: one page of HTML each, without scripts.", no_args_is_help=True)


@app.callback()
def _reports() -> None:
    """Keep the group a group while it has one command."""


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
