"""The command that measures how well drift is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gristmill.cli.terminal import AsJson, drawn_progress, friendly, open_workspace, out, print_json


@friendly
def drift(
    foreign: Annotated[Path, typer.Argument(help="JSON lines with a 'text' each, of another field.")],
    streams: Annotated[int, typer.Option(min=1, help="Simulated streams of each kind.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Simulate quiet streams and mixes with another field over this home's chunks; print how often drift is seen."""
    from gristmill.watching import drift_benchmark

    with drawn_progress(as_json) as progress:
        found = drift_benchmark(open_workspace(), foreign, streams, progress)
    if as_json:
        print_json(
            {
                "quiet": [{"window": q.size, "streams": q.streams, "false_alarms": q.per_stream} for q in found.quiet],
                "shifts": [{"share": s.share, "window": s.size, "noticed": s.power} for s in found.shifts],
            }
        )
    else:
        out.print(found.table(), markup=False)
