"""Becomes a program of a team's host as soon as what it needs answers.

It runs again whenever supervisor starts the program anew, so it imports nothing but the standard library, and a driver
where it asks the database.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from http import HTTPStatus
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from gristmill.processes import end_with_parent

_PATIENCE_SECONDS = 0.2
_ANSWER_SECONDS = 5.0


def main() -> None:
    """Wait for each NEED of `NEED... -- COMMAND`, then become the command; the process keeps its number."""
    end_with_parent(signal.SIGTERM)
    needs, command = _parsed(sys.argv[1:])
    for need in needs:
        if not is_ready(need):
            print(f"waiting for {need}", flush=True)  # noqa: T201 - this is its log
        while not is_ready(need):
            time.sleep(_PATIENCE_SECONDS)
    os.execv(command[0], command)  # noqa: S606 - a command of programs.py


def is_ready(address: str) -> bool:
    """Say whether what listens at an address answers, or what the database is asked for is there."""
    kind, _, place = address.partition("://")
    if kind == "tcp":
        return _listens(place)
    if kind == "http":
        return _answers(address)
    return _holds("SELECT 1" if address == "database" else "SELECT 1 FROM people LIMIT 1")


def _parsed(arguments: list[str]) -> tuple[list[str], list[str]]:
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _listens(place: str) -> bool:
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS):
            return True
    except OSError:
        return False


def _answers(address: str) -> bool:
    # What the environment names as a proxy cannot reach this machine's own addresses.
    directly = build_opener(ProxyHandler({}))
    try:
        with directly.open(address, timeout=_ANSWER_SECONDS) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (HTTPError, URLError, OSError):
        return False


def _holds(query: str) -> bool:
    """Say whether a query on the operational database has a row."""
    import psycopg

    scheme, _, place = os.environ["GRISTMILL_DATABASE"].partition("://")
    try:
        with psycopg.connect(
            f"{scheme.partition('+')[0]}://{place}", connect_timeout=int(_ANSWER_SECONDS)
        ) as connection:
            return connection.execute(query.encode()).fetchone() is not None
    except psycopg.Error:
        return False


if __name__ == "__main__":
    main()
