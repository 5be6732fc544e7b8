"""Learning from use in an installation: the court over its feedback, and what follows from that.

The command line and the assets learn through here. What the court does stands in `learning.court`.
"""

from __future__ import annotations

from dataclasses import replace

from gristmill.asking import Answerer
from gristmill.corpus.report import Progress, Silent, StageReport
from gristmill.learning.court import hold_court
from gristmill.learning.court.kept import KeptFindings
from gristmill.learning.interactions import export_interactions
from gristmill.workspace import Workspace

SILENT = Silent()


def judge_feedback(workspace: Workspace, progress: Progress = SILENT) -> StageReport:
    """Give every piece of feedback in the lake its verdict, replayed against the release in force.

    Raises:
        SearchIndexError: there is no index yet.
    """
    # Nothing kept is replayed, and nothing leaves the machine for a replay.
    tools = replace(Answerer(workspace).tools, cache=None, router=None)
    kept = KeptFindings(workspace.home)
    return hold_court(workspace.lake, workspace.database, tools, kept, workspace.settings.learning, progress)


def court(workspace: Workspace, progress: Progress = SILENT) -> list[StageReport]:
    """Copy what is new to the lake, and judge it."""
    copied = export_interactions(workspace.database, workspace.lake, progress)
    return [copied, judge_feedback(workspace, progress)]
