"""A backup brings everything back, on SQLite and PostgreSQL and from one to the other; a damaged one nothing."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gristmill.access.people import People
from gristmill.asking import Answerer, in_force
from gristmill.backups import backup, restore
from gristmill.errors import StorageError
from gristmill.evaluation.ruling import Outcome
from gristmill.identity import Asker, Role
from gristmill.mill import STAGES
from gristmill.release.decisions import Decision, Scope
from gristmill.storage.records import Base
from gristmill.workspace import Workspace
from tests.postgres import fresh_database, postgres
from tests.workspaces import assert_same_state, grind, workspace_at, write

QUOTES: dict[str, Any] = {"generator": {"engine": "quote"}}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("ground")
    write(
        root / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day and by night.\n", "pay.md": "A crown.\n"}
    )
    workspace = workspace_at(root / "home", root / "documents", **QUOTES)
    grind(workspace, STAGES)
    release = in_force(workspace)
    People(workspace.database, workspace.journal).add("ann", Role.ADMIN, ["hr"], by="test")
    workspace.registry.decide(Decision(release, release, Scope.FULL, Outcome.REJECT, "A test."))
    Answerer(workspace).ask("When does the wheel turn?", Asker.in_groups([]))
    return workspace


def rows(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    with workspace.database.reading() as session:
        return {
            table.name: sorted(tuple(map(_plain, row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
        }


def _plain(value: object) -> str:
    return str(value.replace(tzinfo=UTC)) if isinstance(value, datetime) else repr(value)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_everything_comes_back(ground: Workspace, tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    made = backup(ground, tmp_path / "b.tar.gz")
    settings: dict[str, Any] = dict(QUOTES)
    if engine == "postgresql":
        settings["database"] = fresh_database(request.getfixturevalue("server"), "restored")
    again = workspace_at(tmp_path / "new" / "home", **settings)
    (again.home / "pseudonyms.key").unlink()
    assert restore(again, tmp_path / "b.tar.gz").rows == made.rows
    assert rows(again) == rows(ground)
    assert_same_state(again, ground)
    assert again.journal.verify().problems == ()
    assert again.registry.in_force() == ground.registry.in_force()
    # New rows get numbers beyond those that came back.
    name = in_force(again)
    again.registry.decide(Decision(name, name, Scope.FULL, Outcome.REJECT, "Another."))
    assert len(again.registry.decisions()) == 2
    assert Answerer(again).ask("When does the wheel turn?", Asker.in_groups([])).receipt
    if engine == "postgresql":
        second = backup(again, tmp_path / "from-postgres.tar.gz")
        third = workspace_at(tmp_path / "third" / "home", **QUOTES)
        (third.home / "pseudonyms.key").unlink()
        assert restore(third, tmp_path / "from-postgres.tar.gz").rows == second.rows
        assert rows(third) == rows(again)


def test_a_home_in_use_is_not_written_over(ground: Workspace, tmp_path: Path) -> None:
    backup(ground, tmp_path / "b.tar.gz")
    with pytest.raises(StorageError, match="not empty"):
        restore(ground, tmp_path / "b.tar.gz")
    with pytest.raises(StorageError, match="exists"):
        backup(ground, tmp_path / "b.tar.gz")


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_backup_brings_nothing(ground: Workspace, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "b.tar.gz"
    backup(ground, file)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    else:
        with tarfile.open(file) as archive:
            archive.extractall(tmp_path / "open", filter="data")
        (tmp_path / "open" / "gristmill" / "database" / "people.jsonl").write_text("")
        with tarfile.open(file, "w:gz") as archive:
            archive.add(tmp_path / "open" / "gristmill", arcname="gristmill")
    new = workspace_at(tmp_path / "new" / "home", **QUOTES)
    (new.home / "pseudonyms.key").unlink()
    with pytest.raises(StorageError, match=r"not a whole backup|damaged"):
        restore(new, file)
    assert not any(path.is_dir() for path in new.home.iterdir() if path.name != "cache")


def test_a_backup_is_for_its_owner_alone_and_can_leave_the_index_out(ground: Workspace, tmp_path: Path) -> None:
    whole, small = backup(ground, tmp_path / "a.tar.gz"), backup(ground, tmp_path / "b.tar.gz", index=False)
    assert small.files < whole.files
    assert (tmp_path / "a.tar.gz").stat().st_mode & 0o077 == 0
    assert not (ground.home / "backup").exists()
