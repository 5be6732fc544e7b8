"""The outbox: each trouble is told once while it lasts, not in quiet hours, and again when sending failed.

It is one file under a lock, so that two processes that notice the same trouble tell it once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gristmill.corpus.clock import Clock, now_utc
from gristmill.monitoring.alerts.alert import Alert, Severity
from gristmill.monitoring.alerts.sending import Send
from gristmill.settings import AlertSettings
from gristmill.storage.artifacts import write_durably
from gristmill.storage.locks import exclusive

# What was over for so long is forgotten; the journal of the orchestrator keeps it.
_FORGET = timedelta(days=90)


@dataclass(frozen=True)
class Told:
    """A trouble: what it is, since when and how often it was noticed, and whether people know."""

    key: str
    severity: str
    title: str
    text: str
    command: str
    first: str  # ISO 8601
    last: str
    times: int
    sent: str | None = None  # when it was last sent; None while it waits
    over: str | None = None  # when it ended

    @property
    def alert(self) -> Alert:
        """The alert that is sent."""
        return Alert(self.key, Severity(self.severity), self.title, self.text, self.command)


class Outbox:
    """The alerts of one installation."""

    def __init__(self, home: Path, settings: AlertSettings, send: Send | None, now: Clock = now_utc) -> None:
        self._file = home / "alerts.json"
        self._settings = settings
        self._send = send
        self._now = now

    def tell(self, alert: Alert) -> Told:
        """Notice a trouble; people are told when it is new, became worse, or goes on for long."""
        with self._changing() as known:
            at = self._now()
            before = known.get(alert.key)
            told = self._noticed(before, alert, at)
            known[alert.key] = self._sent(told, at) if self._is_due(told, at) else told
            return known[alert.key]

    def over(self, key: str) -> None:
        """Notice that a trouble ended; should it come again, it is told again."""
        with self._changing() as known:
            if key in known and known[key].over is None:
                known[key] = replace(known[key], over=self._now().isoformat())

    def flush(self) -> list[Told]:
        """Send what waited for the end of the quiet hours, or for the network; return what was sent now."""
        with self._changing() as known:
            at = self._now()
            due = [key for key, told in known.items() if told.over is None and self._is_due(told, at)]
            for key in due:
                known[key] = self._sent(known[key], at)
            return [known[key] for key in due if known[key].sent == at.isoformat()]

    def listed(self) -> list[Told]:
        """Return all troubles, newest first."""
        return sorted(self._read().values(), key=lambda told: told.last, reverse=True)

    def _noticed(self, before: Told | None, alert: Alert, at: datetime) -> Told:
        words = {"severity": str(alert.severity), "title": alert.title, "text": alert.text, "command": alert.command}
        if before is None or before.over is not None:
            return Told(alert.key, first=at.isoformat(), last=at.isoformat(), times=1, **words)
        worse = alert.severity.rank > Severity(before.severity).rank
        sent = None if worse else before.sent
        return replace(before, last=at.isoformat(), times=before.times + 1, sent=sent, **words)

    def _is_due(self, told: Told, at: datetime) -> bool:
        severity = Severity(told.severity)
        if severity.rank < Severity(self._settings.least).rank:
            return False
        if severity is not Severity.ERROR and self._is_quiet(at):
            return False
        again = timedelta(hours=self._settings.repeat_hours)
        return told.sent is None or at - datetime.fromisoformat(told.sent) >= again

    def _is_quiet(self, at: datetime) -> bool:
        start, end = self._settings.quiet_from, self._settings.quiet_until
        if start is None or start == end:
            return False
        return start <= at.hour < end if start < end else at.hour >= start or at.hour < end

    def _sent(self, told: Told, at: datetime) -> Told:
        # Without addresses there is nobody to tell; `gristmill alerts` shows it.
        reached = self._send(told.alert) if self._send is not None else True
        return replace(told, sent=at.isoformat()) if reached else told

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Told]]:
        with exclusive(self._file.with_suffix(".lock"), "alerts", wait=True):
            known = self._read()
            yield known
            oldest = (self._now() - _FORGET).isoformat()
            kept = [asdict(told) for told in known.values() if told.over is None or told.over >= oldest]
            write_durably(self._file, json.dumps(kept, indent=2))

    def _read(self) -> dict[str, Told]:
        try:
            return {fields["key"]: Told(**fields) for fields in json.loads(self._file.read_text())}
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return {}
