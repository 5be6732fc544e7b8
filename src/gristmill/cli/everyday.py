"""The commands of every day, and the start of the command line. Each asks the engine for one thing and shows it.

Nothing of the engine is imported before a command runs, so that `gristmill --help` answers at once; and nothing of the
other commands before one of these runs, since describing them all takes as long as starting Python does.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gristmill import __version__
from gristmill.cli.terminal import (
    EXIT_ERROR,
    AsJson,
    drawn_progress,
    friendly,
    is_of_full_disk,
    open_workspace,
    out,
    plain,
    print_json,
    print_line,
    tell_full_disk,
    waiting,
)

if TYPE_CHECKING:
    from gristmill.corpus.report import StageReport
    from gristmill.following import Turn
    from gristmill.settings import Settings
    from gristmill.standstill import Standstill

# Between two looks for garbage: none while libraries are loaded, which make two hundred thousand objects that stay.
_LOADED_OBJECTS, _NEW_OBJECTS = 400_000, 50_000

# Telemetry of the libraries underneath is off before any of them is imported, and so are plugins that would see every
# setting, for which each installed package would be looked through.
for _name, _value in {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
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
AsGroups = Annotated[
    list[str] | None, typer.Option("--as", metavar="GROUP", help="A group of the asker's; may be given several times.")
]


@app.command()
@friendly
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
        print_json({"settings": str(written)})
    else:
        out.print(f"Wrote {written}. Look at the audience rules in it, then run [bold]gristmill ingest[/].")


@app.command()
@friendly
def ingest(
    path: Annotated[str | None, typer.Argument(help="Folder or URL; all known sources when not given.")] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Take it as meant that a source has no documents any more.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and take in each change of the documents as soon as it is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the search index up to date with the documents.

    Only what changed is read, encoded and indexed. Stop it at any time: the next run goes on.
    """
    if watch:
        if allow_empty:
            raise typer.BadParameter("'--allow-empty' is for one run; a source may not become empty unseen.")
        _follow(path, as_json=as_json)
        return
    from gristmill.settings import load_settings
    from gristmill.standstill import standstill

    settings = load_settings()
    still = None if path or allow_empty else standstill(settings)
    if still is not None:
        _tell_standstill(still, as_json=as_json)
        return
    reports = _ground(settings, path, allow_empty=allow_empty, as_json=as_json)
    if as_json:
        print_json({"stages": [_report_json(report) for report in reports]})
        return
    from gristmill.cli.rendering import summary

    out.print(summary(reports))
    _tell_failed(reports[2].numbers.get("failed", 0))


