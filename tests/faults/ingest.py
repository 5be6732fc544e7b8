"""The program that the fault tests kill: one whole ingest, telling what it does, a line each.

python -m tests.faults.ingest HOME FOLDER real|fake
"""

from __future__ import annotations

import sys
from pathlib import Path

from gristmill.errors import GristmillError
from gristmill.mill import Run, grind
from gristmill.models.encoder import TransformerEncoder
from gristmill.settings import EncoderSettings
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.workspaces import workspace_at


class Told:
    """A progress that is printed."""

    def start(self, stage: str, total: int) -> None:
        self._stage = stage
        say("start", stage, str(total))

    def advance(self, steps: int = 1) -> None:
        say("advance", self._stage)


def workspace_of(home: Path, folder: Path, encoder: str) -> Workspace:
    """Return the workspace of the killed program, with the real encoder or the fake one."""
    chosen = TransformerEncoder(EncoderSettings()) if encoder == "real" else FakeEncoder()
    # The tests make copies and repetitions by the dozen; how many bad documents stop a run is not their matter.
    return workspace_at(home, folder, encoder=chosen, parser={"workers": 2}, corpus={"max_bad_share": 1.0})


def say(*words: str) -> None:
    print(*words, flush=True)  # noqa: T201 - this program speaks by its output


def main() -> None:
    """Ingest, and end with 2 when an error says why it cannot go on."""
    home, folder, encoder = sys.argv[1:]
    workspace = workspace_of(Path(home), Path(folder), encoder)
    say("ready")
    try:
        for report in grind(Run(workspace, workspace.sources(), progress=Told())):
            say("done", report.stage)
    except GristmillError as error:
        say("error", type(error).__name__, str(error))
        sys.exit(2)


if __name__ == "__main__":
    main()
