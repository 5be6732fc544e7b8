from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gristmill.errors import BusyError
from gristmill.storage.locks import exclusive

_HOLD = """
import sys, time
from pathlib import Path
from gristmill.storage.locks import exclusive
with exclusive(Path(sys.argv[1]), "grinding"):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def another_process_holding(lock: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(lock)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_and_told_who_is_at_work(tmp_path: Path) -> None:
    with another_process_holding(tmp_path / "lock") as holder:
        with pytest.raises(BusyError) as refused, exclusive(tmp_path / "lock", "ingest"):
            pass
        assert f"Process {holder.pid} " in refused.value.message
        assert "grinding" in refused.value.message
        assert refused.value.remedy


def test_a_killed_process_leaves_the_lock_free(tmp_path: Path) -> None:
    with another_process_holding(tmp_path / "lock") as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with exclusive(tmp_path / "lock", "ingest"):
            assert str(os.getpid()) in (tmp_path / "lock").read_text()


def test_the_same_process_cannot_take_the_lock_twice(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock", "ingest"), pytest.raises(BusyError), exclusive(tmp_path / "lock", "again"):
        pass


def test_the_lock_is_free_after_the_block_even_when_that_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path / "lock", "ingest"):
        raise ZeroDivisionError
    with exclusive(tmp_path / "lock", "ingest"):
        pass


def test_a_holder_that_left_no_readable_name_is_still_busy(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with exclusive(lock, "ingest"):
        lock.write_text("")
        with pytest.raises(BusyError, match="Another process"), exclusive(lock, "again"):
            pass


def test_a_waiting_process_gets_the_lock_when_its_holder_dies(tmp_path: Path) -> None:
    with another_process_holding(tmp_path / "lock") as holder:
        waiting = subprocess.Popen(
            [sys.executable, "-c", _HOLD.replace('"grinding"', '"waiting", wait=True'), str(tmp_path / "lock")],
            stdout=subprocess.PIPE,
            text=True,
        )
        holder.kill()
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "held\n"
        waiting.kill()
        waiting.communicate()


def test_a_lock_is_not_inherited_by_child_processes(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock", "ingest"):
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with exclusive(tmp_path / "lock", "ingest"):
        pass
    child.communicate()
