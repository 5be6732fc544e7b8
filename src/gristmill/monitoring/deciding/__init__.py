"""When something is to be done: pure functions of what is known and the time. What runs is not known here."""

from gristmill.monitoring.deciding.documents import Listing, decide_on_documents, listed
from gristmill.monitoring.deciding.learning import FeedbackStanding, decide_on_feedback
from gristmill.monitoring.deciding.looking import decide_on_looking
from gristmill.monitoring.deciding.memory import Decision, Memory
from gristmill.monitoring.deciding.quality import Fall, Lived, falls

__all__ = [
    "Decision", "Fall", "FeedbackStanding", "Listing", "Lived", "Memory", "decide_on_documents", "decide_on_feedback",
    "decide_on_looking", "falls", "listed",
]  # fmt: skip
