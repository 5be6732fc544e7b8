"""Where the parts of a team's host are: what people stated, and the host's own parts for the rest.

Every command of the same home learns it from the file that `settings/remembered.py` reads.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, make_url

from gristmill.errors import SettingsError, StorageError
from gristmill.settings import Settings
from gristmill.settings.remembered import remembered_file
from gristmill.team.cluster import DAGSTERS, OURS, Cluster

DATABASE_VARIABLE = "GRISTMILL_DATABASE"
DAGSTER_VARIABLE = "GRISTMILL_TEAM__DAGSTER_DATABASE"
"""By this variable Dagster reads where its database is; a secret belongs in no file of its."""


@dataclass(frozen=True)
class Addresses:
    """Where a host's parts are."""

    database: str
    dagster_database: str
    chroma_url: str
    own_chroma: bool
    cluster: Cluster | None

    @classmethod
    def of(cls, stated: Settings) -> Addresses:
        """Return them for what people stated.

        Raises:
            SettingsError: the stated database is not PostgreSQL, or its programs are missing.
        """
        chroma = stated.search.chroma_url or f"http://127.0.0.1:{stated.team.chroma_port}"
        own_chroma = not stated.search.chroma_url
        if stated.database is None:
            cluster = Cluster.of(stated)
            dagsters = stated.team.dagster_database or cluster.url(DAGSTERS, "psycopg2")
            return cls(cluster.url(OURS, "psycopg"), dagsters, chroma, own_chroma, cluster)
        if not stated.database.startswith("postgresql"):
            raise SettingsError(
                f"A team's host needs PostgreSQL, and 'database' is {stated.database}.",
                "Leave 'database' out, or name one such as postgresql+psycopg://gristmill@db.example/gristmill.",
            )
        dagsters = stated.team.dagster_database or beside(stated.database)
        return cls(stated.database, as_driver(dagsters, "psycopg2"), chroma, own_chroma, None)

    def remember(self, settings: Settings) -> None:
        """Let every other command of this home know, where people stated nothing themselves."""
        team = settings.team
        ui = {name: f"http://127.0.0.1:{port}" for name, port in _uis(settings).items()}
        found: dict[str, Any] = {"search": {"chroma_url": self.chroma_url}, "service": ui}
        if self.cluster is not None:
            found["database"] = self.database
        if team.dagster_database is None:
            found["team"] = {"dagster_database": self.dagster_database}
        file = remembered_file(settings.home_path)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".part")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump(found, stream, indent=2)
        draft.replace(file)

    def environment(self, settings: Settings) -> Mapping[str, str]:
        """Return the variables that the host's programs need beside those of this process."""
        return {
            DATABASE_VARIABLE: self.database,
            DAGSTER_VARIABLE: self.dagster_database,
            "DAGSTER_HOME": str(settings.home_path / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }


def beside(url: str) -> str:
    """Return the URL of Dagster's database on the same server."""
    return _written(make_url(url).set(database=DAGSTERS))


def as_driver(url: str, driver: str) -> str:
    """Return a URL for another driver. Dagster tells what went wrong in its tables by the errors of psycopg2."""
    return _written(make_url(url).set(drivername=f"postgresql+{driver}"))


def create_database(url: str) -> None:
    """Make Dagster's database on a server, if it is not there.

    Raises:
        StorageError: it is not, and may not be made.
    """
    import psycopg

    parts = make_url(url)
    plain = _written(parts.set(drivername="postgresql"))
    try:
        psycopg.connect(plain, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise StorageError(
                f"Dagster's database cannot be opened: {error}.", "Check 'team.dagster_database'."
            ) from error
        try:
            _create(parts)
        except psycopg.Error as failed:
            remedy = f'Have it made: CREATE DATABASE "{parts.database}" OWNER "{parts.username}".'
            raise StorageError(f"Dagster's database '{parts.database}' is not there: {failed}.", remedy) from failed


def _create(parts: URL) -> None:
    import psycopg
    from psycopg.sql import SQL, Identifier

    server = _written(parts.set(drivername="postgresql", database="postgres"))
    with psycopg.connect(server, autocommit=True, connect_timeout=10) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(parts.database or DAGSTERS)))


def check_ports(settings: Settings, addresses: Addresses) -> None:
    """See that nothing else listens where the host's parts will.

    Raises:
        SettingsError: something does; it names the setting for another port.
    """
    team = {name: port for name, port in settings.team if name.endswith("_port")}
    if addresses.cluster is None:
        del team["postgres_port"]
    if not addresses.own_chroma:
        del team["chroma_port"]
    ports = {f"GRISTMILL_TEAM__{name.upper()}": port for name, port in team.items()}
    ports["GRISTMILL_SERVICE__PORT"] = settings.service.port
    for variable, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                remedy = f"Stop what listens there ('ss -ltnp'), or set another one: {variable}."
                raise SettingsError(f"Port {port} cannot be used: {error.strerror}.", remedy) from error


def _uis(settings: Settings) -> Mapping[str, int]:
    return {"dagster": settings.team.dagster_port, "dagster_read_only": settings.team.dagster_read_only_port}


def _written(url: URL) -> str:
    return url.render_as_string(hide_password=False)
