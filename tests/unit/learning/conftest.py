"""The town, ingested once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.learning.town import Town, found


@pytest.fixture(scope="session")
def ingested_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingest the town once for all tests."""
    root = tmp_path_factory.mktemp("town")
    found(root)
    return root


@pytest.fixture
def town(ingested_town: Path, tmp_path: Path) -> Town:
    """A copy of the ingested town."""
    return Town.copy_of(ingested_town, tmp_path / "town")
