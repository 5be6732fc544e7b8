"""The index and the releases agree: which version answers, what going back means, and damage of any version."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gristmill.asking import Answerer, in_force
from gristmill.cli.app import app
from gristmill.corpus.report import Silent
from gristmill.errors import SearchIndexError
from gristmill.identity import Asker
from gristmill.mill import Run, grind, heal_index
from gristmill.models.generators import QuoteGenerator
from gristmill.operating import audited, listed_versions, pruned, rebuilt, rolled_back
from gristmill.release.decisions import How
from gristmill.release.opening import ReleaseIndex
from gristmill.releasing import promote
from gristmill.search.version import MANIFEST
from gristmill.workspace import Workspace
from tests.processes import wait_until
from tests.workspaces import source, workspace_at, write

AUDIENCE = {"pattern": "hr/**", "groups": ("hr",)}


def opened(root: Path) -> Workspace:
    workspace = workspace_at(root / "home", source(root / "documents", audience=(AUDIENCE,)))
    workspace.generator = QuoteGenerator()
    return workspace


def ingest(root: Path) -> Workspace:
    workspace = opened(root)
    list(grind(Run(workspace, workspace.sources())))
    return opened(root)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two versions, each put in force by a release: the second one knows the mill of the east."""
    root = tmp_path_factory.mktemp("operating")
    write(root / "documents", {"west.md": "# West\n\nThe mill of the west has two wheels.\n"})
    write(root / "documents", {"hr/pay.md": "# Pay\n\nThe miller of the west is paid in flour.\n"})
    ingest(root)
    write(root / "documents", {"east.md": "# East\n\nThe mill of the east has nine wheels.\n"})
    ingest(root)
    return root


@pytest.fixture
def root(ingested: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(ingested, tmp_path / "copy")
    return tmp_path / "copy"


def found(workspace: Workspace, question: str = "the mill of the east", *groups: str) -> set[str]:
    answerer = Answerer(workspace)
    return {passage.document for passage in answerer.search(question, Asker.in_groups(groups), 20)}


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def test_the_version_that_the_release_in_force_answers_from_is_marked(root: Path) -> None:
    versions = listed_versions(opened(root))
    assert [(v.number, v.in_force, v.newest) for v in versions] == [(1, False, False), (2, True, True)]
    assert versions[1].releases == (in_force(opened(root)),)
    assert all(version.damage == "" for version in versions)


def test_going_back_to_a_version_is_a_move_to_its_release_and_the_next_ingest_does_not_undo_it(root: Path) -> None:
    workspace = opened(root)
    second = in_force(workspace)
    moved = rolled_back(workspace, None, who="eva", reason="the east is wrong")
    assert (moved.before, moved.version) == (2, 1)
    assert in_force(workspace) == moved.release != second
    assert workspace.registry.moves()[-1].how is How.ROLLED_BACK
    assert "east.md" not in found(workspace)
    after = ingest(root)
    assert in_force(after) == moved.release
    assert after.index_store.numbers() == [1, 2]
    assert [v.number for v in listed_versions(after) if v.in_force] == [1]
    # And forth again.
    rolled_back(after, 2, who="eva", reason="it was right")
    assert "east.md" in found(after)


def test_there_is_no_going_back_to_what_never_answered_or_is_damaged(root: Path) -> None:
    workspace = opened(root)
    with pytest.raises(SearchIndexError, match="no version to go back to"):
        rolled_back(workspace, 7, who="eva", reason="")
    cut(workspace.index_store.folder(1) / "rows.arrow")
    with pytest.raises(SearchIndexError, match="damaged"):
        rolled_back(workspace, 1, who="eva", reason="")
    shutil.copytree(workspace.index_store.folder(2), workspace.index_store.folder(3))
    (workspace.index_store.folder(3) / MANIFEST).write_text("{}")
    with pytest.raises(SearchIndexError, match="No release that was in force"):
        rolled_back(workspace, 3, who="eva", reason="")


def test_pruning_leaves_what_releases_answer_from(root: Path) -> None:
    workspace = opened(root)
    rolled_back(workspace, 1, who="eva", reason="")
    rebuilt(workspace, Silent(), anew=True)
    rebuilt(workspace, Silent(), anew=True)
    assert pruned(workspace, 1) == []
    assert set(workspace.index_store.numbers()) >= {1, 2, 4}
    assert found(workspace) == {"west.md"}


def test_a_damaged_version_answers_whole_and_is_healed_by_a_version_with_the_same_content(root: Path) -> None:
    workspace = opened(root)
    before = found(workspace), in_force(workspace)
    answerer = Answerer(workspace, heals=True)
    cut(workspace.index_store.folder(2) / "vectors.npy")
    assert {p.document for p in answerer.search("the mill of the east", Asker(), 20)} == before[0]
    assert answerer.damage
    wait_until(lambda: workspace.index_store.current() == 3)
    wait_until(lambda: answerer.tools.index.folder.name == "000003")
    assert answerer.damage == ()
    assert (found(workspace), in_force(workspace)) == before


def test_what_was_withdrawn_is_gone_from_a_damaged_older_version_too(root: Path) -> None:
    workspace = opened(root)
    rolled_back(workspace, 1, who="eva", reason="")
    serving = ReleaseIndex(workspace.index_store, workspace.registry.current(), workspace.lake)
    assert "hr/pay.md" in serving.index().documents
    cut(workspace.index_store.folder(1) / "vectors.npy")
    assert serving.index().runs[-1].groups
    (root / "documents" / "west.md").unlink()
    after = ingest(root)
    visible = {group for run in serving.index().runs for group in run.groups}
    assert visible == {"hr"}
    assert "west.md" not in found(after, "the mill of the west")


def test_a_release_on_a_damaged_version_is_not_promoted(root: Path) -> None:
    workspace = opened(root)
    second = in_force(workspace)
    rolled_back(workspace, 1, who="eva", reason="")
    cut(workspace.index_store.folder(2) / "vectors.npy")
    with pytest.raises(SearchIndexError, match="damaged"):
        promote(workspace, second, who="eva", anyway="it was right")


def test_a_home_whose_index_an_older_program_made_answers_at_once_and_keeps_its_release(root: Path) -> None:
    before = in_force(opened(root))
    for number in (1, 2):
        (opened(root).index_store.folder(number) / "files.json").unlink()
    assert found(opened(root)) == {"west.md", "east.md"}
    after = ingest(root)
    assert in_force(after) == before
    assert not Answerer(after).damage


def test_healing_waits_for_whoever_is_at_work_and_builds_once(root: Path) -> None:
    workspace = opened(root)
    cut(workspace.index_store.folder(2) / "tantivy" / "meta.json")
    assert heal_index(workspace).numbers["published"] == 1
    assert heal_index(workspace).numbers["published"] == 0


def test_the_audit_finds_a_flipped_byte_in_an_older_version(root: Path) -> None:
    workspace = opened(root)
    assert audited(workspace, 1) == (1, [])
    file = workspace.index_store.folder(1) / "rows.arrow"
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=times)
    number, findings = audited(workspace, 1)
    assert (number, [finding.check for finding in findings]) == (1, ["files"])


