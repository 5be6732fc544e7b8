"""A small installation that answers in milliseconds, and clients that speak to its service as people of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from gristmill.storage.locks import exclusive
from tests.service.mills import Mill, ingest_at, mill_at

MakeMill = Callable[..., Mill]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ingested mill, made once for all test processes, to be copied."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if base.name.startswith("popen-") else base) / "mill-template"
    with exclusive(root.with_suffix(".lock"), "test", wait=True):
        if not (root / "done").exists():
            ingest_at(root)
            (root / "done").touch()
    return root


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mill]:
    """A service that the tests of a module share; they must not change what others look at."""
    # All tests of a module ask in few names: more often than a person does in a minute.
    limits = {"per_minute": 100_000}
    with mill_at(template, tmp_path_factory.mktemp("mill"), service={"limits": limits}) as mill:
        yield mill


@pytest.fixture
def make_mill(template: Path, tmp_path: Path) -> Iterator[MakeMill]:
    """Make a service of one's own, with settings of one's own."""
    with ExitStack() as opened:

        def make(**options: Any) -> Mill:
            made: AbstractContextManager[Mill] = mill_at(template, tmp_path, **options)
            return opened.enter_context(made)

        yield make


@pytest.fixture
def mill(make_mill: MakeMill) -> Mill:
    """A service of one's own."""
    return make_mill()
