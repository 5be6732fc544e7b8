"""The two processes of a publication: one builds a staged version and ends, another one audits it.

They are processes of their own because a damaged Chroma store can crash whatever opens it, and because an audit in the
process that built would look at what is in memory, not at what is on disk. A small version without Chroma is built by
whoever publishes, and audited here. Progress goes to standard output, a line of JSON each.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gristmill.errors import GristmillError
from gristmill.processes import end_with_parent
from gristmill.search.audit import audit, copied_chroma
from gristmill.search.building import build_task
from gristmill.search.dense import STORED
from gristmill.search.rows import index_keys
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EMBEDDINGS


def say(told: Mapping[str, Any]) -> None:
    """Tell whoever started this process something of its task."""
    print(json.dumps(told), flush=True)  # noqa: T201 - this process speaks by its output


class Auditor:
    """Audits versions that were built from the tables at a URL."""

    def __init__(self, lake: str, kept_bytes: int = 0) -> None:
        self._lake = Lake(lake, kept_bytes)

    def practise(self) -> None:
        """Look into the tables: a first look takes twice as long, and what stays need not be read once more."""
        with suppress(GristmillError):  # whoever is given a task tells what is wrong
            index_keys(self._lake)
            self._lake.keep(EMBEDDINGS, [*STORED, "encoder"])

    def audit(self, task: Mapping[str, Any]) -> None:
        """Audit a version as a task says, and tell the findings."""
        folder = Path(task["folder"])
        # Opening Chroma writes to its files: opened is a copy, and what is published was never opened again.
        with TemporaryDirectory(prefix=f"{folder.name}-audit-", dir=task["scratch"] or None) as scratch:
            copy = copied_chroma(folder, Path(scratch))
            wanted = (lambda: set(index_keys(self._lake)["chunk"])) if task["wanted"] else None
            findings = audit(folder, wanted, task["budget"], self._lake, copy)
        say({"findings": [[f.check, f.message] for f in findings]})


def main() -> None:
    """Run `build` or `audit` as the first argument says, on the task that a line of standard input brings as JSON.

    The process is started before there is a task, so that its imports cost no time when there is one.
    """
    end_with_parent()
    line = sys.stdin.readline()
    if not line:  # whoever started this one needs it no more
        return
    task = json.loads(line)
    if sys.argv[1] == "build":
        build_task(task, lambda stage, done: say({"stage": stage, "done": done}))
        return
    Auditor(task["lake"]).audit(task)
    # All is told and nothing is open: whoever waits for the end need not wait until all objects are taken apart.
    os._exit(0)


if __name__ == "__main__":
    main()
