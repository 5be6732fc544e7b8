"""A folder of three documents, and homes over it: filled by Dagster, by the mill, or by nobody yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import dagster as dg
import pytest

from gristmill.definitions import build_defs
from gristmill.mill import Run, grind
from gristmill.resources import BY_A_PERSON, WorkspaceResource
from gristmill.settings import OrchestrationSettings, SearchSettings, Settings, SourceSettings
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder


class Materialize(Protocol):
    """Run assets with their checks in process.

    When none is named, all that nobody has to start; those of the warehouse only when slowness does not matter.
    """

    def __call__(
        self, *names: str, config: dict[str, Any] | None = None, slow: bool = False
    ) -> dg.ExecuteInProcessResult: ...


class WorkspaceForTests(WorkspaceResource):
    """The real workspace over a folder of the test, with the fake encoder."""

    folder: str
    home: str

    def open(self) -> Workspace:
        return workspace_over(Path(self.folder), Path(self.home))


def workspace_over(folder: Path, home: Path) -> Workspace:
    settings = Settings(
        home=home,
        sources=(SourceSettings(location=str(folder)),),
        orchestration=OrchestrationSettings(patience=0),
        search=SearchSettings(bridge=False),
    )
    return Workspace(settings, encoder=FakeEncoder())


def write_documents(folder: Path) -> None:
    (folder / "hr").mkdir(parents=True)
    (folder / "mill.md").write_text("# The mill\n\nThe mill grinds rye at night.\n\n# The stone\n\nIt weighs 900 kg.\n")
    (folder / "hr" / "leave.txt").write_text("Everybody has 27 days of leave.\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    write_documents(folder)
    return folder


@pytest.fixture
def workspace(folder: Path, tmp_path: Path) -> Workspace:
    """A home in which nobody has worked yet."""
    return workspace_over(folder, tmp_path / "home")


@pytest.fixture
def ground(workspace: Workspace) -> Workspace:
    """A home in which the mill ran once."""
    list(grind(Run(workspace, workspace.sources())))
    return workspace


@pytest.fixture
def materialize(folder: Path, tmp_path: Path) -> Materialize:
    """Work in the home of `workspace`."""

    def run(*names: str, config: dict[str, Any] | None = None, slow: bool = False) -> dg.ExecuteInProcessResult:
        defs = build_defs({"workspace": WorkspaceForTests(folder=str(folder), home=str(tmp_path / "home"))})
        job = defs.resolve_implicit_global_asset_job_def()
        itself = [
            spec.key
            for spec in defs.resolve_all_asset_specs()
            if BY_A_PERSON not in spec.tags and (slow or spec.group_name != "usage")
        ]
        selection = [dg.AssetKey(name) for name in names] or itself
        return job.execute_in_process(run_config=config, asset_selection=selection, raise_on_error=False)

    return run
