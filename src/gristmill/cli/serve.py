"""The command that runs the service."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gristmill.cli.terminal import friendly, out

app = typer.Typer()

_STOP_SECONDS = 30


@app.command()
@friendly
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; by default only this machine.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; each loads the models.")] = None,
    groups: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="GROUP", help="A group of yours, while nobody was added; several times."),
    ] = None,
) -> None:
    """Serve the page and the API. Without people it is for you alone, on this machine."""
    from gristmill.identity import normalise_groups

    # The workers are processes of their own and read the settings for themselves.
    given = {"HOST": host, "PORT": port, "WORKERS": workers}
    os.environ |= {f"GRISTMILL_SERVICE__{name}": str(value) for name, value in given.items() if value is not None}
    if groups:
        import json

        os.environ["GRISTMILL_SERVICE__LOCAL_GROUPS"] = json.dumps(normalise_groups(groups))
    from gristmill.service.running import run

    run(out.print)
