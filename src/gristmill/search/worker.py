"""The two processes of a publication: one builds a staged version and ends, another one audits it.

They are processes of their own because a damaged Chroma store can crash whatever opens it, and because an audit in the
process that built would look at what is in memory, not at what is on disk. A small version without Chroma is built by
whoever publishes, and audited here. Progress goes to standard output, a line of JSON each.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gristmill.processes import end_with_parent
from gristmill.search.audit import audit, copied_chroma
from gristmill.search.building import build_task
from gristmill.search.rows import index_keys
from gristmill.storage.lake import Lake


def _say(stage: str, done: int) -> None:
    print(json.dumps({"stage": stage, "done": done}), flush=True)  # noqa: T201 - this process speaks by its output


def _audit(task: dict[str, Any]) -> None:
    folder, lake = Path(task["folder"]), Lake(task["lake"])
    wanted = set(index_keys(lake)["chunk"]) if task["wanted"] else None
    # Opening Chroma writes to its files: opened is a copy, and what is published was never opened again.
    with TemporaryDirectory(prefix=f"{folder.name}-audit-", dir=task["scratch"] or None) as scratch:
        copy = copied_chroma(folder, Path(scratch))
        findings = audit(folder, wanted, task["budget"], lake, copy)
    print(json.dumps({"findings": [[f.check, f.message] for f in findings]}), flush=True)  # noqa: T201


def main() -> None:
    """Run `build` or `audit` as the first argument says; each line of standard input is JSON with one task.

    The process is started before there is a task, so that its imports cost no time when there is one.
    """
    end_with_parent()
    line = sys.stdin.readline()
    if not line:  # whoever started this one needs it no more
        return
    task = json.loads(line)
    if sys.argv[1] == "build":
        build_task(task, _say)
    else:
        _audit(task)
    gc.freeze()  # whoever waits for the end waits for no search for garbage


if __name__ == "__main__":
    main()
