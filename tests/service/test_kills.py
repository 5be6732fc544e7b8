"""Feedback that is sent again and again while the service is killed is stored exactly once."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from gristmill.service.app import create_app
from gristmill.storage.records import EventRow, FeedbackRow
from tests.service.conftest import MakeMill
from tests.service.mills import Mill, opened_at

# `GRISTMILL_FEEDBACK_KILLS=1000 pytest tests/service/test_kills.py` is thorough.
TRIALS = int(os.environ.get("GRISTMILL_FEEDBACK_KILLS", "12"))
SENT = 5


@pytest.mark.slow
def test_feedback_sent_five_times_under_kills_is_one_row_and_one_event(make_mill: MakeMill, tmp_path: Path) -> None:
    limits = {"per_minute": 10_000_000, "questions_per_day": 10_000_000}
    mill = make_mill(service={"limits": limits})
    receipt = mill.ask("ann")["receipt"]
    mill.workspace.database.close()
    chance, killed = random.Random(7), 0
    for trial in range(TRIALS):
        said = {"receipt": receipt, "rating": "down", "reason": "other", "correction": str(trial)}
        for _ in range(SENT - 1):
            killed += send_and_be_killed(mill, tmp_path, said, f"trial-{trial}", chance.uniform(0, 0.2))
        sent = mill.post("ann", "/api/feedback", said, **{"Idempotency-Key": f"trial-{trial}"})
        assert sent.status_code == 201
        assert count(mill) == (trial + 1, trial + 1)
    assert killed > TRIALS / 2
    assert mill.service.journal.verify().problems == ()


def send_and_be_killed(mill: Mill, root: Path, said: dict[str, str], submission: str, seconds: float) -> bool:
    """Send feedback to a service in a process of its own, which is killed meanwhile. Returns whether it was at work."""
    child = os.fork()
    if child == 0:
        app = create_app(opened_at(root))
        client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5_000))
        app.state.service.current._serving = mill.service.current._serving
        headers = mill.headers("ann") | {"Idempotency-Key": submission}
        client.post("/api/feedback", json=said, headers=headers)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def count(mill: Mill) -> tuple[int, int]:
    """Return the pieces of feedback, and the events that tell of them."""
    with mill.workspace.database.reading() as session:
        rows = session.scalar(select(func.count()).select_from(FeedbackRow))
        events = session.scalar(select(func.count()).where(EventRow.action == "feedback.give"))
    return rows or 0, events or 0
