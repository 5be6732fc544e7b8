"""The programs of a team's host: how each is started, what it waits for, and how one sees that it is ready.

They are declared here once; supervisor's configuration follows from them, and so do the tests of `deploy/`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from gristmill.settings import Settings, is_loopback
from gristmill.team.cluster import Cluster, account

PREFIX = "/dagster"
"""The path of Dagster's UI, at its own address and behind the service's sign-in."""

DEFINITIONS = "gristmill.definitions"
LOCATION = "gristmill"
DATABASE, PEOPLE = "database", "people"
"""What a program can wait for besides an address: that the database answers, and that somebody was added to it."""

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Program:
    """One program of a team's host."""

    name: str
    command: tuple[str, ...]
    stops: int
    """In which turn it is stopped: those of turn 1 first."""
    ready: str
    """The address that answers when it is ready: `http://` or `tcp://`, or `database`."""
    needs: tuple[str, ...] = ()
    """Addresses that must answer before it is started."""
    user: str = ""
    signal: str = "TERM"


def programs(settings: Settings, cluster: Cluster | None, *, chroma: bool) -> list[Program]:
    """Return the programs of a host, in the order in which they are started.

    Args:
        settings: with all addresses in them.
        cluster: its own PostgreSQL, if it has one.
        chroma: whether it has a Chroma server of its own.
    """
    found = [] if cluster is None else [_postgres(cluster)]
    if chroma:
        found.append(_chroma(settings))
    return [*found, *_dagster(settings), _service(settings)]


def _postgres(cluster: Cluster) -> Program:
    # SIGINT disconnects who is connected; with SIGTERM it would wait for them.
    return Program("postgres", cluster.command(), 3, DATABASE, user=account(), signal="INT")


def _chroma(settings: Settings) -> Program:
    port = settings.team.chroma_port
    folder = settings.home_path / "team" / "chroma"
    command = (_script("chroma"), "run", "--path", str(folder), "--host", _HOST, "--port", str(port))
    return Program("chroma", command, 3, f"http://{_HOST}:{port}/api/v2/heartbeat")


def _dagster(settings: Settings) -> list[Program]:
    team, workspace = settings.team, str(settings.home_path / "dagster" / "workspace.yaml")
    code = f"tcp://{_HOST}:{team.code_port}"
    serve = (_script("dagster"), "api", "grpc", "-m", DEFINITIONS, "--location-name", LOCATION)
    found = [
        Program("code", (*serve, "-h", _HOST, "-p", str(team.code_port)), 2, code, (DATABASE,)),
        Program("daemon", (_script("dagster-daemon"), "run", "-w", workspace), 2, "", (DATABASE, code)),
    ]
    for name, port, more in (
        ("dagster", team.dagster_port, ()),
        ("dagster-read-only", team.dagster_read_only_port, ("--read-only",)),
    ):
        look = (_script("dagster-webserver"), "-h", _HOST, "-p", str(port), "-l", PREFIX, "-w", workspace, *more)
        found.append(Program(name, look, 2, f"http://{_HOST}:{port}{PREFIX}/server_info", (DATABASE, code)))
    return found


def _service(settings: Settings) -> Program:
    service = settings.service
    needs = (DATABASE,) if is_loopback(service.host) else (DATABASE, PEOPLE)
    anywhere = {"0.0.0.0": _HOST, "::": "[::1]"}  # noqa: S104 - only compared with
    host = anywhere.get(service.host, f"[{service.host}]" if ":" in service.host else service.host)
    return Program("service", (_script("gristmill"), "serve"), 1, f"http://{host}:{service.port}/healthz", needs)


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
