"""Alerts: what people are told, once, at a time when they want to hear it, with the command that helps."""

from gristmill.monitoring.alerts.alert import Alert, Severity
from gristmill.monitoring.alerts.outbox import Outbox, Told
from gristmill.monitoring.alerts.sending import Send, send_by_apprise

__all__ = ["Alert", "Outbox", "Send", "Severity", "Told", "send_by_apprise"]