def test_the_commands_say_what_they_did(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(root)
    for module in ("index", "release"):
        monkeypatch.setattr(f"gristmill.cli.{module}.open_workspace", lambda: workspace)
    runner = CliRunner()
    listed = json.loads(runner.invoke(app, ["index", "versions", "--json"]).output)["versions"]
    assert [version["in_force"] for version in listed] == [False, True]
    assert "whole" in runner.invoke(app, ["index", "versions"]).output
    moved = json.loads(runner.invoke(app, ["index", "rollback", "--reason", "a test", "--json"]).output)
    assert moved["release"] == in_force(workspace)
    assert "answers from version 2" in runner.invoke(app, ["index", "rollback", "2"]).output
    assert json.loads(runner.invoke(app, ["index", "audit", "--json"]).output) == {
        "version": 2, "sound": True, "findings": [],
    }  # fmt: skip
    said = runner.invoke(app, ["index", "rebuild", "--if-damaged"]).output
    assert "nothing was built" in said
    assert json.loads(runner.invoke(app, ["index", "prune", "--json"]).output) == {"deleted": []}


def test_an_ingest_goes_on_from_a_release_that_nobody_can_open_any_more(root: Path) -> None:
    workspace = opened(root)
    before = in_force(workspace)
    for version in listed_versions(workspace):
        (workspace.index_store.folder(version.number) / MANIFEST).write_text("{}")
    write(root / "documents", {"south.md": "# South\n\nThe mill of the south has one wheel.\n"})
    workspace = ingest(root)
    assert in_force(workspace) != before
    assert "south.md" in found(workspace, "the mill of the south")
    decision = workspace.registry.decisions(in_force(workspace))[-1]
    assert "cannot be opened" in decision.reason
