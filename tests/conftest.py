"""What all tests have: no settings of the machine they run on, and subprocesses that find this checkout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gristmill.workspace import Workspace
from tests.workspaces import workspace_at, write

REPOSITORY = Path(__file__).parents[1]

# Tests start many processes; each would compile what it imports anew where the environment forbids to keep it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Examples of the expensive properties; `GRISTMILL_EXAMPLES=500 pytest tests/unit/test_incremental.py` is thorough.
EXAMPLES = int(os.environ.get("GRISTMILL_EXAMPLES", "8"))
# Kills of a real ingest: `GRISTMILL_KILLS=30 pytest tests/faults`.
KILLS = int(os.environ.get("GRISTMILL_KILLS", "2"))
# Random runs without a fault: `GRISTMILL_CLEAN_RUNS=50 pytest tests/faults/test_seeded_faults.py`.
CLEAN_RUNS = int(os.environ.get("GRISTMILL_CLEAN_RUNS", "4"))

# Changes of encoder or chunker, and re-embeddings: `GRISTMILL_CYCLES=100 pytest tests/sensors/test_no_loops.py`.
CYCLES = int(os.environ.get("GRISTMILL_CYCLES", "1"))

# Random pairs of asker and question: `GRISTMILL_PAIRS=10000 pytest tests/unit/search/test_access.py`.
PAIRS = int(os.environ.get("GRISTMILL_PAIRS", "300"))

# Time limits per example would fail on a busy machine.
settings.register_profile("gristmill", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gristmill")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A folder of each test's own with a name as people give them: libraries take paths for URLs or patterns."""
    folder = tmp_path / "Ablage ü #1"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True, scope="session")
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GRISTMILL_")]:
            patch.delenv(name)
        empty = tmp_path_factory.mktemp("settings") / "gristmill.toml"
        empty.touch()
        patch.setenv("GRISTMILL_SETTINGS", str(empty))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)]))
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three small documents."""
    return write(
        tmp_path / "documents",
        {
            "mill.md": "# The mill\n\nThe wheel turns by day.\n\n## Night\n\nAt night the sluice is shut.\n",
            "leave.txt": "Thirty days of leave each year.\n",
            "hr/pay.md": "# Pay\n\nBand four begins at 41,000.\n",
        },
    )


@pytest.fixture
def workspace(tmp_path: Path, folder: Path) -> Workspace:
    """A workspace over `folder`, with a fake encoder and nothing ingested yet."""
    return workspace_at(tmp_path / "home", folder)
