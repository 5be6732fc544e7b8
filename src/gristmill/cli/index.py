"""The commands about the search index: what is published, whether it is sound, another version, a new one."""

from __future__ import annotations

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

Version = Annotated[int | None, typer.Option("--version", help="Number of a published version; the one in force.")]


@app.command()
@friendly
def versions(as_json: AsJson = False) -> None:
    """List the published versions; the one in force is marked."""
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
        bool, typer.Option("--if-damaged", help="Do nothing when the version in force is whole and up to date.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build a new version from the tables, audit it and publish it. The version in force answers meanwhile."""
    from gristmill.operating import rebuilt

    with drawn_progress(as_json) as progress:
        report = rebuilt(open_workspace(), progress, anew=not if_damaged)
    numbers = dict(report.numbers)
    if as_json:
        print_json(numbers)
    elif numbers["published"]:
        out.print(f"Version {numbers['version']:.0f} is in force: {numbers['chunks']:,.0f} chunks.")
    else:
        out.print(f"Version {numbers['version']:.0f} is whole and up to date; nothing was built.")


@app.command()
@friendly
def rollback(
    version: Annotated[int | None, typer.Argument(help="A published version; the one before when not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put an earlier version in force. The next ingest publishes what the documents ask for again."""
    from gristmill.operating import rolled_back

    before, now = rolled_back(open_workspace(), version)
    if as_json:
        print_json({"before": before, "version": now})
    else:
        out.print(f"Version {now} is in force instead of version {before}.")


@app.command()
@friendly
def prune(
    keep: Annotated[int | None, typer.Option("--keep", min=1, help="How many of the newest to keep.")] = None,
    as_json: AsJson = False,
) -> None:
    """Delete old versions. The one in force always stays."""
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

    Vectors are drawn around those of the index in force. What to set is said below the table.
    """
    from gristmill.operating import measured_crossing

    with waiting(as_json, "Measuring"):
        found = measured_crossing(open_workspace(), rows)
    if as_json:
        print_json(found.as_json())
        return
    from gristmill.cli.rendering_index import crossing as drawn

    out.print(drawn(found))
