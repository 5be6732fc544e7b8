"""The commands that measure: a release on a split, and a candidate against the release in force."""

from __future__ import annotations

from typing import Annotated

import typer

from gristmill.cli.terminal import EXIT_ERROR, AsJson, drawn_progress, friendly, open_workspace, out, print_json

Release = Annotated[str | None, typer.Argument(help="A release, or the beginning of its name.")]


@friendly
def evaluate(
    release: Release = None,
    split: Annotated[str, typer.Option("--split", help="tune, gate or holdout.")] = "gate",
    as_json: AsJson = False,
) -> None:
    """Measure a release on the question set: retrieval, answers, refusals, safety, latency, cost, energy.

    The release in force when none is named. Stop it at any time; answers that are known are not made again.
    """
    from gristmill.evaluation.questions import Split
    from gristmill.releasing import evaluate as measure

    try:
        wanted = Split(split)
    except ValueError:
        raise typer.BadParameter("use tune, gate or holdout", param_hint="--split") from None
    with drawn_progress(as_json) as progress:
        found = measure(open_workspace(), release, wanted, progress)
    if as_json:
        print_json(found.as_json())
        return
    from gristmill.cli.rendering_releases import evaluation

    out.print(evaluation(found))


@friendly
def gate(
    candidate: Annotated[
        str | None, typer.Argument(help="A release, or the beginning of its name; by default what the settings make.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide whether a candidate may take the place of the release in force.

    Prints [bold]promote[/], [bold]reject[/] or [bold]insufficient evidence[/] with how many questions are missing, and
    stores the decision. Exit code 0 for promote, 1 otherwise.
    """
    from gristmill.evaluation.ruling import Outcome
    from gristmill.releasing import gate as decide

    with drawn_progress(as_json) as progress:
        made = decide(open_workspace(), candidate, progress)
    if as_json:
        print_json(made.as_json())
    else:
        from gristmill.cli.rendering_releases import gated

        out.print(gated(made))
    if made.verdict.outcome is not Outcome.PROMOTE:
        raise typer.Exit(EXIT_ERROR)
