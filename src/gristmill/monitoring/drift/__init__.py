"""Drift: whether what comes in now is like what the release in force was chosen on. No orchestrator in it."""

from gristmill.monitoring.drift.monitor import Example, Judged, State, Verdict, judge
from gristmill.monitoring.drift.page import as_page
from gristmill.monitoring.drift.shift import ALPHA, LEAST, Shift, compare
from gristmill.monitoring.drift.streams import Item, Stream

__all__ = [
    "ALPHA",
    "LEAST",
    "Example",
    "Item",
    "Judged",
    "Shift",
    "State",
    "Stream",
    "Verdict",
    "as_page",
    "compare",
    "judge",
]
