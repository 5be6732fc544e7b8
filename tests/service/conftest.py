"""A small installation that answers in milliseconds, and clients that speak to its service as people of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.mills import Mill, mill_at


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mill]:
    """A service that the tests of a module share; they must not change what others look at."""
    with mill_at(tmp_path_factory.mktemp("mill")) as mill:
        yield mill


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    """A service of one's own."""
    with mill_at(tmp_path) as made:
        yield made
