"""A team's host from start to stop: prepared, started, told of, kept, ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import FrameType
from urllib.request import ProxyHandler, Request, build_opener

from gristmill.access.people import People
from gristmill.errors import StorageError
from gristmill.settings import Settings, StatedSettings, is_loopback, load_settings
from gristmill.storage.locks import exclusive
from gristmill.team.addresses import Addresses, check_ports, create_database
from gristmill.team.dagster_home import write_dagster_home
from gristmill.team.launch import is_ready
from gristmill.team.moving import begun_with_sqlite, move
from gristmill.team.programs import PREFIX, Program, programs
from gristmill.team.supervision import supervised, wait_for_earlier
from gristmill.workspace import Workspace

# Six programs that load at the same time, on a small and busy machine.
_PATIENCE_SECONDS = 300
_HEALTH = '{"query": "{instance{daemonHealth{allDaemonStatuses{healthy required}}}}"}'

Say = Callable[[str], None]


class _StoppedError(Exception):
    """Ctrl-C or SIGTERM."""


def run(say: Say) -> None:
    """Start everything, keep it, and end it at Ctrl-C or SIGTERM.

    Raises:
        GristmillError: something is missing, in the way, or does not start; the message says what to do.
    """
    stated = load_settings(StatedSettings)
    folder = stated.home_path / "team"
    with exclusive(folder / "lock", "gristmill team"), _until_stopped():
        wait_for_earlier(folder, say)
        addresses = Addresses.of(stated)
        settings, started = _prepared(stated, addresses, say)
        told = False
        while True:
            with supervised(started, folder) as supervisor:
                _wait(started, supervisor, settings, say)
                if not told:
                    say(_greeting(settings))
                    told = True
                supervisor.wait()
            say("Supervisor itself was killed; what it kept is ended and started again.")


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block, calmly; also where a shell has told its children to ignore Ctrl-C."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _StoppedError

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _StoppedError:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _prepared(stated: Settings, addresses: Addresses, say: Say) -> tuple[Settings, list[Program]]:
    """Make what has to be there before the first program starts."""
    cluster = addresses.cluster
    if cluster is not None:
        if not cluster.data.exists():
            say(f"Making PostgreSQL's files in {cluster.folder} …")
        cluster.prepare()
    check_ports(stated, addresses)
    addresses.remember(stated)
    settings = load_settings()
    os.environ |= addresses.environment(settings)
    write_dagster_home(settings)
    if cluster is None:
        create_database(addresses.dagster_database)
    if begun_with_sqlite(settings):
        with nullcontext() if cluster is None else cluster.running():
            move(settings, say)
    return settings, programs(settings, cluster, chroma=addresses.own_chroma)


def _wait(started: Sequence[Program], supervisor: subprocess.Popen[bytes], settings: Settings, say: Say) -> None:
    """Wait until each program is ready, and say so.

    Raises:
        StorageError: one is not, in five minutes, or supervisor gave up.
    """
    since, waiting = time.monotonic(), list(started)
    while waiting:
        for program in [one for one in waiting if _is_ready(one, settings)]:
            waiting.remove(program)
            say(f"{program.name} is ready, after {time.monotonic() - since:.0f} s")
        if [one.name for one in waiting] == ["service"] and _nobody_may_enter(settings):
            return
        logs = settings.home_path / "team" / "logs"
        if waiting and (supervisor.poll() is not None or time.monotonic() - since > _PATIENCE_SECONDS):
            names = ", ".join(program.name for program in waiting)
            raise StorageError(f"{names} did not start.", f"Look at {logs}/{waiting[0].name}.log and supervisor.log.")
        time.sleep(0.2)


def _is_ready(program: Program, settings: Settings) -> bool:
    return is_ready(program.ready) if program.ready else _daemon_is_well(settings.team.dagster_port)


def _daemon_is_well(port: int) -> bool:
    """Say whether each part of Dagster's daemon gave a sign of life lately."""
    directly = build_opener(ProxyHandler({}))
    address = f"http://127.0.0.1:{port}{PREFIX}/graphql"
    request = Request(address, _HEALTH.encode(), {"Content-Type": "application/json"})
    try:
        with directly.open(request, timeout=10) as answer:
            health = json.load(answer)["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return all(one["healthy"] for one in health if one["required"])


def _nobody_may_enter(settings: Settings) -> bool:
    return not is_loopback(settings.service.host) and not _people(settings)


def _people(settings: Settings) -> list[str]:
    workspace = Workspace(settings)
    try:
        everybody = People(workspace.database, workspace.journal).all()
    finally:
        workspace.database.close()
    return [f"{person.name} ({person.role})" for person in everybody]


def _greeting(settings: Settings) -> str:
    """Return the addresses, who can sign in, and what to do first."""
    service = settings.service
    place = f"http://{service.host}:{service.port}"
    people = _people(settings)
    lines = [
        "",
        f"Answers    {place}",
        f"Dagster    {place}{PREFIX}   curators and admins; reviewers see it and change nothing",
        f"Logs       {settings.home_path / 'team' / 'logs'}",
        "",
        _who(people, alone=is_loopback(service.host)),
    ]
    if not (settings.home_path / "index").is_dir():
        lines.append("No documents yet. In another terminal: gristmill ingest")
    return "\n".join([*lines, "Ctrl-C stops everything."])


def _who(people: Sequence[str], *, alone: bool) -> str:
    if people:
        shown = ", ".join(people[:10]) + (f" and {len(people) - 10} more" if len(people) > 10 else "")
        return f"Who signs in: {shown}. A new key: gristmill keys create NAME"
    add = "gristmill people add NAME --role admin"
    if alone:
        return (
            f"Nobody was added yet: it is for you alone, on this machine. To let others in, in another terminal: {add}"
        )
    return f"Nobody was added yet, so the service waits. In another terminal: {add}   it prints a key, once"
