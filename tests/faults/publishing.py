"""The program that the kill tests of publishing kill: it builds, audits and publishes, and tells when it has.

python -m tests.faults.publishing HOME FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from gristmill.mill import Run, search_index, working
from gristmill.workspace import Workspace
from tests.workspaces import workspace_at


def workspace_of(home: Path, folder: Path) -> Workspace:
    """Return the workspace of the killed program; its versions have all parts, Chroma too."""
    return workspace_at(home, folder, search={"bridge": False, "approximate": "always", "keep_versions": 2})


def main() -> None:
    """Publish."""
    workspace = workspace_of(*map(Path, sys.argv[1:3]))
    print("ready", flush=True)  # noqa: T201 - this program speaks by its output
    with working(workspace, "publish"):
        report = search_index(Run(workspace, ()))
    print("published", int(report.numbers["published"]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
