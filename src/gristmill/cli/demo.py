"""The demonstration: the sample company's documents, and questions of different kinds about them."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from gristmill.asking import Answerer
from gristmill.cli.rendering import ProgressBars, answer, summary
from gristmill.cli.rendering_releases import gated
from gristmill.corpus.report import Progress
from gristmill.errors import SettingsError
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Split
from gristmill.identity import Asker
from gristmill.mill import Run, grind
from gristmill.releasing import gate
from gristmill.workspace import Workspace


@dataclass(frozen=True)
class Example:
    """A question of the demonstration, what it shows, and who asks."""

    shows: str
    question: str
    groups: tuple[str, ...] = ()


# Enough to see that it is worse; all of them take minutes.
_GATE_QUESTIONS = 36

EXAMPLES = (
    Example("A single fact", "Who keeps the gift register?"),
    Example("A number from a manual", "What is the rated speed of the Heron 40?"),
    Example("A row of a table", "torque inlet flange heron 75"),
    Example("Nothing in the documents answers this", "Which football club does the managing director support?"),
    Example("Restricted: asked by somebody outside the board", "What is Idris Vaughan's target bonus?"),
    Example("The same, asked by a member of the board", "What is Idris Vaughan's target bonus?", ("board",)),
)


def run(workspace: Workspace, console: Console, progress: Progress) -> None:
    """Ingest the configured sources, then ask the example questions.

    Raises:
        SettingsError: no source is configured here.
    """
    sources = workspace.sources()
    if not sources:
        raise SettingsError("No sample documents are configured here.", "Run this in a checkout of Gristmill.")
    console.rule("[bold]1. From documents to a search index")
    reports = list(grind(Run(workspace, sources, progress=progress)))
    if isinstance(progress, ProgressBars):
        progress.__exit__(None, None, None)
    console.print(summary(reports))
    console.rule("[bold]2. Questions")
    answerer = Answerer(workspace)
    with console.status("Loading the models …"):
        answerer.warm()
    for example in EXAMPLES:
        console.print(f"\n[bold]{example.shows}[/]")
        console.print(answer(answerer.ask(example.question, Asker.in_groups(example.groups))))
    console.rule("[bold]3. The gate")
    gate_shown(workspace, console, progress)
    console.rule("[bold]4. Where to look next")
    console.print("  [bold]make ui[/]                                 the asset graph in the Dagster web UI")
    console.print("  [bold].venv/bin/gristmill ask 'QUESTION'[/]      ask your own")
    console.print("  [bold].venv/bin/gristmill documents[/]           what came in, and what was left out and why")
    console.print("  [bold].venv/bin/gristmill ingest FOLDER[/]       your own documents")
    console.print("  [bold].venv/bin/gristmill release list[/]        what answers, and what waits for the gate")
    console.print("  [bold].venv/bin/gristmill report release[/]      how good it is, as a page")


def gate_shown(workspace: Workspace, console: Console, progress: Progress) -> None:
    """Let the gate reject a candidate that is known to be worse: by words alone, one passage, hardly an answer."""
    settings = workspace.settings
    worse = settings.model_copy(
        update={
            "search": settings.search.model_copy(
                update={"dense_weight": 0.0, "bridge_weight": 0.0, "passages": 1, "neighbours": 0}
            ),
            "answering": settings.answering.model_copy(update={"answerable": 0.99, "perhaps": 0.99}),
            "generator": settings.generator.model_copy(update={"engine": "quote"}),
        }
    )
    if not read_set(workspace.lake, Split.GATE, counting=True):
        console.print("There are no questions here, so nothing but documents can come into force.")
        return
    console.print(
        "A candidate that searches by words alone, reads one passage, and answers only when it is all but certain:\n"
    )
    candidate = workspace.registry.keep(Workspace(worse).candidate())
    made = gate(workspace, candidate, progress, most=_GATE_QUESTIONS)
    if isinstance(progress, ProgressBars):
        progress.__exit__(None, None, None)
    console.print(gated(made))
    console.print("\nThe release in force goes on answering; nothing that the gate rejects can be promoted.")
