"""Every error that Gristmill raises on purpose, in one tree.

    GristmillError
    ├── SettingsError          a setting is missing, malformed or contradicts another
    ├── SourceError            a source cannot be listed or read
    ├── ParseError             a document gives no text: damaged, locked, too large, too slow
    ├── ModelError             weights are missing, or are not the weights that were pinned
    ├── StorageError           a table, database or artifact cannot be read or written
    │   ├── BusyError          another process holds the lock
    │   └── FencedError        a newer publisher took over; nothing was published
    ├── SearchIndexError       the search index is missing, incomplete or damaged
    │   └── AuditError         a staged index did not pass its audit and was not published
    ├── GateError              a stored decision forbids the step
    ├── AccessError            a person, key or right is missing
    └── FeedbackError          feedback contradicts what was stored before

A message says what happened, to which document or setting, and what to do. `remedy` is the last part alone, for
interfaces that show it apart.
"""

from __future__ import annotations

__all__ = [
    "AccessError",
    "AuditError",
    "BusyError",
    "FeedbackError",
    "FencedError",
    "GateError",
    "GristmillError",
    "ModelError",
    "ParseError",
    "SearchIndexError",
    "SettingsError",
    "SourceError",
    "StorageError",
]


class GristmillError(Exception):
    """An error with a cause a person can understand and a remedy they can apply."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class SettingsError(GristmillError):
    """A setting is missing, malformed or contradicts another."""


class SourceError(GristmillError):
    """A source cannot be listed or read."""


class ParseError(GristmillError):
    """A document gives no text: damaged, locked, too large or too slow."""


class ModelError(GristmillError):
    """Weights are missing, or are not the weights that were pinned."""


class StorageError(GristmillError):
    """A table, database or artifact cannot be read or written."""


class BusyError(StorageError):
    """Another process holds the lock."""


class FencedError(StorageError):
    """A newer publisher took over; nothing was published."""


class SearchIndexError(GristmillError):
    """The search index is missing, incomplete or damaged."""


class AuditError(SearchIndexError):
    """A staged index did not pass its audit and was not published."""


class GateError(GristmillError):
    """A stored decision forbids the step."""


class AccessError(GristmillError):
    """A person, key or right is missing."""


class FeedbackError(GristmillError):
    """Feedback contradicts what was stored before."""
