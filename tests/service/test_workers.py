"""Several processes behind one port: answers, limits and figures are one service's, and a lost one is replaced."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.processes import children, is_alive, wait_until
from tests.workspaces import write

pytestmark = pytest.mark.slow
ASKED = ["How often does the wheel turn?", "Who oils the bearing?", "What colour is the moon?"]
PER_MINUTE = 40


class Served:
    """A service of two processes, as the command line starts it."""

    def __init__(self, root: Path) -> None:
        write(root / "docs", {
            "wheel.md": "# Wheel\n\nThe wheel turns 12 times a minute.\n",
            "bearing.md": "# Bearing\n\nThe foreman oils the bearing on Mondays.\n",
        })  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        settings = f"""
            home = "home"
            generator.engine = "quote"
            search.bridge = false
            corpus.max_bad_share = 1.0
            answering.answerable = 0.1
            service.port = {self.port}
            service.workers = 2
            service.limits.per_minute = {PER_MINUTE}
            [[sources]]
            location = "docs"
            """
        write(root, {"gristmill.toml": "\n".join(line.strip() for line in settings.splitlines())})
        self._root = root
        assert self.command("ingest").wait(120) == 0
        self.process = self.command("serve")

    def command(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "gristmill.cli", *words], cwd=self._root, stdout=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith("GRISTMILL_")},
        )  # fmt: skip

    def call(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as given:
                return given.status, given.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ready(self) -> bool:
        try:
            return self.call("/readyz")[0] == 200
        except OSError:
            return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    try:
        wait_until(made.ready)
        yield made
    finally:
        made.process.terminate()
        made.process.wait(60)


def test_two_processes_answer_as_one_a_lost_one_is_replaced_and_both_stop_together(served: Served) -> None:
    def ask(question: str) -> tuple[int, int]:
        status, text = served.call("/api/ask", {"question": question})
        # Each call is a connection of its own: another process may be the one that tells of the receipt.
        return status, served.call(f"/api/receipts/{json.loads(text)['receipt']}")[0]

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, ASKED * 3)) == {(200, 200)}
    assert answers(served.call("/metrics")[1]) == 9

    lost = max(child for child in children(served.process.pid) if len(children(child)) == 0)
    os.kill(lost, signal.SIGKILL)
    wait_until(lambda: not is_alive(lost))
    # While its successor loads the models, nobody meets one that cannot answer yet.
    assert {ask(ASKED[0]) for _ in range(5)} == {(200, 200)}

    # Minutes are those of the clock: a new one may begin between two calls, and in one its minute is not known.
    asked: Counter[int] = Counter()
    answered: Counter[int] = Counter()
    while max(asked.values(), default=0) < 2 * PER_MINUTE:
        minute = int(time.time() // 60)
        status = served.call("/api/ask", {"question": ASKED[1]})[0]
        assert status in {200, 429}
        if int(time.time() // 60) == minute:
            asked[minute] += 1
            answered[minute] += status == 200
    assert 0 < max(answered.values()) <= PER_MINUTE, "the limit is one for both"

    family = children(served.process.pid)
    assert len(family) >= 2
    served.process.terminate()
    assert served.process.wait(60) in {0, -signal.SIGTERM}
    wait_until(lambda: not any(map(is_alive, family)))


def answers(told: str) -> int:
    """Return how many answers the figures count, however they ended."""
    lines = [line for line in told.splitlines() if line.startswith("gristmill_answers_total{")]
    return round(sum(float(line.rsplit(" ", 1)[1]) for line in lines))
