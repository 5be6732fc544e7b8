from __future__ import annotations

from pathlib import Path

import pytest

from gristmill.errors import SettingsError
from gristmill.workspace import Workspace
from tests.workspaces import grind, source, statuses, workspace_at, write


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    """A workspace whose settings name no source."""
    return workspace_at(tmp_path / "home")


def locations(workspace: Workspace) -> list[str]:
    return [one.name for one in workspace.sources()]


def test_a_folder_that_was_given_is_known_to_the_next_process(empty: Workspace, tmp_path: Path, folder: Path) -> None:
    empty.source_at(str(folder))
    assert locations(workspace_at(tmp_path / "home")) == [str(folder)]


def test_the_same_folder_in_another_spelling_is_the_same_source(
    empty: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = empty.source_at(str(folder))
    monkeypatch.chdir(folder.parent)
    for spelling in (folder.name, f"./{folder.name}/", f"{folder}/../{folder.name}"):
        assert empty.source_at(spelling).url == first.url
    assert len(empty.sources()) == 1


def test_a_source_of_the_settings_is_not_added_a_second_time(tmp_path: Path, folder: Path) -> None:
    workspace = workspace_at(tmp_path / "home", source(folder, prefix="manuals"))
    assert workspace.source_at(str(folder)).settings.prefix == "manuals"
    assert len(workspace.sources()) == 1


def test_a_folder_that_is_not_there_is_refused_and_not_remembered(empty: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        empty.source_at(str(tmp_path / "nowhere"))
    assert empty.sources() == []


def test_the_documents_of_a_forgotten_folder_go_with_the_next_run(
    empty: Workspace, tmp_path: Path, folder: Path
) -> None:
    other = write(tmp_path / "other", {"weir.md": "# The weir\n\nIt is closed in spring for the fish.\n"})
    empty.source_at(str(folder))
    empty.source_at(str(other))
    grind(empty)
    assert statuses(empty)["leave.txt"] == "accepted"
    empty.forget_source(str(folder))
    grind(empty)
    assert {name for name, status in statuses(empty).items() if status != "removed"} == {"weir.md"}


def test_looking_at_a_workspace_loads_no_model_and_makes_no_table(tmp_path: Path, folder: Path) -> None:
    workspace = workspace_at(tmp_path / "home", folder)
    assert workspace.index_store.current() is None
    assert statuses(workspace) == {}
    assert not (tmp_path / "home" / "lake").exists()
