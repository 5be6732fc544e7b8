"""The command that lists what people asked in vain."""

from __future__ import annotations

from typing import Annotated

import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json, waiting


@friendly
def gaps(
    every: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    most: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List missing knowledge: what people asked in vain, and the document to write or the two that disagree."""
    from gristmill.missing import look_for_gaps, write_gaps

    workspace = open_workspace()
    with waiting(as_json, "Gathering"):
        found = look_for_gaps(workspace)
        write_gaps(workspace, found)
    shown = [gap for gap in found if every or gap.open][:most]
    if as_json:
        print_json({"gaps": [gap.as_json() for gap in shown]})
        return
    for gap in shown:
        why = ", ".join(f"{count} {name}" for name, count in gap.why.items())
        state = "" if gap.open else " (closed: the gate's questions on it pass)"
        out.print(f"{gap.weight:>4}  {gap.title}{state}", markup=False, soft_wrap=True, style="bold")
        out.print(f"      {gap.people} people; {why}; last {gap.last:%Y-%m-%d}", markup=False)
        out.print(f"      asked: {gap.questions[0]}", markup=False, soft_wrap=True)
        if gap.closest:
            out.print(f"      closest: {', '.join(gap.closest)}", markup=False, soft_wrap=True)
    if not shown:
        out.print("Nothing was asked in vain.")
