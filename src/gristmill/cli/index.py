"""The commands about the search index: what is published, whether it is sound, another version, a new one."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from gristmill.cli.terminal import (
    EXIT_ERROR,
    AsJson,
    drawn_progress,
    friendly,
    open_workspace,
    out,
    print_json,
    waiting,
)

app = typer.Typer(help="Operate the search index: audit, rebuild, versions, rollback, prune.", no_args_is_help=True)

Version = Annotated[int | None, typer.Option("--version", help="Number of a published version; the newest.")]


@app.command()
@friendly
def versions(as_json: AsJson = False) -> None:
    """List the published versions; the one that the release in force answers from is marked."""
    from gristmill.operating import listed_versions

    found = listed_versions(open_workspace())
    if as_json:
        print_json({"versions": [version.as_json() for version in found]})
        return
    from gristmill.cli.rendering_index import versions as drawn

    out.print(drawn(found))


@app.command()
@friendly
def audit(version: Version = None, as_json: AsJson = False) -> None:
    """Check every file and every record of a version. Exit code 1 when something is wrong; nothing is changed."""
    from gristmill.operating import audited

    with waiting(as_json, "Auditing"):
        number, found = audited(open_workspace(), version)
    if as_json:
        print_json({"version": number, "sound": not found,
                    "findings": [{"check": f.check, "message": f.message} for f in found]})  # fmt: skip
    else:
        from gristmill.cli.rendering_index import audit as drawn

        out.print(drawn(number, found))
    if found:
        raise typer.Exit(EXIT_ERROR)


@app.command()
@friendly
def rebuild(
    if_damaged: Annotated[
        bool, typer.Option("--if-damaged", help="Do nothing when the newest version is whole and up to date.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build a new version from the tables, audit it and publish it. The release in force answers meanwhile."""
    from gristmill.operating import rebuilt

    with drawn_progress(as_json) as progress:
        found = rebuilt(open_workspace(), progress, anew=not if_damaged)
    if as_json:
        print_json(asdict(found))
        return
    said = f"is published: {found.chunks:,} chunks" if found.published else "is whole and up to date; nothing was built"
    out.print(f"Version {found.version} {said}.")
    for change in found.release:
        out.print(f"Release {change.name}: {change.what}. {change.reason}")


@app.command()
@friendly
def rollback(
    version: Annotated[int | None, typer.Argument(help="A published version; the one before when not given.")] = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; it is recorded.")] = "by hand",
    as_json: AsJson = False,
) -> None:
    """Put the release in force again that answers from an earlier version.

    What was gone back from is held back until the documents change or it is promoted by hand.
    """
    from gristmill.operating import rolled_back

    moved = rolled_back(open_workspace(), version, who=getpass.getuser(), reason=reason)
    if as_json:
        print_json(asdict(moved))
    else:
        out.print(f"Release {moved.release} is in force: it answers from version {moved.version}.")


@app.command()
@friendly
def prune(
    keep: Annotated[int | None, typer.Option("--keep", min=1, help="How many of the newest to keep.")] = None,
    as_json: AsJson = False,
) -> None:
    """Delete old versions. Those that the release in force and the ones before it answer from stay."""
    from gristmill.operating import pruned

    gone = pruned(open_workspace(), keep)
    if as_json:
        print_json({"deleted": gone})
    else:
        out.print(f"Deleted: {', '.join(map(str, gone))}." if gone else "Nothing to delete.")


@app.command()
@friendly
def crossing(
    rows: Annotated[int, typer.Option("--rows", min=1_000, help="Largest index to measure at.")] = 100_000,
    as_json: AsJson = False,
) -> None:
    """Measure from how many rows on approximate search is faster than exact search on this machine.

    Vectors are drawn around those of the newest index. What to set is said below the table.
    """
    from gristmill.operating import measured_crossing

    with waiting(as_json, "Measuring"):
        found = measured_crossing(open_workspace(), rows)
    if as_json:
        print_json(found.as_json())
        return
    from gristmill.cli.rendering_index import crossing as drawn

    out.print(drawn(found))
