"""What a team's host is made of: addresses that others learn, PostgreSQL's files, supervisor, moving from SQLite."""

from __future__ import annotations

import json
import os
import pwd
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from gristmill.access.people import People
from gristmill.errors import BusyError, SettingsError, StorageError
from gristmill.identity import Role
from gristmill.settings import SETTINGS_VARIABLE, Settings, StatedSettings, load_settings
from gristmill.settings.remembered import remembered_file
from gristmill.storage.locks import exclusive
from gristmill.team.addresses import Addresses, as_driver, beside, check_ports, create_database
from gristmill.team.cluster import Cluster, account, programs_at
from gristmill.team.host import run
from gristmill.team.moving import begun_with_sqlite, move
from gristmill.team.programs import Program, programs
from gristmill.team.supervision import configuration, signs, wait_for_earlier
from gristmill.workspace import Workspace
from tests.postgres import fresh_database, postgres
from tests.processes import is_alive, wait_until

URL = "postgresql+psycopg://gristmill:word@db.example/gristmill"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of an empty settings file."""
    (tmp_path / "gristmill.toml").touch()
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "gristmill.toml"))
    return tmp_path / ".gristmill"


def stated(**values: object) -> Settings:
    return load_settings(StatedSettings, **values)


def test_other_commands_learn_where_the_hosts_parts_are(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Addresses(URL, as_driver(beside(URL), "psycopg2"), "http://127.0.0.1:8323", True, Cluster(home, 1, home)).remember(
        stated()
    )
    assert remembered_file(home).stat().st_mode & 0o777 == 0o600
    found = load_settings()
    assert found.database_url == URL
    assert found.search.chroma_url == "http://127.0.0.1:8323"
    assert found.service.dagster_read_only == "http://127.0.0.1:8326"
    assert found.team.dagster_database == "postgresql+psycopg2://gristmill:word@db.example/dagster"
    monkeypatch.setenv("GRISTMILL_SEARCH__CHROMA_URL", "http://other:1")
    assert load_settings().search.chroma_url == "http://other:1"
    assert stated().database is None


def test_a_damaged_memory_is_an_error_and_not_another_database(home: Path) -> None:
    remembered_file(home).parent.mkdir(parents=True)
    remembered_file(home).write_text("{")
    with pytest.raises(SettingsError, match=r"Delete it and run 'gristmill team' again"):
        load_settings()


def test_a_stated_server_is_used_and_dagster_has_a_database_beside_it(home: Path) -> None:
    addresses = Addresses.of(stated(database=URL))
    assert addresses.cluster is None
    assert addresses.database == URL
    assert addresses.dagster_database == "postgresql+psycopg2://gristmill:word@db.example/dagster"
    addresses.remember(stated(database=URL))
    assert "database" not in json.loads(remembered_file(home).read_text())
    names = [one.name for one in programs(Settings(), None, chroma=addresses.own_chroma)]
    assert names == ["chroma", "code", "daemon", "dagster", "dagster-read-only", "service"]


def test_a_database_that_is_not_postgres_is_refused() -> None:
    with pytest.raises(SettingsError, match="needs PostgreSQL"):
        Addresses.of(stated(database="sqlite:///x.db"))


def test_a_port_in_use_names_the_setting_for_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = stated(database=URL, team={"chroma_port": port})
        with pytest.raises(SettingsError, match=f"Port {port} .*GRISTMILL_TEAM__CHROMA_PORT"):
            check_ports(settings, Addresses.of(settings))
        elsewhere = stated(database=URL, team={"chroma_port": port}, search={"chroma_url": "http://chroma.example"})
        check_ports(elsewhere, Addresses.of(elsewhere))


def test_two_programs_cannot_have_one_port() -> None:
    with pytest.raises(SettingsError, match="same port"):
        stated(team={"chroma_port": 9_000, "code_port": 9_000})


def test_missing_programs_of_postgres_name_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"apt-get install postgresql.*name a server"):
        programs_at(tmp_path)


def test_root_without_another_account_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_name: str) -> None:
        raise KeyError

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody)
    with pytest.raises(SettingsError, match=r"refuses to run as root.*as another user"):
        account()
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    assert account() == ""


def test_a_home_has_one_host(home: Path) -> None:
    with exclusive(home / "team" / "lock", "gristmill team"), pytest.raises(BusyError, match="gristmill team"):
        run(print)


def test_a_home_that_began_with_sqlite_goes_on_in_postgres(home: Path) -> None:
    before = Workspace()
    People(before.database, before.journal).add("ann", Role.ADMIN, ["hr"], by="test")
    before.database.close()
    said: list[str] = []
    with postgres() as server:
        settings = load_settings(database=fresh_database(server, "moved"))
        (home / "team").mkdir()
        assert begun_with_sqlite(settings)
        move(settings, said.append)
        assert not begun_with_sqlite(settings)
        after = Workspace(settings)
        assert [person.name for person in People(after.database, after.journal).all()] == ["ann"]
        assert after.journal.verify().problems == ()
        after.database.close()
        assert (home / "gristmill.db.moved").exists()
        assert "rows from gristmill.db into PostgreSQL" in said[0]
        create_database(as_driver(beside(settings.database_url), "psycopg2"))
        create_database(as_driver(beside(settings.database_url), "psycopg2"))  # it is there: nothing to do


def test_a_server_that_is_away_is_told_of() -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        create_database("postgresql+psycopg2://gristmill@127.0.0.1:1/dagster")


def sleeper(name: str, stops: int, *words: str) -> Program:
    return Program(name, (sys.executable, "-c", "import time; time.sleep(600)", *words), stops, "")


def test_supervisor_reads_its_configuration_which_holds_no_secret(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supervisor.options import ServerOptions

    monkeypatch.setenv("GRISTMILL_DATABASE", URL)
    for name, sign in signs().items():
        monkeypatch.setenv(name, sign)
    odd = sleeper("odd", 1, 'a "word" 100% \\ strange # one ; two')
    (tmp_path / "logs").mkdir()
    file = tmp_path / "supervisor.conf"
    known = programs(load_settings(), Cluster(home, 1, Path("/usr/bin")), chroma=True)
    file.write_text(configuration([*known, odd], tmp_path))
    assert "word@" not in file.read_text()
    options = ServerOptions()
    options.realize(["-n", "-c", str(file)])
    groups = sorted(options.process_group_configs, key=lambda group: group.priority)
    # The last group is stopped first.
    assert [sorted(one.name for one in group.process_configs) for group in reversed(groups)] == [
        ["odd", "service"],
        ["code", "daemon", "dagster", "dagster-read-only"],
        ["chroma", "postgres"],
    ]
    (read,) = [one for group in groups for one in group.process_configs if one.name == "odd"]
    import shlex

    assert shlex.split(read.command)[-1] == odd.command[-1]


def test_a_killed_program_comes_back_and_its_orphans_end_with_the_host(tmp_path: Path) -> None:
    marker = f"gristmill-test-{tmp_path.parent.name}-{os.getpid()}"
    script = (
        "import subprocess, sys, time; "
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', '{marker}-child'], "
        "start_new_session=True); time.sleep(600)"
    )
    program = Program("mill", (sys.executable, "-c", script, f"{marker}-parent"), 1, "")
    host = subprocess.Popen([sys.executable, "-c", _HOST, str(tmp_path), json.dumps(program.command)])
    try:
        # The host's own command names them too, and for a moment that of what it is about to start.
        wait_until(lambda: {last(p).rpartition("-")[2] for p in marked(marker)} >= {"parent", "child"})
        first = min(parents(marker), key=lambda p: p.pid)
        killed = time.monotonic()
        first.kill()
        wait_until(lambda: any(p.pid != first.pid for p in parents(marker)))
        assert time.monotonic() - killed < 20
        (supervisor,) = psutil.Process(host.pid).children()[:1]
        host.terminate()
        host.wait(60)
        wait_until(lambda: marked(marker) == [])
        assert not is_alive(supervisor.pid)
    finally:
        for one in marked(marker):
            one.kill()
        host.kill()


def test_what_a_killed_host_started_ends_before_the_next_one_begins(tmp_path: Path) -> None:
    marker = f"gristmill-test-{tmp_path.parent.name}-{os.getpid()}-parent"
    command = [sys.executable, "-c", "import time; time.sleep(600)", marker]
    host = subprocess.Popen([sys.executable, "-c", _HOST, str(tmp_path), json.dumps(command)])
    wait_until(lambda: len(parents(marker)) == 1)
    host.kill()
    host.wait()
    wait_for_earlier(tmp_path, print)
    assert parents(marker) == []
    wait_for_earlier(tmp_path, print)  # nothing is left to wait for


_HOST = """
import json, signal, sys
from pathlib import Path
from gristmill.team.programs import Program
from gristmill.team.supervision import supervised
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with supervised([Program("mill", tuple(json.loads(sys.argv[2])), 1, "")], Path(sys.argv[1])) as process:
    process.wait()
"""


def marked(marker: str) -> list[psutil.Process]:
    """Return the living processes whose command ends with a marker."""
    return [p for p in psutil.process_iter() if marker in last(p) and "supervisor" not in " ".join(command(p))]


def parents(marker: str) -> list[psutil.Process]:
    return [p for p in marked(marker) if last(p).endswith("-parent")]


def command(process: psutil.Process) -> list[str]:
    try:
        return [] if process.status() == psutil.STATUS_ZOMBIE else list(process.cmdline())
    except psutil.Error:
        return []


def last(process: psutil.Process) -> str:
    return (command(process) or [""])[-1]


def test_a_program_waits_for_what_it_needs() -> None:
    with socket.socket() as needed:
        needed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{needed.getsockname()[1]}"
        launch = [sys.executable, "-m", "gristmill.team.launch", address, "--", "/bin/echo", "here"]
        waiting = subprocess.Popen(launch, stdout=subprocess.PIPE, text=True)
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == f"waiting for {address}\n"
        needed.listen()
        assert waiting.communicate(timeout=30)[0] == "here\n"
