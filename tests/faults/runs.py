"""Starting, watching and killing the ingesting program, and what must hold after every kill."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gristmill.identity import Asker
from gristmill.search.index import open_current
from gristmill.search.retrieval import Query, retrieve
from gristmill.search.version import hash_files
from gristmill.workspace import Workspace
from tests.processes import wait_until

_WORDS = (
    "wheel",
    "sluice",
    "bearing",
    "oil",
    "weir",
    "spring",
    "the",
    "a",
    "of",
    "to",
    "turns",
    "opens",
    "by",
    "at",
    "day",
)


class Ingest:
    """One running ingest, in a session of its own, so that all its processes can be found and killed."""

    def __init__(self, home: Path, folder: Path, encoder: str = "fake") -> None:
        command = [sys.executable, "-m", "tests.faults.ingest", str(home), str(folder), encoder]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.said: list[str] = []
        self.wait_for("ready")
        self.began = time.monotonic()

    def lines(self) -> Iterator[str]:
        """Yield what it says until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.strip())
            yield self.said[-1]

    def wait_for(self, beginning: str) -> None:
        """Read on until it says a line that begins so."""
        assert any(line.startswith(beginning) for line in self.lines()), f"never said {beginning}: {self.said}"

    def finish(self) -> float:
        """Wait for its good end; return the seconds since it was ready."""
        assert self._end() == 0, "\n".join(self.said)
        return time.monotonic() - self.began

    def error(self) -> str:
        """Wait for its end by an error of its own; return what it said."""
        assert self._end() == 2, "\n".join(self.said)
        return next(line for line in self.said if line.startswith("error"))

    def _end(self) -> int:
        # Not communicate(): it passes by what lines() has read ahead.
        for _ in self.lines():
            pass
        return self.process.wait()

    def kill_after(self, seconds: float, *, whole_group: bool) -> bool:
        """Kill it so long after it was ready; return False when it had ended before."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(0.0, self.began + seconds - time.monotonic()))
            return False
        self.kill(whole_group=whole_group)
        return True

    def kill(self, *, whole_group: bool) -> None:
        """Kill the main process or all, and wait until the last of its processes is gone by itself."""
        if whole_group:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        wait_until(lambda: not processes_of_session(self.process.pid))


def processes_of_session(session: int) -> set[int]:
    """Return the living processes of a session."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and int(fields[3]) == session:
                    found.add(int(folder.name))
    return found


def assert_answers(workspace: Workspace, question: str) -> int | None:
    """Open the version in force, if there is one, check that it is whole and ask it; return its number."""
    number = workspace.index_store.current()
    if number is None:
        return None
    index = open_current(workspace.index_store)
    found = hash_files(index.folder)
    assert {name: found[name] for name in index.manifest.files} == index.manifest.files
    query = Query(question, workspace.encoder.encode([question])[0], None, Asker())
    assert retrieve(index, query, workspace.settings.search)
    return number


def sentences(draw: random.Random, count: int) -> str:
    """Return a text that does not repeat itself, so that it is accepted."""
    return " ".join(f"{' '.join(draw.choices(_WORDS, k=draw.randint(6, 14))).capitalize()}." for _ in range(count))


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small disk in memory on a folder."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True, capture_output=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
