"""What must hold of the verdicts before anything is learnt from them, in the words of `corpus/checks.py`."""

from __future__ import annotations

from collections import Counter, defaultdict

from gristmill.corpus.checks import CheckResult, found, result
from gristmill.corpus.ledger import accepted
from gristmill.identity import may_see
from gristmill.learning.court.pieces import reviewers_of
from gristmill.learning.court.verdicts import Standing, read_verdicts
from gristmill.storage.database import Database
from gristmill.storage.lake import Lake
from gristmill.storage.tables import INTERACTIONS

_AGAIN = "Materialise 'feedback_verdicts' again."


def check_verdicts(lake: Lake, database: Database, per_day: int) -> CheckResult:
    """Check that each piece has one verdict with a reason, and what is confirmed is permitted and within the caps.

    Args:
        lake: holds the verdicts.
        database: knows who reviews; reviewers have no cap.
        per_day: pieces of one person in a day that may count.
    """
    verdicts = read_verdicts(lake)
    given = set(lake.read(INTERACTIONS)["feedback"].explode().struct.field("feedback").drop_nulls().to_list())
    told = Counter(verdict.feedback for verdict in verdicts)
    audiences = dict(accepted(lake).select("document", "audience").iter_rows())
    confirmed = [verdict for verdict in verdicts if verdict.standing is Standing.CONFIRMED]
    hidden = [
        v.feedback for v in confirmed if not all(may_see(audiences.get(e.document, ()), v.groups) for e in v.evidence)
    ]
    bare = [v.feedback for v in confirmed if v.answer and not v.evidence]
    days: dict[tuple[str, str], int] = defaultdict(int)
    reviewers = reviewers_of(database)
    for verdict in confirmed:
        days[verdict.person, f"{verdict.at:%Y-%m-%d}"] += 1
    many = [
        f"{person} on {day}"
        for (person, day), count in days.items()
        if count > per_day and reviewers is not None and person not in reviewers
    ]
    return result(
        {"feedback": len(given), "verdicts": len(verdicts), "confirmed": len(confirmed)},
        (
            found("pieces of feedback have no verdict, or more than one.",
                  sorted(name for name in given if told[name] != 1), _AGAIN),
            found("verdicts are on nothing that anybody said.", sorted(told.keys() - given), _AGAIN),
            found("verdicts have no reason.", [v.feedback for v in verdicts if not v.reason.strip()], _AGAIN),
            found("confirmed answers rest on what their author may not see.", hidden, _AGAIN),
            found("confirmed answers rest on nothing.", bare, _AGAIN),
            found("people have more confirmed in a day than one person may.", many, _AGAIN),
        ),
    )  # fmt: skip
