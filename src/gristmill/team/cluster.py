"""The host's own PostgreSQL: made once below the home, on loopback, with a password that only its owner can read.

Its programs come from the operating system. What is stored in it stands in `storage/`.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from gristmill.errors import SettingsError, StorageError
from gristmill.settings import Settings
from gristmill.storage.keyfile import key_at

OURS, DAGSTERS = "gristmill", "dagster"
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_INSTALL = (
    "Install them (Debian: apt-get install postgresql), say where they are with 'postgres_programs' below [team], "
    "or name a server with 'database'."
)
_ACCOUNT = "postgres"  # the account that Debian's package makes


class As(TypedDict, total=False):
    """Whom a program runs as, in the words of `subprocess`."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Cluster:
    """The PostgreSQL of one home."""

    folder: Path
    port: int
    programs: Path

    @classmethod
    def of(cls, settings: Settings) -> Cluster:
        """Return the cluster that belongs to a home.

        Raises:
            SettingsError: PostgreSQL's programs are not on this host, or not where the settings say.
        """
        port = settings.team.postgres_port
        return cls(settings.home_path / "team" / "postgres", port, programs_at(settings.team.postgres_programs))

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.folder / "data"

    @cached_property
    def password(self) -> str:
        """Its password; the file is beside the data, and another account may not enter there."""
        return key_at(self.folder.parent / "postgres.key").hex()

    def url(self, database: str, driver: str) -> str:
        """Return the SQLAlchemy URL of one of its databases."""
        return f"postgresql+{driver}://{OURS}:{self.password}@127.0.0.1:{self.port}/{database}"

    def command(self) -> tuple[str, ...]:
        """Return how it is started; its socket would lie in a folder that needs other rights."""
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "logging_collector=off")
        options = [part for setting in settings for part in ("-c", setting)]
        return str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port), *options

    def prepare(self) -> None:
        """Make it when it is not there yet, and stop one that an earlier host left running.

        Raises:
            StorageError: it cannot be made, or its data are of another major version.
        """
        if (self.data / "PG_VERSION").exists():
            self._same_version()
            self._stop_orphan()
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        _give(self.folder)
        _reachable(self.folder)
        # An interrupted one leaves a folder of another name.
        draft = self.folder / "data.part"
        shutil.rmtree(draft, ignore_errors=True)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        _give(secret)
        options = ["-D", str(draft), "-U", OURS, "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"]
        self._run("initdb", *options, "--auth=scram-sha-256", f"--pwfile={secret}")
        secret.unlink()
        for name in (OURS, DAGSTERS):
            # Without a server: nobody can come in between.
            self._run("postgres", "--single", "-D", str(draft), "postgres", say=f'CREATE DATABASE "{name}"\n')
        draft.rename(self.data)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let it run for the length of the block, before it is supervised."""
        log = self.folder / "preparing.log"
        options = " ".join(shlex.quote(part) for part in self.command()[3:])
        self._run("pg_ctl", "start", "-D", str(self.data), "-w", "-l", str(log), "-o", options)
        try:
            yield
        finally:
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w")

    def _same_version(self) -> None:
        made = (self.data / "PG_VERSION").read_text().strip()
        version = self._run("postgres", "--version").split()[2].partition(".")[0]
        if made != version:
            raise StorageError(
                f"{self.data} is of PostgreSQL {made}, and {self.programs} is {version}.",
                "Name the programs of that version below [team], or back up, start anew and restore.",
            )

    def _stop_orphan(self) -> None:
        if (self.data / "postmaster.pid").exists() and self._quietly("pg_ctl", "status", "-D", str(self.data)):
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w")

    def _quietly(self, program: str, *arguments: str) -> bool:
        command = [str(self.programs / program), *arguments]
        return subprocess.run(command, capture_output=True, cwd=self.folder, check=False, **runs_as()).returncode == 0

    def _run(self, program: str, *arguments: str, say: str = "") -> str:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command, input=say, capture_output=True, text=True, cwd=self.folder, check=False, **runs_as()
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise StorageError(
                f"{program} failed: {said[-1] if said else done.returncode}.", f"Look at {self.folder}, and try again."
            )
        return done.stdout


def programs_at(stated: Path | None) -> Path:
    """Return the folder of PostgreSQL's programs: the stated one, Debian's newest, or one of PATH.

    Raises:
        SettingsError: they are not there.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int("0" + p.parent.name), reverse=True)
    path = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place]
    for place in [stated] if stated else [*debian, *path]:
        if all((place / program).is_file() for program in _PROGRAMS):
            return place.resolve()
    where = f"in {stated}" if stated else "on this host"
    raise SettingsError(f"PostgreSQL's programs ({', '.join(_PROGRAMS)}) are not {where}.", _INSTALL)


def account() -> str:
    """Return whom PostgreSQL runs as when this process is root, which it refuses; empty: as this process.

    Raises:
        SettingsError: this process is root, and there is no other account for it.
    """
    if os.geteuid() != 0:
        return ""
    try:
        return pwd.getpwnam(_ACCOUNT).pw_name
    except KeyError:
        remedy = f"Run this as another user, make an account '{_ACCOUNT}', or name a server with 'database'."
        raise SettingsError(
            f"PostgreSQL refuses to run as root, and there is no account '{_ACCOUNT}'.", remedy
        ) from None


def runs_as() -> As:
    """Return whom PostgreSQL's programs run as, for `subprocess`.

    Raises:
        SettingsError: as `account` does.
    """
    name = account()
    if not name:
        return As()
    entry = pwd.getpwnam(name)
    return As(user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])


def _give(path: Path) -> None:
    if name := account():
        shutil.chown(path, name, pwd.getpwnam(name).pw_gid)


def _reachable(folder: Path) -> None:
    """See that the account can come to its folder.

    Raises:
        SettingsError: it cannot.
    """
    if account() and subprocess.run(["/bin/ls", str(folder)], capture_output=True, check=False, **runs_as()).returncode:
        raise SettingsError(
            f"The account '{account()}' may not come to {folder}.",
            "Set GRISTMILL_HOME to a folder that it can reach, run this as another user, or name a server.",
        )
