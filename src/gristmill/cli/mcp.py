"""The command that serves assistants over the Model Context Protocol."""

from __future__ import annotations

import os

import typer

from gristmill.cli.terminal import OPERATE, friendly, open_workspace

app = typer.Typer()


@app.command(rich_help_panel=OPERATE)
@friendly
def mcp() -> None:
    """Serve the tools 'search' and 'ask' to an assistant over standard input and output.

    Set GRISTMILL_KEY to your key in the assistant's configuration; it sees what you may see.
    """
    from gristmill.service.mcp_server import KEY_VARIABLE, holder_of, mcp_server
    from gristmill.service.state import Service

    # Popped, so that no process started from here inherits it.
    key = os.environ.pop(KEY_VARIABLE, None)
    service = Service.over(open_workspace())
    caller = holder_of(service, key)
    caller()  # a key that does not hold is told at once
    mcp_server(service, caller).run("stdio")
