"""Supervisor over the programs of a team's host: its configuration, and its process from start to a clean end.

What ends is started again by supervisor. What it leaves behind, because it was killed itself or because a killed
program had children of its own, comes to this process and is ended with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gristmill.errors import BusyError
from gristmill.processes import adopt_orphans, end_with_parent
from gristmill.team.programs import Program

_LOG_BYTES, _LOGS = 10_000_000, 3
# More than all programs together take to stop.
_STOP_SECONDS = 120
# A program that ends within this time is started again later and later, and after so many times no more.
_STEADY_SECONDS, _TRIES = 3, 30
_SWEEP_SECONDS = 10.0
# After a blank these begin a comment, for which supervisor knows no escape: it is told them by its environment.
_SIGNS = {"#": "SIGN_HASH", ";": "SIGN_SEMICOLON"}


def configuration(programs: Sequence[Program], folder: Path) -> str:
    """Return supervisor's configuration, for an environment with `signs`.

    It holds no secret: those are in the environment that it hands on.
    """
    parts = [
        _section(
            "supervisord",
            {
                "nodaemon": "true",
                "silent": "true",
                "logfile": folder / "logs" / "supervisor.log",
                "logfile_maxbytes": _LOG_BYTES,
                "logfile_backups": _LOGS,
                "pidfile": folder / "supervisor.pid",
                "childlogdir": folder / "logs",
            },
        )
    ]
    parts += [_program(program, number, folder) for number, program in enumerate(programs)]
    turns = sorted({program.stops for program in programs}, reverse=True)
    for turn in turns:
        names = ",".join(program.name for program in programs if program.stops == turn)
        # Groups are stopped one after the other, those with a high priority first.
        parts.append(_section(f"group:turn-{turn}", {"programs": names, "priority": 10 - turn}))
    return "\n".join(parts)


def signs() -> dict[str, str]:
    """Return the variables that a configuration refers to."""
    return {name: sign for sign, name in _SIGNS.items()}


def _program(program: Program, number: int, folder: Path) -> str:
    command = program.command
    if not program.user:  # another account may not be allowed to read this Python
        command = (sys.executable, "-m", "gristmill.team.launch", *program.needs, "--", *command)
    values: dict[str, object] = {
        "command": " ".join(_quoted(part) for part in command),
        "priority": number,
        "autorestart": "true",
        "startsecs": _STEADY_SECONDS,
        "startretries": _TRIES,
        "stopsignal": program.signal,
        "stopwaitsecs": program.patience,
        # What it started ends with it, at the latest when it is killed.
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": folder / "logs" / f"{program.name}.log",
        "stdout_logfile_maxbytes": _LOG_BYTES,
        "stdout_logfile_backups": _LOGS,
    }
    if program.user:
        values["user"] = program.user
    return _section(f"program:{program.name}", values)


def _section(name: str, values: Mapping[str, object]) -> str:
    lines = (f"{key} = {_escaped(str(value)) if isinstance(value, Path) else value}" for key, value in values.items())
    return "\n".join([f"[{name}]", *lines, ""])


def _quoted(part: str) -> str:
    return '"' + _escaped(part).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    text = text.replace("%", "%%")
    for sign, name in _SIGNS.items():
        text = text.replace(sign, f"%(ENV_{name})s")
    return text


@contextmanager
def supervised(programs: Sequence[Program], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the programs and yield supervisor's process; at the end of the block all of them are ended."""
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    file = folder / "supervisor.conf"
    file.write_text(configuration(programs, folder), encoding="utf-8")
    adopt_orphans()
    # A session of its own: Ctrl-C comes to this process alone, which ends it in order.
    process = subprocess.Popen(
        [sys.executable, "-c", _SUPERVISOR, "-n", "-c", str(file)],
        start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={**os.environ, **signs()},
        preexec_fn=_end_with_this_one,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        _sweep()


def wait_for_earlier(folder: Path, say: Callable[[str], None]) -> None:
    """Let what an earlier host started come to its end, when that host itself was killed.

    Args:
        folder: the host's.
        say: is told when there is something to wait for.

    Raises:
        BusyError: it does not end.
    """
    import psutil

    try:
        earlier = psutil.Process(int((folder / "supervisor.pid").read_text()))
        ours = "supervisord" in " ".join(earlier.cmdline())
    except (OSError, ValueError, psutil.Error):
        return
    if ours:
        say("An earlier host was killed; what it started is ending …")
        try:
            earlier.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            remedy = f"Stop it: kill {earlier.pid}"
            raise BusyError(f"Process {earlier.pid} of an earlier host does not end.", remedy) from None


# Its console script cannot be counted on: the environment may have been moved.
_SUPERVISOR = "import sys; from supervisor.supervisord import main; sys.argv[0] = 'supervisord'; main()"


def _end_with_this_one() -> None:
    end_with_parent(signal.SIGTERM)


def _sweep() -> None:
    """End what is left: it became this process's own when its parent ended."""
    until = time.monotonic() + _SWEEP_SECONDS
    while left := _children():
        late = time.monotonic() > until
        for child in left:
            _signal(child, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.1)


def _children() -> list[int]:
    """Return this process's living children, and let go of the dead."""
    import psutil

    found = []
    for child in psutil.Process().children():
        try:
            if child.status() == psutil.STATUS_ZOMBIE:
                child.wait(0)
            else:
                found.append(child.pid)
        except psutil.Error:
            continue
    return found


def _signal(process: int, which: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, which)
