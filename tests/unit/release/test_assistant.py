"""An assistant moves releases as the registry does; what it cannot do is done by whoever asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from gristmill.errors import GateError
from gristmill.release.assistant import Assistant
from gristmill.release.known import KnownReleases
from gristmill.release.registry import Registry
from gristmill.storage.database import Database
from tests.unit.release.test_registry import FIRST, SECOND, THIRD, documents

pytestmark = pytest.mark.slow


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'gristmill.db'}"


def test_releases_are_moved_one_after_another(tmp_path: Path, url: str) -> None:
    registry = Registry(Database(url), tmp_path)
    registry.start(FIRST)
    with Assistant.start(str(tmp_path / "lake")) as assistant:
        assert assistant.advance(url, tmp_path, SECOND, documents(SECOND))
        assert registry.current() == SECOND
        assert assistant.advance(url, tmp_path, FIRST, documents(FIRST, baseline=SECOND))
    assert registry.current() == FIRST
    assert [row.details for row in registry.decisions()] == [{"lost": 0}, {"lost": 0}]


def test_it_looks_into_the_tables_again_and_tells_of_its_next_task_alone(tmp_path: Path, url: str) -> None:
    registry = Registry(Database(url), tmp_path)
    registry.start(FIRST)
    with Assistant.start(str(tmp_path / "lake")) as assistant:
        assistant.look_ahead()
        assert assistant.advance(url, tmp_path, SECOND, documents(SECOND))
    assert registry.current() == SECOND


def test_what_the_registry_refuses_is_refused_with_its_reason(tmp_path: Path, url: str) -> None:
    registry = Registry(Database(url), tmp_path)
    registry.start(FIRST)
    with Assistant.start(str(tmp_path / "lake")) as assistant:
        known = KnownReleases(url, tmp_path, lambda: registry, assistant)
        with pytest.raises(GateError, match="is in force now"):
            known.advance(SECOND, documents(SECOND, baseline=THIRD))
        assert registry.decisions() == []
        known.advance(SECOND, documents(SECOND))
    assert registry.current() == SECOND


def test_where_the_assistant_can_do_nothing_the_registry_is_asked(tmp_path: Path, url: str) -> None:
    registry = Registry(Database(url), tmp_path)
    registry.start(FIRST)
    with Assistant.start(str(tmp_path / "lake")) as assistant:
        assert not assistant.advance(f"sqlite:///{tmp_path}/gone/gristmill.db", tmp_path, SECOND, documents(SECOND))
        KnownReleases(url, tmp_path, lambda: registry, assistant).advance(SECOND, documents(SECOND))
    assert registry.current() == SECOND
