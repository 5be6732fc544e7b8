"""The commands about alerts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gristmill.cli.terminal import EXIT_ERROR, AsJson, friendly, open_workspace, out, print_json

app = typer.Typer(help="What people were told of: troubles, and the command that helps.", no_args_is_help=True)


@app.command("list")
@friendly
def show(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False, as_json: AsJson = False
) -> None:
    """Show troubles, newest first."""
    from gristmill.watchers import outbox

    found = [told for told in outbox(open_workspace()).listed() if every or told.over is None]
    if as_json:
        print_json({"alerts": [asdict(told) for told in found]})
        return
    for told in found:
        state = "over" if told.over else "told" if told.sent else "waiting"
        out.print(
            f"{told.last[:16]}  {told.severity:<8}{state:<8} {told.title}  (noticed {told.times} times)", markup=False
        )
        out.print(f"    {told.text}", markup=False)
        if told.command:
            out.print(f"    → {told.command}", markup=False)
    if not found:
        out.print("There is no trouble.")


@app.command("test")
@friendly
def send_one(as_json: AsJson = False) -> None:
    """Send an alert to the addresses in the environment. Exit code 1 when somebody was not reached."""
    from gristmill.monitoring.alerts import Alert, Severity, send_by_apprise

    settings = open_workspace().settings.watching.alerts
    send = send_by_apprise(settings)
    reached = send is not None and send(
        Alert("test", Severity.INFO, "a test", "Alerts reach you.", "gristmill alerts list")
    )
    said = (
        "Everybody was reached."
        if reached
        else (f"There are no addresses in {settings.urls_variable}." if send is None else "Somebody was not reached.")
    )
    if as_json:
        print_json({"reached": reached, "said": said})
    else:
        out.print(said)
    if not reached:
        raise typer.Exit(EXIT_ERROR)
