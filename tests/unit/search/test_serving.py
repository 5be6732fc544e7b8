"""A file of the version in force is damaged while it serves: noticed at the next question, nothing missing, healed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gristmill.errors import SearchIndexError
from gristmill.identity import Asker
from gristmill.mill import heal_index, search_index
from gristmill.search.damage import damaged_files
from gristmill.search.index import open_current, verified_file
from gristmill.search.lake_index import LakeIndex
from gristmill.search.retrieval import Query, retrieve
from gristmill.search.rows import content_hash, index_keys
from gristmill.search.serving import ServedIndex
from gristmill.search.version import IndexVersion, read_manifest
from gristmill.workspace import Workspace
from tests.fakes import bag_of_words
from tests.processes import wait_until
from tests.workspaces import grind, source, workspace_at, write

QUESTIONS = ("The wheel turns", "leave each year", "band four pay", "sluice at night")
GROUPS = ((), ("hr",))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose version has all parts, Chroma too."""
    root = tmp_path_factory.mktemp("serving")
    files: dict[str, str | bytes] = {f"{n}.md": f"# Part {n}\n\nThe wheel number {n} turns.\n" for n in range(20)}
    files |= {"leave.txt": "Thirty days of leave each year.\n", "hr/pay.md": "# Pay\n\nBand four begins at 41,000.\n"}
    folder = write(root / "documents", files)
    workspace = workspace_at(
        root / "home", source(folder, audience=({"pattern": "hr/**", "groups": ("hr",)},)),
        search={"bridge": False, "approximate": "always", "exact_rows": 0},
    )  # fmt: skip
    grind(workspace)
    grind(workspace, (search_index,))
    return workspace


@pytest.fixture
def workspace(published: Workspace, tmp_path: Path) -> Workspace:
    """The same workspace with index files of its own, to be damaged."""
    shutil.copytree(published.home, tmp_path / "home")
    settings = published.settings.model_copy(update={"root": tmp_path, "home": tmp_path / "home"})
    return Workspace(settings, encoder=published.encoder)


def served(workspace: Workspace, heal: Callable[[], object] | None = None) -> ServedIndex:
    content = content_hash(index_keys(workspace.lake), [workspace.encoder.fingerprint])
    return ServedIndex(workspace.index_store, workspace.lake, content, [workspace.encoder.fingerprint], heal)


def answers(index: IndexVersion, workspace: Workspace) -> list[list[tuple[str, str, float]]]:
    """Return what all questions of all askers find."""
    return [
        [
            (passage.chunk, passage.text, round(passage.score, 4))
            for passage in retrieve(
                index,
                Query(question, bag_of_words(question), None, Asker.in_groups(groups)),
                workspace.settings.search,
            )
        ]
        for question in QUESTIONS
        for groups in GROUPS
    ]


def version_folder(workspace: Workspace) -> Path:
    folder = workspace.index_store.current_folder()
    assert folder is not None
    return folder


def file_of(folder: Path, part: str) -> Path:
    found = [path for path in folder.rglob(part) if path.is_file()]
    return max(found, key=lambda path: path.stat().st_size)


PARTS = ("rows.arrow", "vectors.npy", "tantivy/*.store", "tantivy/meta.json", "manifest.json", "files.json")
CHROMA = ("chroma/chroma.sqlite3", "chroma/*/data_level0.bin")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def remove(path: Path) -> None:
    path.unlink()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x20
    path.write_bytes(data)


# Chroma changes its own files when it is opened: a byte of these is the audit's matter.
HARMS = [(part, harm) for part in PARTS for harm in (cut, empty, remove, flip)]
HARMS += [(part, harm) for part in CHROMA for harm in (cut, remove)]


@pytest.mark.parametrize(("part", "harm"), HARMS)
def test_a_file_damaged_while_it_serves_is_noticed_at_the_next_question_and_nothing_is_missing(
    workspace: Workspace, part: str, harm: Callable[[Path], None]
) -> None:
    serving = served(workspace)
    before = answers(serving.index(), workspace)
    harm(file_of(version_folder(workspace), part))
    index = serving.index()
    assert isinstance(index, LakeIndex)
    assert serving.damage
    assert answers(index, workspace) == before


@pytest.mark.parametrize("part", ["rows.arrow", "vectors.npy", "manifest.json"])
def test_a_version_that_was_damaged_before_it_is_opened_is_not_searched(workspace: Workspace, part: str) -> None:
    before = answers(open_current(workspace.index_store), workspace)
    cut(file_of(version_folder(workspace), part))
    serving = served(workspace)
    assert isinstance(serving.index(), LakeIndex)
    assert answers(serving.index(), workspace) == before


