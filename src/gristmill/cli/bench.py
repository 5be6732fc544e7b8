"""The commands that measure parts of the engine on public test material, and the one that trains a classifier.

The material is read where it lies; what each measure means stands in `evaluation/benchmarks`.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gristmill.cli.terminal import EXIT_ERROR, AsJson, friendly, open_workspace, out, print_json, waiting

bench = typer.Typer(help="Measure parts of the engine on public test material.", no_args_is_help=True)
train = typer.Typer(help="Train the small models that come with Gristmill.", no_args_is_help=True)

Ordinary = Annotated[
    list[Path] | None,
    typer.Option(
        "--ordinary", help="Folder of ordinary pages, of which one half is trained on; may be given several times."
    ),
]


@bench.command()
@friendly
def parse(
    folder: Annotated[Path, typer.Argument(help="Holds 'with_expected_text' and 'malformed'.")], as_json: AsJson = False
) -> None:
    """Measure word recall per format, and that damaged files end in a reason. Exit code 1 if one does not."""
    from gristmill.evaluation.benchmarks.parsing import benchmark_parsing, render_parsing

    with waiting(as_json, "Parsing"):
        report = benchmark_parsing(folder)
    if as_json:
        print_json(asdict(report))
    else:
        out.print(render_parsing(report), markup=False, soft_wrap=True)
    if report.unexplained:
        raise typer.Exit(EXIT_ERROR)


@bench.command()
@friendly
def privacy(
    file: Annotated[Path, typer.Argument(help="Labelled sentences in Presidio's format.")], as_json: AsJson = False
) -> None:
    """Measure how well personal data is found."""
    from gristmill.evaluation.benchmarks.privacy import benchmark_privacy, render_privacy

    with waiting(as_json, "Searching"):
        report = benchmark_privacy(file)
    if as_json:
        scores = {
            half.name: {
                name: {"precision": s.precision, "recall": s.recall, "f_beta_2": s.f_beta}
                for name, s in (("personal", half.personal), ("all labels", half.all_labels))
            }
            for half in report.halves
        }
        print_json({"halves": scores, "characters_per_second": report.characters_per_second})
    else:
        out.print(render_privacy(report), markup=False)


@bench.command()
@friendly
def injection(
    folder: Annotated[Path, typer.Argument(help="Holds 'bastion.jsonl' and 'bipia_train'.")],
    ordinary: Ordinary = None,
    unseen: Annotated[
        list[Path] | None, typer.Option("--unseen", help="Folder of ordinary pages that nothing is trained on.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the screening on attacks of unseen families, and its false alarms on ordinary pages."""
    from gristmill.evaluation.benchmarks.injection import benchmark_injection

    with waiting(as_json, "Training without each family and screening it"):
        report = benchmark_injection(folder, ordinary or (), unseen or ())
    if as_json:
        print_json(asdict(report))
    else:
        out.print(report.table(), markup=False, soft_wrap=True)


@bench.command()
@friendly
def duplicates(
    folder: Annotated[Path, typer.Argument(help="HTML pages with their '_sources', such as python3.11-doc has.")],
    as_json: AsJson = False,
) -> None:
    """Measure how many pages are recognised in two markups."""
    from gristmill.evaluation.benchmarks.duplicates import benchmark_duplicates

    with waiting(as_json, "Comparing"):
        report = benchmark_duplicates(folder)
    if as_json:
        print_json(asdict(report))
        return
    from gristmill.cli.rendering import pairs

    shown = {name.replace("_", " "): value for name, value in asdict(report).items() if not isinstance(value, tuple)}
    counts = {"missed": len(report.missed), "wrong": len(report.wrong)}
    out.print(
        pairs({name: f"{value:.3f}" if isinstance(value, float) else value for name, value in shown.items()} | counts)
    )


@bench.command()
@friendly
def support(
    file: Annotated[Path, typer.Argument(help="HaluEval's qa file: a JSON object a line.")], as_json: AsJson = False
) -> None:
    """Measure how often a right answer has more support than a hallucinated one."""
    from gristmill.evaluation.benchmarks.support import benchmark_support

    report = benchmark_support(file)
    if as_json:
        print_json(asdict(report) | {"share": report.share})
    else:
        out.print(f"{report.right_first} of {report.pairs} right answers first, {report.ties} ties: {report.share:.1%}")


@bench.command()
@friendly
def abstention(
    folder: Annotated[Path, typer.Argument(help="JSON files of cases, one a category.")], as_json: AsJson = False
) -> None:
    """Show which questions with contexts of their own are answered, for certain or perhaps, refused, or disputed."""
    from gristmill.evaluation.benchmarks.abstention import benchmark_abstention
    from gristmill.search.index import open_current

    workspace = open_workspace()
    with waiting(as_json, "Deciding"):
        report = benchmark_abstention(
            folder, workspace.encoder, workspace.bridge, open_current(workspace.index_store).lexical,
            workspace.reader if workspace.settings.answering.reader else None, workspace.settings.answering,
        )  # fmt: skip
    if as_json:
        print_json(asdict(report))
    else:
        out.print(report.table(), markup=False)


@train.command("injection")
@friendly
def train_injection(
    folder: Annotated[Path, typer.Argument(help="Holds 'bastion.jsonl' and 'bipia_train'.")],
    ordinary: Ordinary = None,
    target: Annotated[
        Path | None, typer.Option("--target", help="File to write, instead of the one in the package.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train the injection classifier and print the hash to pin in [bold]classifier.py[/]."""
    from gristmill.corpus.injection.training import train_injection_classifier

    with waiting(as_json, "Training"):
        trained = train_injection_classifier(folder, ordinary or (), target)
    if as_json:
        print_json(trained._asdict())
    else:
        out.print(
            f"{trained.path}: {trained.attacks} attacks, {trained.sections} ordinary sections.\n"
            f"SHA-256 {trained.sha256}"
        )
