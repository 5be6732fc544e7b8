"""Conflicts: two documents in force that say the same thing with different figures, for a person to settle."""

from gristmill.monitoring.conflicts.pairs import Conflict, find_conflicts
from gristmill.monitoring.conflicts.statements import Document, Statement, statements_of

__all__ = ["Conflict", "Document", "Statement", "find_conflicts", "statements_of"]
