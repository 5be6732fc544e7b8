"""The commands about the audit log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gristmill.cli.terminal import EXIT_ERROR, AsJson, friendly, open_workspace, out, plain, print_json

app = typer.Typer(help="The audit log: every change and every denied attempt.", no_args_is_help=True)


@app.command()
@friendly
def verify(as_json: AsJson = False) -> None:
    """Follow the log's chain of hashes from its beginning. Exit code 1 when something was changed or is missing."""
    found = open_workspace().journal.verify()
    if as_json:
        print_json(asdict(found))
    else:
        for problem in found.problems:
            out.print(f"[red]✗[/] {plain(problem)}")
        if not found.problems:
            out.print(f"[green]✓[/] {found.events:,} events, unbroken. The last one's hash is {found.last}")
    if found.problems:
        raise typer.Exit(EXIT_ERROR)


@app.command()
@friendly
def show(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many events.")] = 50,
    action: Annotated[str, typer.Option(help="Only those whose action begins so: denied, key., person.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the newest events, newest first."""
    found = open_workspace().journal.events(last, action)
    if as_json:
        print_json({"events": [asdict(event) for event in found]})
        return
    for event in found:
        detail = ", ".join(f"{name}: {value}" for name, value in event.detail.items() if value not in (None, "", []))
        line = f"{event.number:>6}  {event.at[:19]}  {event.actor}  {event.action}  {event.subject}  {detail}"
        out.print(line, markup=False, soft_wrap=True)
    if not found:
        out.print("There are no events.")
