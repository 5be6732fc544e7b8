"""The commands about releases: which there are, what is in them, and which one answers."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated, Any

import typer

from gristmill.cli.report import app as report_app
from gristmill.cli.terminal import AsJson, drawn_progress, friendly, open_workspace, out, print_json

app = typer.Typer(help="Releases: list, show, compare, promote, roll back.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="RELEASE", help="The release, or the beginning of its name.")]


@app.command("list")
@friendly
def list_releases(as_json: AsJson = False) -> None:
    """List all releases, newest first, each with its state; a changed setting appears here as a candidate."""
    from gristmill.asking import pending

    workspace = open_workspace()
    waiting = pending(workspace)
    listed = workspace.registry.listed()
    if as_json:
        print_json({"in_force": workspace.registry.in_force(), "releases": [asdict(each) for each in listed]})
        return
    from gristmill.cli.rendering_releases import releases

    out.print(releases(listed))
    if waiting:
        out.print(f"The settings make {waiting}, which does not answer yet: [bold]gristmill gate {waiting}[/]")


@app.command()
@friendly
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a release: all that can change an answer, what was decided on it, when it was in force."""
    workspace = open_workspace()
    release = workspace.registry.get(name)
    decisions = [
        {"outcome": row.outcome, "scope": row.scope, "baseline": row.baseline, "reason": row.reason, "who": row.who,
         "at": row.at}
        for row in workspace.registry.decisions(release.name)
    ]  # fmt: skip
    moves = [asdict(move) for move in workspace.registry.moves() if move.release == release.name]
    if as_json:
        print_json({"release": release.name, "manifest": release.as_json(), "decisions": decisions, "moves": moves})
        return
    from gristmill.cli.rendering_releases import manifest

    out.print(manifest(release, decisions, moves))


@app.command()
@friendly
def diff(
    one: Name,
    other: Annotated[str | None, typer.Argument(help="Another; the release in force when not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what differs between two releases."""
    from gristmill.asking import in_force
    from gristmill.release.manifest import differences

    workspace = open_workspace()
    left = workspace.registry.get(one)
    right = workspace.registry.get(other or in_force(workspace))
    found = differences(left, right)
    if as_json:
        print_json({"one": left.name, "other": right.name, "differences": found})
        return
    from gristmill.cli.rendering_releases import differing

    out.print(differing(left.name, right.name, found))


@app.command()
@friendly
def promote(
    name: Name,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Overrule the gate; needs --reason, and is recorded with your name.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why the gate is overruled.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put a release in force that the gate decided to promote."""
    from gristmill.releasing import promote as move

    made = move(open_workspace(), name, who=getpass.getuser(), anyway=reason if anyway else None)
    _say(asdict(made), as_json)


@app.command()
@friendly
def rollback(
    name: Annotated[str | None, typer.Argument(metavar="[RELEASE]", help="By default the one before.")] = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; it is recorded.")] = "by hand",
    as_json: AsJson = False,
) -> None:
    """Put an earlier release in force again, at once."""
    from gristmill.releasing import rollback as move

    _say(asdict(move(open_workspace(), who=getpass.getuser(), reason=reason, to=name)), as_json)


@app.command("follow-up")
@friendly
def follow_up(as_json: AsJson = False) -> None:
    """Evaluate in full what the fast lane published, and roll it back on a regression."""
    from gristmill.releasing import follow_up as follow

    with drawn_progress(as_json) as progress:
        workspace = open_workspace()
        made = follow(workspace, progress)
    if as_json:
        print_json({"in_force": workspace.registry.in_force(), "comparison": None if made is None else made.as_json()})
        return
    if made is None:
        out.print("Nothing waits for an evaluation.")
        return
    from gristmill.cli.rendering_releases import gated

    out.print(gated(made))
    out.print(f"In force: [bold]{workspace.registry.in_force()}[/]")


@report_app.command("release")
@friendly
def report(
    name: Annotated[str | None, typer.Argument(metavar="[RELEASE]", help="By default the one in force.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the evaluation report of a release: one page that needs no network."""
    from gristmill.reporting import write_report

    with drawn_progress(as_json) as progress:
        written = write_report(open_workspace(), name, progress)
    if as_json:
        print_json({"report": str(written)})
    else:
        out.print(f"Wrote {written}", soft_wrap=True)


def _say(move: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(move)
    else:
        out.print(f"In force: [bold]{move['release']}[/] ({move['how']}: {move['reason']})")
