"""The command that runs a team's host."""

from __future__ import annotations

import typer

from gristmill.cli.terminal import OPERATE, friendly, out

app = typer.Typer()


@app.command(rich_help_panel=OPERATE)
@friendly
def team() -> None:
    r"""Run PostgreSQL, the Chroma server, Dagster and the service on this host, until Ctrl-C.

    What ends by itself is started again. Where each part listens stands below \[team] in the settings; a database or a
    Chroma server that the settings name is used instead of one of its own.
    """
    from gristmill.team.host import run

    run(lambda text: out.print(text, markup=False, soft_wrap=True))
