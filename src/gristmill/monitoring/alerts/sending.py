"""Sending alerts through Apprise: e-mail, chat, webhooks, by the addresses in the environment. No other network use."""

from __future__ import annotations

import os
from collections.abc import Callable

from gristmill.monitoring.alerts.alert import Alert, Severity
from gristmill.settings import AlertSettings

# Says whether everybody was reached.
Send = Callable[[Alert], bool]


def send_by_apprise(settings: AlertSettings) -> Send | None:
    """Return what sends to the addresses in the environment; None when there are none."""
    urls = os.environ.get(settings.urls_variable, "").split()
    if not urls:
        return None

    def send(alert: Alert) -> bool:
        from apprise import Apprise, NotifyFormat, NotifyType

        kinds = {
            Severity.INFO: NotifyType.INFO,
            Severity.WARNING: NotifyType.WARNING,
            Severity.ERROR: NotifyType.FAILURE,
        }
        post = Apprise()
        for url in urls:
            post.add(url)
        title = f"Gristmill: {alert.title}"
        done = post.notify(alert.body, title, notify_type=kinds[alert.severity], body_format=NotifyFormat.TEXT)
        return bool(done)

    return send
