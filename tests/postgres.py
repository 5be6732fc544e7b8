"""A PostgreSQL of the tests' own: on a free port of this machine, as a user without privileges, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

_PLACES = (*map(str, Path("/usr/lib/postgresql").glob("*/bin")), "/usr/local/bin", "/usr/bin")


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the SQLAlchemy URL of a fresh server; skip where PostgreSQL is not installed."""
    found = {name: shutil.which(name, path=os.pathsep.join(_PLACES)) for name in ("initdb", "postgres")}
    if None in found.values():
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="gristmill-postgres-"))
    user = _unprivileged()
    if user:
        shutil.chown(folder, **user)
    data, port = folder / "data", _free_port()
    initdb = [str(found["initdb"]), "-D", str(data), "-U", "gristmill", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"]
    server = subprocess.Popen(
        [str(found["postgres"]), "-D", str(data), *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user,
    )  # fmt: skip
    try:
        _wait_for(port)
        yield f"postgresql+psycopg://gristmill@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # with SIGTERM it would wait for its clients
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(url: str, name: str) -> str:
    """Make an empty database on a server and return its URL."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.rpartition("/")[0] + f"/{name}"


def _unprivileged() -> dict[str, Any]:
    """Return who runs the server: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in known else "nobody"
    return {"user": name, "group": pwd.getpwnam(name).pw_gid}


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="gristmill", dbname="postgres", connect_timeout=1).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("PostgreSQL did not start")
