"""At a glance the release in force is the one that the registry tells, or the registry has to be asked."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from gristmill.evaluation.ruling import Outcome
from gristmill.release import glance
from gristmill.release.glance import release_in_force
from gristmill.release.registry import Registry
from gristmill.storage.database import Database
from tests.unit.release.test_registry import FIRST, SECOND, decided

NAMES = ["gristmill.db", "ü #1?mode=ro.db"]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_release_that_the_registry_tells_after_every_move(tmp_path: Path, name: str) -> None:
    url = f"sqlite:///{tmp_path / name}"
    assert release_in_force(url) is None
    assert list(tmp_path.iterdir()) == []
    registry = Registry(Database(url), tmp_path)
    assert release_in_force(url) is None
    registry.start(FIRST)
    assert release_in_force(url) == FIRST == registry.current()
    registry.promote(decided(registry, SECOND), who="anna")
    assert release_in_force(url) == SECOND == registry.current()
    registry.keep(replace(FIRST, index="i9"))
    decided(registry, replace(FIRST, index="i8"), Outcome.REJECT, SECOND)
    assert release_in_force(url) == SECOND == registry.current()
    registry.rollback(who="anna", reason="worse")
    assert release_in_force(url) == FIRST == registry.current()


def test_it_does_not_wait_for_a_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "_BUSY_SECONDS", 0.2)
    url = f"sqlite:///{tmp_path / 'gristmill.db'}"
    Registry(Database(url), tmp_path).start(FIRST)
    with Database(url).session() as writer:
        writer.execute(text("SELECT 1"))  # it writes from its beginning
        assert release_in_force(url) == FIRST


def empty(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE another (name TEXT)")


def no_manifest(file: Path) -> None:
    Registry(Database(f"sqlite:///{file}"), file.parent).start(FIRST)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE releases SET manifest = 'nothing'")
        connection.commit()


@pytest.mark.parametrize("make", [empty, no_manifest, lambda file: file.write_bytes(b"no database" * 1_000)])
def test_where_it_cannot_be_told_the_registry_has_to_be_asked(tmp_path: Path, make: object) -> None:
    file = tmp_path / "gristmill.db"
    make(file)  # type: ignore[operator]
    with pytest.raises(LookupError):
        release_in_force(f"sqlite:///{file}")


@pytest.mark.parametrize("url", ["postgresql+psycopg://anna@localhost/gristmill", "sqlite://"])
def test_another_database_has_to_be_asked_through_the_registry(url: str) -> None:
    with pytest.raises(LookupError):
        release_in_force(url)


def test_looking_loads_no_database_library(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gristmill.db'}"
    Registry(Database(url), tmp_path).start(FIRST)
    script = f"""
import sys
from gristmill.release.glance import release_in_force
assert release_in_force({url!r}).index == "i1"
assert "sqlalchemy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