def test_files_that_were_only_touched_or_restored_are_served_from(workspace: Workspace) -> None:
    serving = served(workspace)
    file = version_folder(workspace) / "rows.arrow"
    content = file.read_bytes()
    os.utime(file, (1, 1))
    assert not isinstance(serving.index(), LakeIndex)
    flip(file)
    assert isinstance(serving.index(), LakeIndex)
    file.write_bytes(content)
    assert not isinstance(serving.index(), LakeIndex)
    assert serving.damage == ()


def test_damage_is_healed_by_a_new_version_which_is_served_at_once(workspace: Workspace) -> None:
    serving = served(workspace, lambda: heal_index(workspace))
    before = answers(serving.index(), workspace)
    cut(version_folder(workspace) / "vectors.npy")
    assert answers(serving.index(), workspace) == before
    wait_until(lambda: workspace.index_store.current() == 2)
    index = serving.index()
    assert not isinstance(index, LakeIndex)
    assert index.folder.name == "000002"
    assert answers(index, workspace) == before


def test_it_stays_with_its_version_and_keeps_what_it_has_open_when_that_is_pruned(workspace: Workspace) -> None:
    pinned = served(workspace)
    before = answers(pinned.index(), workspace)
    shutil.copytree(version_folder(workspace), workspace.index_store.folder(2))
    workspace.index_store.point_to(2)
    assert pinned.index().folder.name == "000001"
    workspace.index_store.prune(1)
    assert not isinstance(pinned.index(), LakeIndex)
    assert answers(pinned.index(), workspace) == before


def test_of_versions_with_the_same_content_a_whole_one_is_served(workspace: Workspace) -> None:
    shutil.copytree(version_folder(workspace), workspace.index_store.folder(2))
    serving = served(workspace)
    assert serving.index().folder.name == "000002"
    cut(workspace.index_store.folder(2) / "rows.arrow")
    assert serving.index().folder.name == "000001"
    assert serving.damage == ()


def test_what_is_sound_of_a_damaged_version_is_used_though_the_documents_changed_since(workspace: Workspace) -> None:
    serving = served(workspace)
    before = answers(serving.index(), workspace)
    more = write(workspace.home.parent / "more", {"new.txt": "The wheel of the new document turns faster.\n"})
    settings = workspace.settings.model_copy(update={"sources": (*workspace.settings.sources, source(more))})
    grind(Workspace(settings, encoder=workspace.encoder))
    assert index_keys(workspace.lake).height > serving.index().manifest.chunks
    for part in ("tantivy/meta.json", "vectors.npy"):
        cut(file_of(workspace.index_store.folder(1), part))
        assert isinstance(serving.index(), LakeIndex)
        assert answers(serving.index(), workspace) == before


def test_a_content_that_neither_a_version_nor_the_lake_holds_is_not_served(workspace: Workspace) -> None:
    with pytest.raises(SearchIndexError, match="no longer kept"):
        ServedIndex(workspace.index_store, workspace.lake, "gone", [workspace.encoder.fingerprint])


def test_the_lake_serves_when_no_version_is_left_of_what_it_holds(workspace: Workspace) -> None:
    serving = served(workspace)
    before = answers(serving.index(), workspace)
    content = read_manifest(version_folder(workspace)).content
    shutil.rmtree(workspace.index_store.root / "versions")
    assert answers(serving.index(), workspace) == before
    assert served(workspace).index().manifest.content == content


def test_the_next_run_replaces_a_version_with_a_damaged_file_though_no_document_changed(workspace: Workspace) -> None:
    cut(version_folder(workspace) / "vectors.npy")
    assert grind(workspace, (search_index,))["search_index"].numbers["published"] == 1
    assert grind(workspace, (search_index,))["search_index"].numbers["published"] == 0


def test_a_file_is_hashed_once_for_each_of_its_states(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, memory = version_folder(workspace), verified_file(workspace.index_store)
    assert damaged_files(folder, memory) == []
    hashed: list[str] = []
    from gristmill.fingerprint import file_hash

    def counted(path: Path) -> str:
        hashed.append(path.name)
        return file_hash(path)

    monkeypatch.setattr("gristmill.search.version.file_hash", counted)
    assert damaged_files(folder, memory) == []
    assert hashed == []
    os.utime(folder / "rows.arrow", (2, 2))
    assert damaged_files(folder, memory) == []
    assert hashed == ["rows.arrow"]
