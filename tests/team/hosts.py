"""A team's host of the tests' own, as `gristmill team` runs it: real PostgreSQL, Chroma, Dagster and service."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from gristmill.identity import Role
from gristmill.mill import STAGES, Run, working
from gristmill.service.state import Service
from gristmill.workspace import Workspace
from tests.service.mills import DOCUMENTS, PEOPLE, add_people
from tests.workspaces import write

_SETTINGS = """
default_groups = ["everyone"]
[[sources]]
location = "documents"
[[audience]]
pattern = "hr/**"
groups = ["hr"]
[parser]
workers = 1
[generator]
engine = "quote"
[answering]
answerable = 0.02
[corpus]
quality = { too_short = 0, only_repeated_lines = 1 }
max_bad_share = 1.0
leave_out_duplicates = false
[search]
bridge = false
exact_rows = 0
"""
# By what their commands are told from one another.
_MARKS = {
    "postgres": "postgres/data", "chroma": "chroma run", "code": "api grpc", "daemon": "dagster-daemon run",
    "dagster": r"dagster-webserver.*workspace\.yaml$", "dagster-read-only": "--read-only$",
    "service": "gristmill serve",
}  # fmt: skip
_PATIENCE_SECONDS = 300


@dataclass
class Host:
    """A running host."""

    root: Path
    process: subprocess.Popen[str]
    port: int

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def team(self) -> Path:
        return self.root / ".gristmill" / "team"

    def said(self) -> str:
        return (self.root / "said").read_text()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, for as long as a busy machine may need."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said() + self.logs()
            time.sleep(0.1)

    def logs(self) -> str:
        files = sorted((self.team / "logs").glob("*.log"))
        return "".join(f"\n--- {file.name}\n{file.read_text(errors='replace')[-1_500:]}" for file in files)

    def program(self, name: str) -> psutil.Process | None:
        """Return the process of one program."""
        mark = _MARKS[name]
        for one in psutil.Process(self.process.pid).children(recursive=True):
            try:
                command, parent = " ".join(one.cmdline()), one.parent()
                direct = parent is not None and "supervisord" in " ".join(parent.cmdline())
            except psutil.Error:
                continue
            if direct and re.search(mark, command) and "gristmill.team.launch" not in command:
                return one
        return None

    def left(self) -> list[str]:
        """Return the commands of processes that belong to this host and live."""
        found = []
        for one in psutil.process_iter(["cmdline", "pid"]):
            command = " ".join(one.info["cmdline"] or [])
            if str(self.root) in command and one.pid != os.getpid() and "pytest" not in command:
                found.append(command)
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)


def start_host(root: Path) -> Host:
    """Start a host on free ports."""
    write(root / "documents", DOCUMENTS)
    (root / "gristmill.toml").write_text(_SETTINGS)
    names = ("POSTGRES_PORT", "CHROMA_PORT", "CODE_PORT", "DAGSTER_PORT", "DAGSTER_READ_ONLY_PORT")
    *team, service = _free_ports(len(names) + 1)
    ports = {f"GRISTMILL_TEAM__{name}": str(port) for name, port in zip(names, team, strict=True)}
    stated = {"GRISTMILL_SETTINGS": str(root / "gristmill.toml"), "GRISTMILL_SERVICE__PORT": str(service)}
    command = [sys.executable, "-m", "gristmill.cli", "team"]
    with (root / "said").open("w") as said:
        process = subprocess.Popen(
            command, cwd=root, env=os.environ | ports | stated, stdout=said, stderr=subprocess.STDOUT, text=True
        )
    return Host(root, process, service)


def ingest(workspace: Workspace) -> None:
    """Bring the host's documents into its index, beside the running host."""
    run = Run(workspace, workspace.sources())
    with working(workspace, "test"):
        for stage in STAGES:
            stage(run)


def keys(workspace: Workspace) -> dict[str, str]:
    """Add the mill's people and return a key of each."""
    people: dict[str, tuple[Role, tuple[str, ...]]] = PEOPLE
    return add_people(Service.over(workspace), people)


def _free_ports(count: int) -> list[int]:
    opened = [socket.socket() for _ in range(count)]
    try:
        for one in opened:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in opened]
    finally:
        for one in opened:
            one.close()
