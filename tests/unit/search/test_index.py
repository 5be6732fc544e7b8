"""Publishing by real processes: when there is a new version, when there is none, and what a failure leaves in force."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from gristmill.corpus.report import Silent
from gristmill.errors import AuditError, SearchIndexError
from gristmill.mill import search_index
from gristmill.models.vectors import Vectors
from gristmill.search.index import audit_version, open_current
from gristmill.storage.tables import EMBEDDINGS
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.processes import children
from tests.workspaces import grind, source, workspace_at, write

pytestmark = pytest.mark.slow


def publish(workspace: Workspace) -> bool:
    grind(workspace)
    return bool(grind(workspace, (search_index,))["search_index"].numbers["published"])


def documents(workspace: Workspace) -> set[str]:
    return set(open_current(workspace.index_store).documents)


def test_before_the_first_run_there_is_no_index_and_the_error_says_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(SearchIndexError, match="gristmill ingest"):
        open_current(workspace.index_store)


def test_a_new_version_comes_with_a_change_and_only_then_and_old_ones_go(tmp_path: Path, folder: Path) -> None:
    workspace = workspace_at(tmp_path / "home", folder, search={"bridge": False, "keep_versions": 2})
    store = workspace.index_store
    assert publish(workspace)
    assert not publish(workspace)
    os.utime(folder / "mill.md", (1, 1))
    assert not publish(workspace)
    assert (store.numbers(), store.current()) == ([1], 1)

    (folder / "leave.txt").unlink()
    assert publish(workspace)
    assert documents(workspace) == {"mill.md", "hr/pay.md"}

    ruled = workspace_at(
        tmp_path / "home", source(folder, audience=({"pattern": "hr/**", "groups": ("hr",)},)),
        search={"bridge": False, "keep_versions": 2},
    )  # fmt: skip
    assert publish(ruled)
    assert (store.numbers(), store.current()) == ([2, 3], 3)
    rows = open_current(store).rows
    assert {tuple(audience) for audience in rows["audience"]} == {("everyone",), ("hr",)}


class Loser(Silent):
    """Loses a vector after the gates have passed it, when the index is about to be built."""

    def __init__(self, workspace: Workspace) -> None:
        self.lake = workspace.lake

    def start(self, stage: str, total: int) -> None:
        if stage == "index":
            self.lake.delete(EMBEDDINGS, self.lake.read(EMBEDDINGS, ["embedding"])["embedding"].sort()[:1])


class Unsteady(FakeEncoder):
    """As real ones: the last bits of a vector depend on what was encoded beside the text."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = super().encode(texts)
        vectors[:, 0] += 1e-6 * len(self.encoded)
        return vectors


@pytest.mark.parametrize(("encoder", "number"), [(FakeEncoder(), 1), (Unsteady(), 3)], ids=["steady", "unsteady"])
def test_after_a_change_that_was_undone_the_version_of_before_is_taken_if_its_vectors_are_still_those_of_the_lake(
    tmp_path: Path, folder: Path, encoder: FakeEncoder, number: int
) -> None:
    workspace = workspace_at(tmp_path / "home", folder, encoder=encoder)
    assert publish(workspace)
    (folder / "leave.txt").rename(tmp_path / "leave.txt")
    assert publish(workspace)
    (tmp_path / "leave.txt").rename(folder / "leave.txt")
    assert publish(workspace)
    store = workspace.index_store
    assert store.current() == number
    assert audit_version(workspace.lake, store.folder(number), 1_000, against_lake=True) == []


def test_a_failed_audit_publishes_nothing_and_leaves_the_current_version(workspace: Workspace, folder: Path) -> None:
    assert publish(workspace)
    write(folder, {"new.md": "A new document.\n"})
    grind(workspace)
    with pytest.raises(AuditError, match=r"failed its audit twice.*missing"):
        grind(workspace, (search_index,), progress=Loser(workspace))
    assert workspace.index_store.numbers() == [1]
    assert "new.md" not in documents(workspace)

    assert publish(workspace)
    assert "new.md" in documents(workspace)


class Killer(Silent):
    """Kills the process that builds the index when it begins to report."""

    def advance(self, steps: int = 1) -> None:
        for pid in children(os.getpid()):
            if "gristmill.search.worker" in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)


def test_a_killed_builder_is_an_error_and_the_next_run_publishes(tmp_path: Path, folder: Path) -> None:
    search = {"bridge": False, "approximate": "always"}  # with Chroma, so it is built in a process of its own
    workspace = workspace_at(tmp_path / "home", folder, search=search)
    grind(workspace)
    with pytest.raises(SearchIndexError, match="could not be built"):
        grind(workspace, (search_index,), progress=Killer())
    assert workspace.index_store.current() is None
    assert publish(workspace)
    assert documents(workspace) == {"mill.md", "leave.txt", "hr/pay.md"}


def test_a_killed_auditor_lets_nothing_into_force_and_the_next_run_publishes(workspace: Workspace) -> None:
    grind(workspace)
    with pytest.raises(AuditError, match="ended with code -9"):
        grind(workspace, (search_index,), progress=Killer())
    assert workspace.index_store.current() is None
    assert publish(workspace)


def test_a_damaged_version_in_force_is_replaced_by_the_next_run(workspace: Workspace) -> None:
    assert publish(workspace)
    folder = workspace.index_store.current_folder()
    assert folder is not None
    (folder / "manifest.json").unlink()
    with pytest.raises(SearchIndexError, match="no readable manifest"):
        open_current(workspace.index_store)
    assert publish(workspace)
    assert workspace.index_store.current() == 2


def test_an_index_of_nothing_is_published_and_finds_nothing(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path / "home", write(tmp_path / "documents", {"a.md": ""}))
    assert publish(workspace)
    index = open_current(workspace.index_store)
    assert index.manifest.chunks == 0
    assert index.lexical.search("anything", ["everyone"], 5) == []
    assert isinstance(index.rows, pl.DataFrame)
