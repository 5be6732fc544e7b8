"""The command that tells what drifted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, plain, print_json, waiting

_COLOURS = {"quiet": "green", "moved": "red", "confirmed": "red", "too few": "yellow"}


@friendly
def drift(
    since: Annotated[
        datetime | None,
        typer.Option(help="Take what came before this time (UTC) as the reference; the release's own by default."),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write it; reports/drift.html of the home."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether documents and questions are like those that the release in force was chosen on."""
    from gristmill.watching import look_for_drift, write_drift_report

    workspace = open_workspace()
    with waiting(as_json, "Comparing"):
        report = look_for_drift(workspace, since.replace(tzinfo=UTC) if since else None)
        # What was looked at with another reference is shown and not kept for the sensors.
        kept = page or (workspace.home / "reports" / "drift-since.html" if since else None)
        written = write_drift_report(workspace, report, kept)
    if as_json:
        print_json(report.as_json() | {"page": str(written)})
        return
    for changed in report.changed:
        out.print(f"[red]{changed.what} changed[/]: {plain(changed.told)}. {plain(changed.remedy)}")
    for each in report.monitors:
        verdict = each.verdict
        out.print(f"[{_COLOURS[verdict.state]}]{verdict.name}: {verdict.state}[/]. {plain(verdict.in_words())}")
        for example in verdict.examples[:5]:
            out.print(f"    {example.similarity:.2f}  {example.name}", markup=False, soft_wrap=True)
        for line in each.done:
            out.print(f"  → {plain(line)}")
    out.print(f"Wrote [bold]{written}[/]", soft_wrap=True)
