"""The command line. Each command asks the engine for one thing and shows it to a person, or as JSON.

Nothing of the engine is imported before a command runs, so that `gristmill --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer
from rich.console import Console

from gristmill import __version__
from gristmill.errors import BusyError, GristmillError

if TYPE_CHECKING:
    from gristmill.corpus.report import StageReport
    from gristmill.workspace import Workspace

# Telemetry of the libraries underneath is off before any of them is imported.
for _name, _value in {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ.setdefault(_name, _value)

app = typer.Typer(
    help="A folder of documents in, cited answers out.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_EXIT_ERROR = 1
_EXIT_BUSY = 75  # EX_TEMPFAIL of sysexits.h: trying again later may work
_EXIT_INTERRUPTED = 130

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text for people.")]
AsGroups = Annotated[
    list[str] | None, typer.Option("--as", metavar="GROUP", help="A group of the asker's; may be given several times.")
]
Parameters = ParamSpec("Parameters")


def _friendly(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Turn the engine's errors into one message with its remedy, and Ctrl-C into a calm end."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except GristmillError as error:
            if kwargs.get("as_json"):
                _print_json({"error": error.message, "remedy": error.remedy, "kind": type(error).__name__})
            err.print(f"[red]✗[/] {_plain(error.message)}")
            if error.remedy:
                err.print(f"  [bold]→ {_plain(error.remedy)}[/]")
            raise typer.Exit(_EXIT_BUSY if isinstance(error, BusyError) else _EXIT_ERROR) from None
        except KeyboardInterrupt:
            err.print("\nStopped. What is done is kept; the same command goes on from here.")
            raise typer.Exit(_EXIT_INTERRUPTED) from None

    return run


@app.command()
@_friendly
def init(
    folder: Annotated[Path | None, typer.Argument(help="Folder of documents.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing gristmill.toml; it is kept as .bak.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented [bold]gristmill.toml[/] here."""
    from gristmill.starting import write_settings

    written = write_settings(Path.cwd(), folder, replace=force)
    if as_json:
        _print_json({"settings": str(written)})
    else:
        out.print(f"Wrote {written}. Look at the audience rules in it, then run [bold]gristmill ingest[/].")


@app.command()
@_friendly
def ingest(
    path: Annotated[str | None, typer.Argument(help="Folder or URL; all known sources when not given.")] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Take it as meant that a source has no documents any more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the search index up to date with the documents.

    Only what changed is read, encoded and indexed. Stop it at any time: the next run goes on.
    """
    from gristmill.mill import Run, grind

    workspace = _workspace()
    sources = [workspace.source_at(path)] if path else workspace.sources()
    with _progress(as_json) as progress:
        run = Run(workspace, sources, complete=path is None, allow_empty=allow_empty, progress=progress)
        reports = list(grind(run))
    if as_json:
        _print_json({"stages": [_report_json(report) for report in reports]})
        return
    from gristmill.rendering import summary

    out.print(summary(reports))
    failed = reports[2].numbers.get("failed", 0)
    if failed:
        out.print(f"[yellow]{failed:.0f} documents could not be read[/]: gristmill documents --status failed")


@app.command()
@_friendly
def documents(
    status: Annotated[
        str | None, typer.Option("--status", "-s", help="accepted, quarantined, failed or removed.")
    ] = None,
    contains: Annotated[str, typer.Option("--contains", "-c", help="Part of the document's path.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the ledger: every document ever seen, its status and the reason."""
    from gristmill.corpus.ledger import find

    rows = find(_workspace().lake, status, contains)
    if as_json:
        columns = ["document", "status", "reason", "attempts", "audience", "title", "language", "media_type",
                   "bytes", "characters", "version", "source", "modified", "first_seen", "changed"]  # fmt: skip
        _print_json({"documents": rows.select(columns).to_dicts()})
        return
    from gristmill.rendering import ledger

    out.print(ledger(rows))
    counts = ", ".join(f"{count} {name}" for name, count in rows["status"].value_counts(sort=True).iter_rows())
    out.print(f"[bright_black]{counts or 'No documents.'}[/]")


@app.command()
@_friendly
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 5,
    groups: AsGroups = None,
    as_json: AsJson = False,
) -> None:
    """Find passages, without an answer."""
    from gristmill.answering.answer import passage_json
    from gristmill.identity import Asker

    with _waiting(as_json, "Searching"):
        found = _answerer().search(query, Asker.in_groups(groups or []), k)
    if as_json:
        _print_json({"passages": [passage_json(passage) for passage in found]})
        return
    from gristmill.rendering import passages

    out.print(passages(found))


@app.command()
@_friendly
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    groups: AsGroups = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question; the answer quotes its sources, or says that there is none."""
    from gristmill.identity import Asker

    with _waiting(as_json, "Reading"):
        answerer = _answerer()
        answerer.warm()
        given = answerer.ask(question, Asker.in_groups(groups or []))
    if as_json:
        _print_json(given.as_json())
        return
    from gristmill.rendering import answer

    out.print(answer(given))


@app.command()
@_friendly
def status(as_json: AsJson = False) -> None:
    """Show what there is: documents, chunks, the index in force."""
    from gristmill.starting import state

    found = state(_workspace())
    if as_json:
        _print_json(found)
        return
    from gristmill.rendering import pairs

    out.print(pairs(found))


@app.command()
@_friendly
def doctor(as_json: AsJson = False) -> None:
    """Check the installation; each finding says what to do. Exit code 1 when something is broken."""
    from gristmill.doctor import Severity, examine

    with _waiting(as_json, "Examining"):
        found = examine(_workspace())
    if as_json:
        _print_json(
            {
                "checks": [
                    {"name": f.name, "severity": str(f.severity), "message": f.message, "remedy": f.remedy}
                    for f in found
                ]
            }
        )
    else:
        from gristmill.rendering import findings

        out.print(findings(found))
    if any(finding.severity is Severity.ERROR for finding in found):
        raise typer.Exit(_EXIT_ERROR)


@app.command()
@_friendly
def demo() -> None:
    """Ingest the sample documents and ask a handful of questions of different kinds."""
    from gristmill.demo import run

    with _progress(as_json=False) as progress:
        run(_workspace(), out, progress)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(f"gristmill {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    app()


def _workspace() -> Workspace:
    from gristmill.workspace import Workspace

    return Workspace()


def _answerer() -> Any:
    from gristmill.asking import Answerer

    return Answerer(_workspace())


@contextmanager
def _progress(as_json: bool) -> Iterator[Any]:
    """Draw progress bars on standard error, or nothing where nobody looks."""
    if as_json:
        from gristmill.corpus.report import Silent

        yield Silent()
        return
    from gristmill.rendering import ProgressBars

    with ProgressBars(err) as bars:
        yield bars


@contextmanager
def _waiting(as_json: bool, what: str) -> Iterator[None]:
    if as_json or not err.is_terminal:
        yield
        return
    with err.status(f"{what} …"):
        yield


def _report_json(report: StageReport) -> dict[str, Any]:
    changes = [{"name": change.name, "what": change.what, "reason": change.reason} for change in report.changes]
    return {"stage": report.stage, "numbers": dict(report.numbers), "changes": changes}


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


if __name__ == "__main__":
    main()
