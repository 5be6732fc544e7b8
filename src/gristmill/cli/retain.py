"""The command that lets go of what is no longer needed."""

from __future__ import annotations

from dataclasses import asdict

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json, waiting


@friendly
def retain(as_json: AsJson = False) -> None:
    """Let go of old receipts, index versions that no release needs, and table files that nothing refers to."""
    from gristmill.mill import working
    from gristmill.retaining import retain as let_go

    workspace = open_workspace()
    with waiting(as_json, "Tidying"), working(workspace, "retention"):
        gone = let_go(workspace)
    if as_json:
        print_json(asdict(gone))
    else:
        versions = ", ".join(map(str, gone.index_versions)) or "none"
        out.print(f"{gone.receipts:,} receipts, {gone.files:,} table files; index versions: {versions}.")
