"""What all commands share: the terminal, JSON instead of it, errors as messages, and the installation they work on."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from gristmill.errors import BusyError, GristmillError

if TYPE_CHECKING:
    from rich.console import Console

    from gristmill.workspace import Workspace


class Terminal:
    """Where people read. Its library is loaded when something is shown: whoever wants JSON does not wait for it."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def console(self) -> Console:
        """Rich's console."""
        from rich.console import Console

        return Console(stderr=self._stderr, highlight=False)

    def print(self, *shown: Any, **how: Any) -> None:
        """Print as `Console.print` does."""
        self.console.print(*shown, **how)


out = Terminal()
err = Terminal(stderr=True)

# The panels of 'gristmill --help', beside the first one.
CARE = "What is known and answered"
IMPROVE = "Better answers"
OPERATE = "Operating it"

EXIT_ERROR = 1
EXIT_BUSY = 75  # EX_TEMPFAIL of sysexits.h: trying again later may work
EXIT_INTERRUPTED = 130

_NOT_TAKEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text for people.")]
Parameters = ParamSpec("Parameters")


def friendly(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Turn the engine's errors into one message with its remedy, and Ctrl-C into a calm end."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except GristmillError as error:
            if kwargs.get("as_json"):
                print_json({"error": error.message, "remedy": error.remedy, "kind": type(error).__name__})
            err.print(f"[red]✗[/] {plain(error.message)}")
            if error.remedy:
                err.print(f"  [bold]→ {plain(error.remedy)}[/]")
            raise typer.Exit(EXIT_BUSY if isinstance(error, BusyError) else EXIT_ERROR) from None
        except KeyboardInterrupt:
            err.print("\nStopped. What is done is kept; the same command goes on from here.")
            raise typer.Exit(EXIT_INTERRUPTED) from None

    return run


def open_workspace() -> Workspace:
    """Return the installation that the settings describe."""
    from gristmill.workspace import Workspace

    return Workspace()


@contextmanager
def drawn_progress(as_json: bool, *, passing: bool = False) -> Iterator[Any]:
    """Draw progress bars on standard error, or nothing where nobody looks; passing ones go when all is done."""
    if as_json or (passing and not err.console.is_terminal):
        from gristmill.corpus.report import Silent

        yield Silent()
        return
    from gristmill.cli.rendering import ProgressBars

    with ProgressBars(err.console, passing=passing) as bars:
        yield bars


@contextmanager
def waiting(as_json: bool, what: str) -> Iterator[None]:
    """Show that something takes a moment, where somebody looks."""
    if as_json or not err.console.is_terminal:
        yield
        return
    with err.console.status(f"{what} …"):
        yield


def print_json(value: object) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_line(value: object) -> None:
    """Print a value as JSON on one line at once, for who reads line by line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def is_of_full_disk(error: OSError) -> bool:
    """Whether an error is that a disk takes no more of something open: of what is printed, or of a file of the home."""
    return error.filename is None and error.errno in _NOT_TAKEN


def tell_full_disk(error: OSError) -> None:
    """Tell that nothing more can be written, and keep Python from trying it with the output once more at its end."""
    err.print(f"[red]✗[/] Nothing more can be written: {plain(error.strerror or str(error))}.")
    err.print("  [bold]→ Free space where the output goes and where the home lies, and run it again.[/]")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain(text: str) -> str:
    """Return text in which nothing is markup for the console."""
    return text.replace("[", "\\[")