@app.command()
@friendly
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 5,
    groups: AsGroups = None,
    focus: Annotated[
        bool, typer.Option("--focus", help="Only what of the passages matters: a quarter as long.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find passages, without an answer."""
    from gristmill.answering.answer import passage_json
    from gristmill.identity import Asker

    with waiting(as_json, "Searching"):
        answerer = _answerer()
        look = answerer.focused if focus else answerer.search
        found = look(query, Asker.in_groups(groups or []), k)
    if as_json:
        print_json({"passages": [passage_json(passage) for passage in found]})
        return
    from gristmill.cli.rendering import passages

    out.print(passages(found))


@app.command()
@friendly
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    groups: AsGroups = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question; the answer quotes its sources, or says that there is none."""
    from gristmill.identity import Asker

    with waiting(as_json, "Reading"):
        answerer = _answerer()
        answerer.warm()
        given = answerer.ask(question, Asker.in_groups(groups or []))
    if as_json:
        print_json(given.as_json())
        return
    from gristmill.cli.rendering import answer

    out.print(answer(given))


@app.command()
@friendly
def status(as_json: AsJson = False) -> None:
    """Show what there is: documents, chunks, the index in force."""
    from gristmill.starting import state

    found = state(open_workspace())
    if as_json:
        print_json(found)
        return
    from gristmill.cli.rendering import pairs

    out.print(pairs(found))


@app.command()
@friendly
def doctor(as_json: AsJson = False) -> None:
    """Check the installation; each finding says what to do. Exit code 1 when something is broken."""
    from gristmill.doctor import Severity, examine

    with waiting(as_json, "Examining"):
        found = examine(open_workspace())
    if as_json:
        print_json(
            {
                "checks": [
                    {"name": f.name, "severity": str(f.severity), "message": f.message, "remedy": f.remedy}
                    for f in found
                ]
            }
        )
    else:
        from gristmill.cli.rendering import findings

        out.print(findings(found))
    if any(finding.severity is Severity.ERROR for finding in found):
        raise typer.Exit(EXIT_ERROR)


@app.command()
@friendly
def demo() -> None:
    """Ingest the sample documents and ask a handful of questions of different kinds."""
    from gristmill.cli.demo import run

    with drawn_progress(as_json=False) as progress:
        run(open_workspace(), out.console, progress)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(f"gristmill {__version__}")
        raise typer.Exit


def main() -> NoReturn:
    """Run the command line as a program: the process ends with it.

    What libraries made is not taken apart first, which takes longer than some commands do.
    """
    ended = SystemExit(0)
    try:
        try:
            run()
        except SystemExit as error:
            ended = error
        with suppress(BrokenPipeError):
            sys.stdout.flush()
    except OSError as error:
        if not is_of_full_disk(error):
            raise
        tell_full_disk(error)
        ended = SystemExit(EXIT_ERROR)
    if not isinstance(ended.code, str) and threading.active_count() == 1:
        atexit._run_exitfuncs()
        with suppress(OSError):  # nobody reads any more: ended as usual, that is told as usual
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended.code or 0)
    raise ended


def run() -> None:
    """Run the command line.

    Looking for garbage among what libraries made when they were loaded, again and again and once more at the end, took
    a third of a short command's time.
    """
    gc.set_threshold(_LOADED_OBJECTS, 20, 50)
    gc.callbacks.append(_look_more_often)
    mine = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    if not mine.intersection(sys.argv[1:2]):
        import gristmill.cli.app  # noqa: F401 - it adds all the others
    try:
        app()
    finally:
        gc.freeze()


def _look_more_often(_phase: str, _found: dict[str, int]) -> None:
    """From the first look on: a command that makes so many objects is no short one."""
    gc.set_threshold(_NEW_OBJECTS, 20, 50)
    gc.callbacks.remove(_look_more_often)


def _ground(settings: Settings, path: str | None, *, allow_empty: bool, as_json: bool) -> list[StageReport]:
    from gristmill.release.assistant import Assistant

    # Hardly anything here multiplies large matrices; threads for it would turn idly beside what has to be done.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Most changes are small and end in a new index: whoever audits it loads its libraries while this process does.
    with Assistant.start(settings.lake_url) as assistant:
        from gristmill.mill import Run, grind
        from gristmill.standstill import Sighting
        from gristmill.workspace import Workspace

        workspace = Workspace(settings)
        sources = [workspace.source_at(path)] if path else workspace.sources()
        sighting = None if path else Sighting(settings, [source.url for source in sources])
        with drawn_progress(as_json) as progress:
            return list(grind(Run(
                workspace, sources, path is None, allow_empty,
                sighting=sighting, progress=progress, assistant=assistant,
            )))  # fmt: skip


def _follow(path: str | None, *, as_json: bool) -> None:
    from gristmill.following import follow
    from gristmill.settings import load_settings
    from gristmill.workspace import Workspace

    if path is not None:
        Workspace().source_at(path)
    for number, turn in enumerate(follow(load_settings, lambda: drawn_progress(as_json, passing=True))):
        if not number and turn.error is not None:
            raise turn.error
        if number and turn.idle:
            continue
        if as_json:
            print_line(_turn_json(turn))
            continue
        from gristmill.cli.rendering import summary, turn_told

        out.print(turn_told(turn) if number else summary(turn.reports))
        if not number:
            _tell_failed(turn.reports[2].numbers.get("failed", 0))
            places = ", ".join(source.url for source in Workspace().sources())
            out.print(f"\nFollowing {plain(places)}. Ctrl-C ends it.")


def _turn_json(turn: Turn) -> dict[str, Any]:
    told: dict[str, Any] = {"began": turn.began.isoformat(timespec="seconds"), "seconds": round(turn.seconds, 3)}
    told["stages"] = [_report_json(report) for report in turn.reports]
    if turn.error is not None:
        told |= {"error": turn.error.message, "remedy": turn.error.remedy}
    return told


def _tell_standstill(still: Standstill, *, as_json: bool) -> None:
    if as_json:
        print_json({"stages": still.stages, "unchanged_since": still.since.isoformat(timespec="seconds")})
        return
    held = {name: value for stage in still.stages for name, value in stage["numbers"].items()}
    counts = ", ".join(f"{held.get(name, 0):,.0f} {name}" for name in ("files", "accepted", "chunks"))
    out.print(f"Nothing has changed since {still.since.astimezone():%Y-%m-%d %H:%M}: {counts}.")
    _tell_failed(held.get("failed", 0))


def _tell_failed(count: float) -> None:
    if count:
        out.print(f"[yellow]{count:.0f} documents could not be read[/]: gristmill documents --status failed")


def _answerer() -> Any:
    from gristmill.asking import Answerer

    return Answerer(open_workspace())


def _report_json(report: StageReport) -> dict[str, Any]:
    changes = [{"name": change.name, "what": change.what, "reason": change.reason} for change in report.changes]
    return {"stage": report.stage, "numbers": dict(report.numbers), "changes": changes}
