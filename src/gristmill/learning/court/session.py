"""One session of the court: every piece of feedback gets its verdict, and what did not change is left alone.

Findings are kept by what they depend on, so only new feedback, and all of it after a new release or changed documents,
is examined; voices are counted anew each time. The same feedback and the same release give the same verdicts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from gristmill.answering.draft import Tools
from gristmill.corpus.report import Change, Progress, StageReport
from gristmill.learning.court.clusters import clusters_of
from gristmill.learning.court.deciding import decide
from gristmill.learning.court.findings import Examiner, Finding
from gristmill.learning.court.kept import KeptFindings
from gristmill.learning.court.pieces import Piece, pieces_of
from gristmill.learning.court.verdicts import Standing, Verdict, write_verdicts
from gristmill.learning.court.voices import hear
from gristmill.settings import LearningSettings
from gristmill.storage.database import Database
from gristmill.storage.lake import Lake


def hold_court(
    lake: Lake,
    database: Database,
    tools: Tools,
    kept: KeptFindings,
    settings: LearningSettings,
    progress: Progress,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> StageReport:
    """Bring the table `feedback_verdicts` up to date with the interactions, the documents and the release in force.

    Args:
        lake: holds interactions and verdicts.
        database: knows people, their groups and roles.
        tools: of the release in force; questions are replayed with them.
        kept: findings of earlier sessions.
        settings: caps and how many must agree.
        progress: told of each piece that is examined.
        now: the clock.
    """
    began = time.perf_counter()
    pieces = pieces_of(lake, database)
    findings, examined = _examined(pieces, Examiner(tools), kept, progress)
    clusters = clusters_of(piece.question for piece in pieces)
    verdicts = decide(pieces, findings, clusters, hear(pieces, findings, clusters, settings), settings)
    changed = write_verdicts(lake, verdicts, now())
    return _report(verdicts, changed, examined, time.perf_counter() - began)


def _examined(
    pieces: Sequence[Piece], examiner: Examiner, kept: KeptFindings, progress: Progress
) -> tuple[Mapping[str, Finding], int]:
    known = kept.read()
    keys = {piece.feedback: examiner.key(piece) for piece in pieces}
    new = [piece for piece in pieces if keys[piece.feedback] not in known]
    progress.start("court", len(new))
    try:
        for piece in new:
            known[keys[piece.feedback]] = examiner.examine(piece)
            progress.advance()
    finally:
        # What was examined before a stop is not examined again.
        wanted = set(keys.values())
        kept.write({key: finding for key, finding in known.items() if key in wanted})
    return {piece.feedback: known[keys[piece.feedback]] for piece in pieces}, len(new)


def _report(verdicts: Sequence[Verdict], changed: Sequence[Verdict], examined: int, seconds: float) -> StageReport:
    standings = Counter(verdict.standing for verdict in verdicts)
    numbers = {
        "feedback": len(verdicts),
        **{str(standing): standings[standing] for standing in Standing},
        "examined": examined,
        "changed": len(changed),
        "seconds": round(seconds, 3),
    }
    changes = [Change(v.question, f"{v.standing}: {v.cause}", v.reason) for v in changed]
    return StageReport.of("feedback_verdicts", numbers, changes)
