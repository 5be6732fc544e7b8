"""A process that is started ahead of need and helps a run to its end: it audits the new index, and moves the release.

A small change takes no longer than loading the library of the database does; here that is done while the documents are
looked at. What the assistant cannot do is left to whoever asked.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from gristmill.errors import GristmillError, SearchIndexError
from gristmill.processes import end_with_parent
from gristmill.release.decisions import Decision
from gristmill.release.manifest import Release
from gristmill.search.child import DONE, Child

_ADVANCED = "advanced"
# Of the stored vectors, with which those of the new index are compared.
_KEPT_BYTES = 64 * 1024 * 1024


class Assistant(Child):
    """The process, as the one that started it sees it."""

    @classmethod
    def start(cls, lake: str) -> Assistant:
        """Start one that looks into the tables at a URL once for practice."""
        return cls([sys.executable, "-m", __name__, lake])

    def look_ahead(self) -> None:
        """Have it look into the tables once more: what changed since it practised need not be read when it audits."""
        self.ask({"look": True})

    def advance(self, database: str, home: Path, release: Release, decision: Decision) -> bool:
        """Have a release advanced, as `Registry.advance` does, and say whether that was done."""
        asked = {"release": release.as_json(), "decision": decision.as_json()}
        self.ask({"advance": asked, "database": database, "home": str(home)})
        try:
            told = list(self.told())
        except SearchIndexError:
            return False
        return {_ADVANCED: True} in told


def _advance(task: dict[str, Any]) -> dict[str, Any]:
    from gristmill.release.registry import Registry
    from gristmill.storage.database import Database

    release = Release.from_json(task["advance"]["release"])
    decision = Decision.from_json(task["advance"]["decision"])
    try:
        with closing(Database(task["database"])) as database:
            Registry(database, Path(task["home"])).advance(release, decision)
    except GristmillError:
        return {_ADVANCED: False}  # whoever asked meets it again, and tells what is wrong
    return {_ADVANCED: True}


def main() -> None:
    """Practise, then do each task that a line of standard input brings, as JSON, until there are no more."""
    from gristmill.search import worker

    end_with_parent()
    auditor = worker.Auditor(sys.argv[1], _KEPT_BYTES)
    auditor.practise()
    import gristmill.release.registry  # noqa: F401 - what takes long to load is loaded before it is needed

    for line in sys.stdin:
        task = json.loads(line)
        if "look" in task:
            auditor.practise()
            continue
        if "advance" in task:
            worker.say(_advance(task))
        else:
            auditor.audit(task)
        worker.say(DONE)
    # All is told and nothing is open: whoever waits for the end need not wait until all objects are taken apart.
    os._exit(0)


if __name__ == "__main__":
    main()
