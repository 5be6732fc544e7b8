"""Each trouble is told once, not at night, and again when it comes back or nobody was reached."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from gristmill.monitoring.alerts import Alert, Outbox, Severity, send_by_apprise
from gristmill.settings import AlertSettings

TROUBLE = Alert("disk", Severity.WARNING, "the disk is nearly full", "1.0 GB are free.", "gristmill retain")


class Post:
    """A clock and a postman: what was sent, and whether it arrives."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.now, self.sent, self.reaches = datetime(2026, 11, 25, 12, tzinfo=UTC), list[Alert](), True
        self._home, self._settings = home, AlertSettings.model_validate(settings)

    @property
    def box(self) -> Outbox:
        return Outbox(self._home, self._settings, self._send, lambda: self.now)

    def _send(self, alert: Alert) -> bool:
        if self.reaches:
            self.sent.append(alert)
        return self.reaches


def test_a_trouble_is_told_once_while_it_lasts(tmp_path: Path) -> None:
    post = Post(tmp_path)
    for _ in range(50):
        post.box.tell(TROUBLE)
        post.now += timedelta(minutes=10)
    assert post.sent == [TROUBLE]
    [told] = post.box.listed()
    assert told.times == 50
    post.now += timedelta(days=1)
    post.box.tell(TROUBLE)
    assert len(post.sent) == 2


def test_what_was_over_and_comes_back_is_told_again(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.box.tell(TROUBLE)
    post.box.over("disk")
    post.box.over("never known")
    post.box.tell(TROUBLE)
    assert len(post.sent) == 2


def test_what_becomes_worse_is_told_again(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.box.tell(TROUBLE)
    post.box.tell(Alert("disk", Severity.ERROR, TROUBLE.title, "0.1 GB are free."))
    assert [alert.severity for alert in post.sent] == [Severity.WARNING, Severity.ERROR]


def test_at_night_only_errors_are_told_and_the_rest_in_the_morning(tmp_path: Path) -> None:
    post = Post(tmp_path, quiet_from=22, quiet_until=7)
    post.now = post.now.replace(hour=23)
    post.box.tell(TROUBLE)
    post.box.tell(Alert("index", Severity.ERROR, "damaged", "It is."))
    assert [alert.key for alert in post.sent] == ["index"]
    assert post.box.flush() == []
    post.now += timedelta(hours=8, minutes=1)
    assert [told.key for told in post.box.flush()] == ["disk"]
    assert post.box.flush() == []


def test_who_was_not_reached_is_told_later(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.reaches = False
    post.box.tell(TROUBLE)
    post.reaches = True
    post.box.flush()
    assert post.sent == [TROUBLE]


def test_what_is_not_severe_is_kept_and_not_sent(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.box.tell(Alert("note", Severity.INFO, "a note", "It is."))
    assert post.sent == []
    assert [told.key for told in post.box.listed()] == ["note"]


def test_without_addresses_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRISTMILL_ALERT_URLS", raising=False)
    assert send_by_apprise(AlertSettings()) is None


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A webhook on this machine, and what it was sent."""
    got: list[dict[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/", got
    server.shutdown()


def test_a_real_webhook_gets_the_trouble_and_the_command(
    webhook: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, got = webhook
    monkeypatch.setenv("GRISTMILL_ALERT_URLS", url)
    send = send_by_apprise(AlertSettings())
    assert send is not None
    assert send(TROUBLE)
    assert got[0]["title"] == "Gristmill: the disk is nearly full"
    assert "What helps: gristmill retain" in got[0]["message"]
    assert got[0]["type"] == "warning"
