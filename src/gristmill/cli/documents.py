"""The commands about documents: the ledger, one document with all that was found, and decisions against the gate."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json, waiting

app = typer.Typer(
    help="Show the ledger: every document ever seen, its status and the reason; and overrule the gate.",
    invoke_without_command=True,
)

Document = Annotated[str, typer.Argument(metavar="DOC", help="The document's path, as the ledger writes it.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; it is recorded with your name.")]

_COLUMNS = ["document", "status", "reason", "attempts", "audience", "title", "language", "media_type", "bytes",
            "characters", "version", "source", "findings", "boilerplate", "languages",
            "family", "duplicate_of", "superseded_by", "modified",
            "first_seen", "changed"]  # fmt: skip


OfStatus = Annotated[str | None, typer.Option("--status", "-s", help="accepted, quarantined, failed or removed.")]
Containing = Annotated[str, typer.Option("--contains", "-c", help="Part of the document's path.")]


@app.callback()
@friendly
def documents(
    context: typer.Context, status: OfStatus = None, contains: Containing = "", as_json: AsJson = False
) -> None:
    """Show the ledger: every document ever seen, its status and the reason."""
    if context.invoked_subcommand is None:
        _list(status, contains, as_json)


@app.command("list")
@friendly
def listed(status: OfStatus = None, contains: Containing = "", as_json: AsJson = False) -> None:
    """Show the ledger, as 'gristmill documents' alone does."""
    _list(status, contains, as_json)


def _list(status: str | None, contains: str, as_json: bool) -> None:
    from gristmill.corpus.ledger import find

    rows = find(open_workspace().lake, status, contains)
    if as_json:
        print_json({"documents": rows.select(_COLUMNS).to_dicts()})
        return
    from gristmill.cli.rendering import ledger

    out.print(ledger(rows))
    counts = ", ".join(f"{count} {name}" for name, count in rows["status"].value_counts(sort=True).iter_rows())
    out.print(f"[bright_black]{counts or 'No documents.'}[/]")


@app.command()
@friendly
def show(document: Document, as_json: AsJson = False) -> None:
    """Show all that is known of one document: findings and what to do, hidden texts, masked data, family, decisions."""
    from gristmill.dossiers import dossier

    found = dossier(open_workspace(), document)
    if as_json:
        print_json(found)
        return
    from gristmill.cli.rendering_documents import dossier as drawn

    out.print(drawn(found))


@app.command()
@friendly
def accept(document: Document, reason: Reason, as_json: AsJson = False) -> None:
    """Use a document that the gate holds back. Holds for this version of it; masked data stays masked."""
    _decide(document, "accept", reason, as_json)


@app.command()
@friendly
def reject(document: Document, reason: Reason, as_json: AsJson = False) -> None:
    """Hold back a document that the gate lets pass. Holds for this version of it."""
    _decide(document, "reject", reason, as_json)


@app.command()
@friendly
def retry(document: Document, reason: Reason, as_json: AsJson = False) -> None:
    """Parse a document again as if for the first time, for instance after Tesseract was installed."""
    _decide(document, "retry", reason, as_json)


@app.command()
@friendly
def conflicts(
    every: Annotated[bool, typer.Option("--all", help="Also those that were settled.")] = False,
    most: Annotated[int, typer.Option("-n", min=1, help="How many pairs of documents.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List where two documents say the same with different figures, likeliest first: a person decides who is right."""
    from gristmill.conflicting import kept_conflicts, look_for_conflicts, write_conflicts

    workspace = open_workspace()
    with waiting(as_json, "Comparing"):
        write_conflicts(workspace, look_for_conflicts(workspace))
    listed = [one for one in kept_conflicts(workspace) if every or one["settled"] is None]
    if as_json:
        print_json({"conflicts": listed})
        return
    from gristmill.cli.rendering_documents import conflicts as drawn

    for part in drawn(listed, most):
        out.print(part, soft_wrap=True)


@app.command()
@friendly
def settle(
    conflict: Annotated[str, typer.Argument(metavar="ID", help="The conflict, or the first letters of it.")],
    reason: Reason,
    again: Annotated[bool, typer.Option("--open", help="Take it back: the conflict is open again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a conflict off the list, because it is none. It comes back when one of the two statements changes."""
    from gristmill.conflicting import settle as settle_conflict

    made = settle_conflict(open_workspace(), conflict, reason, getpass.getuser(), settled=not again)
    if as_json:
        print_json(made)
    else:
        out.print(f"Recorded: {made['conflict'][:8]} is {'open again' if again else 'settled'}.")


def _decide(document: str, decision: str, reason: str, as_json: bool) -> None:
    from gristmill.corpus.overruling import Decision
    from gristmill.dossiers import decide

    made = decide(open_workspace(), document, Decision(decision), reason, getpass.getuser())
    recorded: dict[str, Any] = {
        "document": made.document, "version": made.version, "decision": str(made.decision), "reason": made.reason,
        "who": made.who, "at": made.at, "next": "gristmill ingest",
    }  # fmt: skip
    if as_json:
        print_json(recorded)
    else:
        out.print(
            f"Recorded: {made.decision} {document}. It takes effect with [bold]gristmill ingest[/].", soft_wrap=True
        )
