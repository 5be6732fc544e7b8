"""The commands that write a backup and bring it back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json, waiting


@friendly
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as gristmill.tar.gz.")],
    without_index: Annotated[
        bool, typer.Option("--without-index", help="Smaller; 'gristmill ingest' makes the index anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything that nothing else can bring back into one file. It holds secrets: guard it."""
    from gristmill.backups import backup as write
    from gristmill.mill import working

    workspace = open_workspace()
    with waiting(as_json, "Writing"), working(workspace, "backup"):
        made = write(workspace, file, index=not without_index)
    if as_json:
        print_json(asdict(made))
    else:
        out.print(f"{made.files:,} files and {made.rows:,} rows in [bold]{made.file}[/], {made.bytes / 1e6:,.1f} MB.")


@friendly
def restore(file: Annotated[Path, typer.Argument(help="A backup.")], as_json: AsJson = False) -> None:
    """Bring a backup back into an empty home and an empty database, SQLite or PostgreSQL."""
    from gristmill.backups import restore as read

    workspace = open_workspace()
    with waiting(as_json, "Reading"):
        made = read(workspace, file)
    if as_json:
        print_json(asdict(made))
    else:
        out.print(f"{made.files:,} files and {made.rows:,} rows are back in {workspace.home}.")
