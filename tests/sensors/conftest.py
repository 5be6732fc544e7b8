"""An installation with a release in force, made once for the tests of a module, and an instance of Dagster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from gristmill.asking import in_force
from gristmill.mill import STAGES
from tests.workspaces import grind, workspace_at, write

DOCUMENTS: dict[str, str | bytes] = {
    "mill.md": "# The mill\n\nThe wheel turns by day.\n",
    "pay.md": "# Pay\n\nA crown.\n",
}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installation."""
    root = tmp_path_factory.mktemp("ground")
    write(root / "documents", DOCUMENTS)
    workspace = workspace_at(root / "home", root / "documents")
    grind(workspace, STAGES)
    in_force(workspace)
    return root


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance of one's own."""
    with dg.instance_for_test() as made:
        yield made
