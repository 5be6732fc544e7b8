"""A finding of the gate: what is wrong with a document, in words its owner understands, and what they can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gristmill.corpus.outcome import Outcome
from gristmill.corpus.quality import Severity

_RECOVERIES = {
    Outcome.EMPTY: "Put the real file in its place, or delete it.",
    Outcome.LOCKED: "Save a copy without the password, and put it in its place.",
    Outcome.DAMAGED: "Open the file in its program and save it again, or restore it from a backup.",
    Outcome.TOO_LARGE: "Split the file, or raise the limit in gristmill.toml.",
    Outcome.NEEDS_OCR: "Install Tesseract, or put a copy with a text layer in its place.",
    Outcome.TIMED_OUT: "Split the file or save it in a simpler format; 'gristmill documents retry' tries it again.",
    Outcome.CRASHED: "Save the file in another format; 'gristmill documents retry' tries it again.",
    Outcome.UNREADABLE: "Check that the file can be opened; 'gristmill documents retry' tries it again.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a document: an error keeps it out, a warning is recorded beside it."""

    rule: str
    severity: Severity
    reason: str
    recovery: str

    def as_row(self) -> dict[str, str]:
        """The finding as the tables hold it."""
        return asdict(self) | {"severity": self.severity.value}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Finding:
        """The finding that a table holds."""
        return cls(row["rule"], Severity(row["severity"]), row["reason"], row["recovery"])


def error(rule: str, reason: str, recovery: str) -> Finding:
    """A finding that keeps the document out."""
    return Finding(rule, Severity.ERROR, reason, recovery)


def warning(rule: str, reason: str, recovery: str) -> Finding:
    """A finding that is recorded beside the document."""
    return Finding(rule, Severity.WARN, reason, recovery)


def errors(found: Iterable[Finding]) -> list[Finding]:
    """The findings that keep a document out."""
    return [finding for finding in found if finding.severity is Severity.ERROR]


def unreadable(outcome: str, reason: str) -> Finding:
    """The finding for a document that gave no text."""
    known = Outcome(outcome)
    return error(known.value.replace(" ", "_"), reason, _RECOVERIES[known])
