"""The command that tunes the encoder, and the one that lists what came of it."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gristmill.cli.terminal import AsJson, drawn_progress, err, friendly, open_workspace, out, print_json

if TYPE_CHECKING:
    from gristmill.learning.encoder_tuning.candidate import Candidate
    from gristmill.learning.encoder_tuning.estimate import Estimate


class _Depth(str, Enum):
    HEAD = "head"
    ALL = "all"


def tune_encoder(
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", help="Folder in BEIR's format; the ingested documents when not given."),
    ] = None,
    depth: Annotated[
        _Depth, typer.Option("--depth", help="Train a linear head alone, or the transformer too (slower).")
    ] = _Depth.HEAD,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Steps of training.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.1, help="About how long it may take.")] = None,
    examples: Annotated[
        Path | None,
        typer.Option("--examples", help="JSON lines of 'question' and 'text' that people made, besides the corpus."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tune the encoder to the documents, without labels; yields a candidate that nobody uses yet.

    Pairs are made from the corpus itself; for a folder in BEIR's format its questions and judgements are never read.
    Stop it at any time: the same command goes on from the last checkpoint and ends with the same weights.
    """
    from gristmill.learning.encoder_tuning.examples import read_examples
    from gristmill.learning.encoder_tuning.network import Depth
    from gristmill.learning.encoder_tuning.texts import texts_of_folder, texts_of_home
    from gristmill.learning.encoder_tuning.training import recipe_for
    from gristmill.learning.encoder_tuning.tuning import Limits
    from gristmill.learning.encoder_tuning.tuning import tune_encoder as tune

    workspace = open_workspace()
    settings = workspace.settings
    if corpus is None:
        texts = texts_of_home(workspace.lake)
    else:
        texts = texts_of_folder(corpus, settings.chunker, workspace.encoder)
    pairs = read_examples(examples, texts) if examples is not None else []
    told = (lambda _: None) if as_json else _tell
    with drawn_progress(as_json) as progress:
        tuned = tune(
            workspace.home, texts, settings.encoder, recipe_for(Depth(depth.value)), Limits(steps, minutes), progress,
            examples=pairs, told=told,
        )  # fmt: skip
    if as_json:
        shown = {"estimate": asdict(tuned.estimate), "seconds": tuned.seconds, "resumed_at": tuned.resumed_at}
        print_json(_as_json(tuned.candidate) | shown | {"losses": tuned.losses})
        return
    from gristmill.cli.rendering import pairs as table

    out.print(table(dict(tuned.candidate.origin.metrics) | {"seconds": tuned.seconds}))
    out.print("A candidate; nothing uses it before these lines stand in gristmill.toml or a release names it:\n")
    out.print(tuned.candidate.as_settings(), markup=False, soft_wrap=True)


def list_encoders(as_json: AsJson = False) -> None:
    """List the candidate encoders of this home, newest first."""
    from gristmill.learning.encoder_tuning.candidate import candidates

    found = list(candidates(open_workspace().home))
    if as_json:
        print_json({"candidates": [_as_json(candidate) for candidate in found]})
        return
    for candidate in found:
        metrics = candidate.origin.metrics
        out.print(
            f"[bold]{candidate.name}[/] from {candidate.origin.base_name}: held-out loss "
            f"{metrics['held_out_loss_before']:.3f} → {metrics['held_out_loss_after']:.3f}, "
            f"similarities of general texts moved by {metrics['similarities_moved']:.3f}"
        )
        out.print(candidate.as_settings() + "\n", markup=False, soft_wrap=True)
    if not found:
        out.print("There are none. Run [bold]gristmill tune encoder[/].")


def register(tune: typer.Typer) -> None:
    """Add the commands to the group of tuning commands."""
    tune.command("encoder")(friendly(tune_encoder))
    tune.command("encoders")(friendly(list_encoders))


def _tell(estimate: Estimate) -> None:
    err.print(
        f"{estimate.passages:,} passages, {estimate.queries:,} queries, {estimate.steps:,} steps: about "
        f"{estimate.seconds / 60:.1f} minutes and {estimate.memory_mb:,} MB of memory "
        f"({estimate.forward_tokens_per_second:,} tokens/s)"
    )


def _as_json(candidate: Candidate) -> dict[str, Any]:
    fields = {"name": candidate.name, "sha256": candidate.sha256, "path": str(candidate.folder)}
    return fields | {"origin": asdict(candidate.origin), "settings": candidate.as_settings()}
