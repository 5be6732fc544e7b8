"""Run by `make drill`: drills an installation on SQLite and one on PostgreSQL, and tells what was asked and seen."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.drill.house import emptied
from tests.drill.mailbox import mailbox
from tests.drill.scenario import Seen, drill
from tests.postgres import fresh_database, postgres

_OUT, _PROGRESS = Console(), Console(stderr=True, highlight=False)


class Database(str, Enum):
    """Where the histories of Dagster and Gristmill are kept."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"
    BOTH = "both"


def main(
    database: Annotated[Database, typer.Option(help="Where both histories are kept.")] = Database.BOTH,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was seen as JSON.")] = False,
    crashes_only: Annotated[bool, typer.Option(help="Documents and crashes alone.")] = False,
    keep: Annotated[Path | None, typer.Option(help="Keep the installation and its logs below this folder.")] = None,
) -> None:
    """Drill Gristmill on real processes of Dagster: documents, feedback, releases, drift, kills."""
    kinds = [Database.SQLITE, Database.POSTGRES] if database is Database.BOTH else [database]
    root = keep or Path(tempfile.mkdtemp(prefix="gristmill-drill-"))
    found = {kind.value: _drilled(kind, emptied(root / kind.value), crashes_only=crashes_only) for kind in kinds}
    if keep is None:
        shutil.rmtree(root, ignore_errors=True)
    if as_json:
        typer.echo(json.dumps({name: [asdict(each) for each in seen] for name, seen in found.items()}, indent=2))
    else:
        for name, seen in found.items():
            _OUT.print(_table(name, seen))
    raise typer.Exit(0 if all(each.held for seen in found.values() for each in seen) else 1)


def _drilled(kind: Database, root: Path, *, crashes_only: bool) -> list[Seen]:
    began = time.monotonic()
    with ExitStack() as open_now:
        url = None
        if kind is Database.POSTGRES:
            server = open_now.enter_context(postgres())
            url = fresh_database(server, "gristmill")
            fresh_database(server, "dagster")
        box = open_now.enter_context(mailbox())

        def say(text: str) -> None:
            _PROGRESS.print(f"{kind.value} {time.monotonic() - began:6.0f} s  {text}", markup=False, soft_wrap=True)

        return drill(root, url, box, say, crashes_only=crashes_only)


def _table(name: str, seen: list[Seen]) -> Table:
    table = Table("step", "asked", "seen", "held", title=f"Drill on {name}")
    for each in seen:
        table.add_row(each.step, each.asked, each.seen, "yes" if each.held else "NO")
    return table


typer.run(main)
