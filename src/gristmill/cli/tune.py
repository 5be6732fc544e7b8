"""The commands that tune parts of the engine to a corpus. Each writes a candidate and changes nothing in force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gristmill.cli.bench_search import search_parts
from gristmill.cli.terminal import AsJson, drawn_progress, friendly, open_workspace, out, print_json

tune = typer.Typer(help="Tune search and models to your documents; writes candidates.", no_args_is_help=True)


@tune.callback()
def _group() -> None:
    """Keep this a group of commands, also while it has only one."""


@tune.command("search")
@friendly
def tune_search(
    questions: Annotated[
        Path | None,
        typer.Option("--questions", help="Questions with evidence, one JSON object a line."),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=20, help="How many questions to make from the corpus.")] = 200,
    documents: Annotated[
        int, typer.Option("--documents", min=4, help="Most documents to try on; of more, a sample.")
    ] = 400,
    keep_chunks: Annotated[
        bool, typer.Option("--keep-chunks", help="Leave strategy and sizes as they are, and encode much less.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Choose chunker, sizes, fusion weights, depth and diversity for the ingested documents.

    Without [bold]--questions[/] they are made from the corpus: sentences taken out of it, whose surroundings must be
    found. What is chosen is written as a fragment of gristmill.toml below HOME/candidates, with a report beside it.
    """
    from gristmill.evaluation.tuning.corpus import accepted_texts
    from gristmill.evaluation.tuning.questions import questions_of_corpus, questions_of_file
    from gristmill.evaluation.tuning.report import as_toml, overall_verdict, verdicts, write_candidate
    from gristmill.evaluation.tuning.trials import Tuner

    workspace = open_workspace()
    texts = accepted_texts(workspace.lake)
    with drawn_progress(as_json) as progress:
        if questions is None:
            found = questions_of_corpus(texts[:documents], count)
        else:
            found = questions_of_file(questions, texts)
        parts = search_parts(None, progress)
        tuner = Tuner(found, parts)
        tuning = tuner.tune((), ()) if keep_chunks else tuner.tune()
    candidate, page = write_candidate(workspace.home, tuning, parts, datetime.now(UTC))
    said = verdicts(tuning.comparisons)
    if as_json:
        print_json(
            {"questions": tuning.questions, "origin": tuning.origin, "verdict": overall_verdict(tuning)}
            | {"overall": tuning.overall._asdict(), "steps": dict(said)}
            | {"candidate": str(candidate), "report": str(page), "settings": as_toml(tuning, parts)}
        )
        return
    from gristmill.cli.rendering import pairs

    out.print(pairs(dict(said)))
    out.print(f"\n[bold]{overall_verdict(tuning)}[/]\n", highlight=False)
    out.print(as_toml(tuning, parts), markup=False)
    out.print(f"Candidate: {candidate}\nReport: {page}", markup=False, soft_wrap=True)
