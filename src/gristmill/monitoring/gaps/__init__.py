"""Missing knowledge: what people asked in vain, gathered into the documents that should be written or corrected."""

from gristmill.monitoring.gaps.clusters import Gap, gather
from gristmill.monitoring.gaps.failed import FailedQuestion, failed_questions

__all__ = ["FailedQuestion", "Gap", "failed_questions", "gather"]
