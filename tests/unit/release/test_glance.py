"""At a glance the release in force is the one that the registry tells, or the registry has to be asked."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from gristmill.errors import SettingsError
from gristmill.evaluation.ruling import Outcome
from gristmill.release import glance
from gristmill.release.decisions import withdrawn
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


def test_whatever_happened_it_is_told_as_the_registry_tells_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gristmill.db'}"
    assert (glance.moves(url), glance.needed(url, 2)) == ([], [])
    registry = Registry(Database(url), tmp_path)
    registry.start(FIRST)
    tuned = FIRST.encoder | {"memory": "tuned/1", "memory_sha256": "0"}
    made = [replace(FIRST, index=f"i{number}", encoder=tuned if number in {3, 5} else FIRST.encoder)
            for number in range(9)]  # fmt: skip
    draw = random.Random(5)
    for _ in range(30):
        release = draw.choice(made)
        if draw.random() < 0.3 and len(registry.moves()) > 1:
            with suppress(SettingsError):
                registry.rollback(who="anna", reason="worse")
        elif draw.random() < 0.3:
            registry.keep(release)
        elif release.name != registry.in_force():
            registry.promote(decided(registry, release, baseline=registry.current()), who="anna")
        assert glance.moves(url) == [(move.release, move.how) for move in registry.moves()]
        assert withdrawn(glance.moves(url)) == registry.withdrawn()
        for last in (0, 1, 4):
            names = list(dict.fromkeys(move.release for move in reversed(registry.moves())))
            assert [each.name for each in registry.recent(last)] == names[: last + 1]
            assert glance.needed(url, last) == registry.needed(last)
    assert registry.needed(0)[-1].encoder == tuned


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
