"""The processes of one installation: code server, daemon, webserver, service; started, killed and started again.

What they do is asked of Dagster's own history and web API; nothing here decides what should have happened.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import httpx

from gristmill.team.addresses import as_driver
from tests.faults.runs import processes_of_session

REPOSITORY = Path(__file__).parents[2]
_HOST = "127.0.0.1"
_STORAGE = "\nstorage:\n  postgres:\n    postgres_url: {url}\n"


class DrillError(AssertionError):
    """Something did not come about in time."""


def waited(what: str, holds: Callable[[], Any], seconds: float, every: float = 1.0) -> Any:
    """Wait until something holds and return what it is.

    Raises:
        DrillError: it did not hold in time.
    """
    until = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > until:
            raise DrillError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)
    return found


@dataclass
class Process:
    """One process in a session of its own, so that all that it started can be found and killed."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str]
    folder: Path
    running: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, stdout=log, stderr=subprocess.STDOUT, env=dict(self.environment), cwd=self.folder,
                start_new_session=True,
            )  # fmt: skip
        self.starts += 1

    def kill(self) -> None:
        """Kill it with SIGKILL; what it started lives on, as after any crash."""
        assert self.running is not None
        self.running.kill()
        self.running.wait()

    def stop(self) -> None:
        """End it and all that it started."""
        if self.running is None:
            return
        self.running.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(timeout=10)
        for process in processes_of_session(self.running.pid):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.running.wait()
        self.running = None


@dataclass
class House:
    """An installation below `root`, with all its processes."""

    root: Path
    database: str | None = None  # SQLAlchemy URL of a PostgreSQL; SQLite files when there is none
    alerts: str = ""  # where alerts are sent
    processes: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = {name: _free_port() for name in ("code", "web", "service")}
        self.dagster_home = self.root / "dagster"
        self.logs = self.root / "logs"
        for folder in (self.dagster_home, self.logs, self.root / "documents"):
            folder.mkdir(parents=True, exist_ok=True)
        storage = "" if self.database is None else _STORAGE.format(url=_of_dagster(self.database, "dagster"))
        config = (REPOSITORY / "dagster.yaml").read_text() + storage
        (self.dagster_home / "dagster.yaml").write_text(config)
        (self.root / "workspace.yaml").write_text(
            f"load_from:\n  - grpc_server:\n      host: {_HOST}\n      port: {self.ports['code']}\n"
            "      location_name: gristmill\n"
        )
        for name, command in self._commands().items():
            log = self.logs / f"{name}.log"
            self.processes[name] = Process(name, command, log, self.environment(), self.root)

    @property
    def home(self) -> Path:
        """Gristmill's home."""
        return self.root / "home"

    @property
    def web(self) -> str:
        """Where Dagster's pages are."""
        return f"http://{_HOST}:{self.ports['web']}"

    @property
    def service(self) -> str:
        """Where people ask."""
        return f"http://{_HOST}:{self.ports['service']}"

    def environment(self) -> dict[str, str]:
        """Return the environment of all processes."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("GRISTMILL_")}
        own = {
            "DAGSTER_HOME": str(self.dagster_home),
            "GRISTMILL_SETTINGS": str(self.root / "gristmill.toml"),
            "GRISTMILL_HOME": str(self.home),
            "GRISTMILL_SERVICE__PORT": str(self.ports["service"]),
            "GRISTMILL_ALERT_URLS": self.alerts,
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)]),
            "PYTHONWARNINGS": "ignore",
            "TOKENIZERS_PARALLELISM": "false",
        }
        if self.database is not None:
            own["GRISTMILL_DATABASE"] = f"{self.database.rpartition('/')[0]}/gristmill"
        return mine | own

    def start(self, *names: str) -> None:
        """Start processes and wait until they answer."""
        for name in names:
            self.processes[name].start()
            waited(f"the {name}", partial(self.is_up, name), 240)

    def kill(self, name: str) -> None:
        """Kill a process."""
        self.processes[name].kill()

    def close(self) -> None:
        """End everything."""
        for name in ("service", "daemon", "web", "code"):
            self.processes[name].stop()

    def is_up(self, name: str) -> bool:
        """Say whether a process does its work."""
        process = self.processes[name].running
        if process is None or process.poll() is not None:
            raise DrillError(f"the {name} ended: {self.processes[name].log.read_text()[-2000:]}")
        if name == "code":
            return _listens(self.ports["code"])
        if name == "web":
            return self._locations() == ["gristmill"]
        if name == "service":
            with suppress(httpx.HTTPError):
                return httpx.get(f"{self.service}/healthz", timeout=5).status_code == 200
            return False
        return bool(self.heartbeats())

    def heartbeats(self) -> set[str]:
        """Return the daemons that gave a sign of life since the daemon was started last."""
        process = self.processes["daemon"].running
        assert process is not None
        began = _started_at(process.pid)
        with self.instance() as instance:
            found = instance.get_daemon_heartbeats()
        return {name for name, beat in found.items() if beat.timestamp >= began}

    def instance(self) -> dg.DagsterInstance:
        """Return the history, to be read."""
        return dg.DagsterInstance.from_config(str(self.dagster_home))

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask Dagster's web API.

        Raises:
            DrillError: it told of errors.
        """
        answer = httpx.post(f"{self.web}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        if answer.get("errors"):
            raise DrillError(json.dumps(answer["errors"])[:2000])
        data: dict[str, Any] = answer["data"]
        return data

    def _locations(self) -> list[str]:
        query = (
            "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus "
            "locationOrLoadError { __typename ... on PythonError { message } } } } } }"
        )
        try:
            entries = self.ask(query)["workspaceOrError"]["locationEntries"]
        except (httpx.HTTPError, ValueError):
            return []
        for entry in entries:
            if entry["loadStatus"] == "LOADED" and entry["locationOrLoadError"]["__typename"] == "PythonError":
                raise DrillError(entry["locationOrLoadError"]["message"])
        return [entry["name"] for entry in entries if entry["loadStatus"] == "LOADED"]

    def _commands(self) -> dict[str, list[str]]:
        dagster = [sys.executable, "-m", "dagster"]
        workspace = ["-w", str(self.root / "workspace.yaml")]
        port = {name: str(number) for name, number in self.ports.items()}
        code = ["-m", "gristmill.definitions", "-h", _HOST, "-p", port["code"], "--location-name", "gristmill"]
        return {
            "code": [*dagster, "api", "grpc", *code],
            "daemon": [*dagster[:2], "dagster._daemon", "run", *workspace],
            "web": [*dagster[:2], "dagster_webserver", *workspace, "-h", _HOST, "-p", port["web"]],
            "service": [str(Path(sys.executable).with_name("gristmill")), "serve"],
        }


def emptied(folder: Path) -> Path:
    """Return a folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _of_dagster(url: str, database: str) -> str:
    """Dagster speaks to PostgreSQL through psycopg2 alone; where none is named, SQLAlchemy chooses another."""
    return as_driver(url, "psycopg2").rpartition("/")[0] + f"/{database}"


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind((_HOST, 0))
        return int(opened.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as opened:
        return opened.connect_ex((_HOST, port)) == 0


def _started_at(process: int) -> float:
    """Return when a process was started, as seconds of the clock."""
    return Path(f"/proc/{process}").stat().st_ctime
