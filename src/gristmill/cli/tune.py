"""The commands that tune parts of the engine to a corpus. Each writes a candidate and changes nothing in force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

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


@tune.command("encoder")
@friendly
def tune_encoder(as_json: AsJson = False) -> None:
    """Give the encoder a memory of the documents and of confirmed questions, and offer the result to the gate.

    Texts are moved towards what the corpus holds that is like them, and questions towards what answered one like them.
    How strongly is chosen by the confirmed questions of the tune split. An index with it is built beside the one in
    force, which goes on answering.
    """
    from gristmill.cli.rendering import pairs
    from gristmill.cli.rendering_tuning import remembered
    from gristmill.encoder_stages import encoder_tuning_stage
    from gristmill.mill import working

    workspace = open_workspace()
    with drawn_progress(as_json) as progress, working(workspace, "tune encoder"):
        outcome = encoder_tuning_stage(workspace, progress)
    if as_json:
        print_json(outcome.as_json())
        return
    out.print(pairs(remembered(outcome)))
    candidate = outcome.model["candidate"]
    out.print(
        f"Nothing answers differently yet. Let the gate decide: [bold]gristmill gate {candidate}[/]", soft_wrap=True
    )


@tune.command("generator")
@friendly
def tune_generator(
    estimate_only: Annotated[
        bool, typer.Option("--estimate", help="Tell what training would take, and train nothing.")
    ] = False,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Most steps; overrides the settings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train the model that words answers on confirmed questions, and offer the result to the gate.

    Examples are made of the tune split's questions with the passages that are found for them today. Memory and time
    are told before training starts. A stopped or killed training goes on with the same command.
    """
    from gristmill.cli.rendering import pairs
    from gristmill.tuning_stages import estimate, examples_stage, tuning_stage

    workspace = open_workspace()
    if steps is not None:
        from gristmill.workspace import Workspace

        changed = workspace.settings.tuning.model_copy(update={"steps": steps})
        workspace = Workspace(workspace.settings.model_copy(update={"tuning": changed}))
    told: list[Any] = []

    def tell(foreseen: Any) -> None:
        told.append(foreseen.as_json())
        if not as_json:
            out.print(pairs(_foreseen(foreseen)))

    with drawn_progress(as_json) as progress:
        report, _ = examples_stage(workspace, progress)
        if estimate_only:
            name, foreseen = estimate(workspace)
        else:
            outcome = tuning_stage(workspace, progress, tell)
    examples = {key: report.numbers[key] for key in ("answers", "refusals", "general", "pairs", "left_out")}
    if estimate_only:
        if as_json:
            print_json({"run": name, "examples": examples, "estimate": foreseen.as_json()})
        else:
            out.print(pairs({"run": name, **_counted(examples), **_foreseen(foreseen)}))
        return
    if as_json:
        print_json({"examples": examples, "estimate": told[0] if told else None, **outcome.as_json()})
        return
    from gristmill.cli.rendering_tuning import tuned

    out.print(pairs(_counted(examples)))
    out.print(tuned(outcome))
    first = outcome.models[0]["candidate"]
    out.print(f"Nothing answers differently yet. Let the gate decide: [bold]gristmill gate {first}[/]", soft_wrap=True)


def _counted(examples: dict[str, float]) -> dict[str, str]:
    return {name.replace("_", " "): f"{int(count):,}" for name, count in examples.items()}


def _foreseen(foreseen: Any) -> dict[str, str]:
    return {
        "steps": f"{foreseen.steps:,} at most, over {foreseen.examples:,} examples",
        "precision": foreseen.precision,
        "trained parameters": f"{foreseen.trained_parameters:,}",
        "memory": f"{foreseen.memory_bytes / 1e9:.1f} GB of {foreseen.memory_available / 1e9:.1f} GB free",
        "time": f"about {foreseen.seconds / 60:.1f} minutes",
    }
