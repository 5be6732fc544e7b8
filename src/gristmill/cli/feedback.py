"""The commands over feedback: the court's session, its verdicts, and why one is as it is."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from gristmill.cli.terminal import EXIT_ERROR, AsJson, drawn_progress, friendly, open_workspace, out, print_json

app = typer.Typer(help="What people said of answers, and what the court makes of it.", no_args_is_help=True)


@app.command()
@friendly
def court(as_json: AsJson = False) -> None:
    """Give every piece of feedback a verdict with its reason: replayed, counted with caps, checked in the documents.

    Nothing is learnt by it and no answer changes. Only what is new, or what a new release changed, is examined.
    """
    from gristmill.teaching import court as hold

    with drawn_progress(as_json) as progress:
        reports = hold(open_workspace(), progress)
    if as_json:
        print_json({"stages": [{"stage": r.stage, "numbers": dict(r.numbers)} for r in reports]})
        return
    from gristmill.cli.rendering import summary

    out.print(summary(reports))


@friendly
def learn(as_json: AsJson = False) -> None:
    """Learn from what people said: court, candidate, evaluation, gate. What does not pass changes nothing.

    Exit code 0 when a release was promoted or there was nothing new to learn, 1 when the gate did not let it through.
    """
    from gristmill.teaching import learn as teach

    with drawn_progress(as_json) as progress:
        made = teach(open_workspace(), progress, who=getpass.getuser())
    if as_json:
        print_json(made.as_json())
    else:
        from gristmill.cli.rendering import summary
        from gristmill.cli.rendering_releases import gated

        out.print(summary(list(made.stages)))
        out.print(made.said if made.gated is None else gated(made.gated))
        if made.promoted:
            out.print(f"In force: [bold]{made.candidate}[/]")
    if made.gated is not None and not made.promoted:
        raise typer.Exit(EXIT_ERROR)


@app.command()
@friendly
def verdicts(
    standing: Annotated[str | None, typer.Option("--standing", help="confirmed, open or dismissed.")] = None,
    cause: Annotated[str | None, typer.Option("--cause", help="Only this cause, such as 'retrieval missed'.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List verdicts, newest feedback first."""
    from gristmill.learning.court import Cause, Standing, read_verdicts

    for value, kind, option in ((standing, Standing, "--standing"), (cause, Cause, "--cause")):
        known = [str(each) for each in kind]
        if value is not None and value not in known:
            raise typer.BadParameter(f"use one of: {', '.join(known)}", param_hint=option)
    found = [
        v
        for v in reversed(read_verdicts(open_workspace().lake))
        if standing in {None, str(v.standing)} and cause in {None, str(v.cause)}
    ]
    if as_json:
        print_json({"verdicts": [verdict.as_json() for verdict in found[:limit]], "all": len(found)})
        return
    from gristmill.cli.rendering_feedback import verdict_table

    out.print(verdict_table(found[:limit]))
    out.print(f"{min(limit, len(found))} of {len(found)}. Run [bold]gristmill feedback court[/] to judge what is new.")


@app.command()
@friendly
def show(
    feedback: Annotated[str, typer.Argument(metavar="ID", help="Id of the feedback, or its beginning.")],
    as_json: AsJson = False,
) -> None:
    """Show one verdict with what it stands on."""
    from gristmill.errors import FeedbackError
    from gristmill.learning.court import read_verdicts

    found = [v for v in read_verdicts(open_workspace().lake) if v.feedback.startswith(feedback)]
    if len(found) != 1:
        said = "There is no verdict on" if not found else "More than one verdict is on a feedback beginning with"
        raise FeedbackError(f"{said} {feedback}.", "See 'gristmill feedback verdicts', or run 'feedback court'.")
    if as_json:
        print_json(found[0].as_json())
        return
    from gristmill.cli.rendering_feedback import verdict_whole

    out.print(verdict_whole(found[0]))
