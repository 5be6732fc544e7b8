from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from gristmill.corpus.discover import StampCache, discover
from gristmill.corpus.report import Silent, StageReport
from gristmill.corpus.sources import Source
from gristmill.errors import SourceError
from gristmill.settings import Settings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import SOURCE_FILES
from tests.workspaces import source, write


class CountedFilesystem:
    """A file system that remembers the names of the files it opened."""

    def __init__(self, filesystem: Any, opened: list[str]) -> None:
        self._filesystem = filesystem
        self._opened = opened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._filesystem, name)

    def open(self, location: str, mode: str) -> Any:
        self._opened.append(Path(location).name)
        return self._filesystem.open(location, mode)


class Shelf:
    """Folders, a lake and a cache of stamps, with a clock that can be set."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lake = Lake(str(root / "lake"))
        self.seconds_later = 3600.0  # files were written long ago, so that their stamps are trusted
        self.opened: list[str] = []

    def discover(self, *folders: Path, complete: bool = True, allow_empty: bool = False) -> StageReport:
        cache = StampCache(self.root / "stamps.json", now=lambda: time.time() + self.seconds_later)
        sources = [Source(source(folder), Settings()) for folder in folders]
        for one in sources:
            one.filesystem = CountedFilesystem(one.filesystem, self.opened)
        return discover(self.lake, sources, cache, Silent(), complete=complete, allow_empty=allow_empty)

    def documents(self) -> dict[str, str]:
        return dict(self.lake.read(SOURCE_FILES, ["document", "version"]).sort("document").iter_rows())


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "documents", {"a.md": "one", "b.md": "two", "sub/c.md": "three"})


def in_place(file: Path, content: str) -> None:
    """Write a content of the same size and put the time back."""
    before = file.stat()
    assert len(content) == before.st_size
    file.write_text(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_each_file_is_a_row_with_the_hash_of_its_bytes(shelf: Shelf, folder: Path) -> None:
    report = shelf.discover(folder)
    rows = {row["document"]: row for row in shelf.lake.read(SOURCE_FILES).to_dicts()}
    assert rows["a.md"]["version"] == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert (rows["a.md"]["bytes"], rows["a.md"]["media_type"], rows["a.md"]["audience"]) == (
        3,
        "text/markdown",
        ["everyone"],
    )
    assert report.numbers == {"files": 3, "new": 3, "changed": 0, "removed": 0}


def test_an_unchanged_folder_writes_nothing(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    before = shelf.lake.version(SOURCE_FILES)
    assert shelf.discover(folder).numbers == {"files": 3, "new": 0, "changed": 0, "removed": 0}
    assert shelf.lake.version(SOURCE_FILES) == before


def test_touched_files_write_nothing(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    before = shelf.lake.version(SOURCE_FILES)
    for ago in (0, 3_600, -3_600):
        for file in folder.rglob("*.md"):
            os.utime(file, (time.time() - ago, time.time() - ago))
        shelf.discover(folder)
    assert shelf.lake.version(SOURCE_FILES) == before


def test_an_edit_of_the_same_size_within_the_same_second_is_noticed(shelf: Shelf, folder: Path) -> None:
    shelf.seconds_later = 0
    shelf.discover(folder)
    before = shelf.documents()
    in_place(folder / "a.md", "ONE")
    shelf.discover(folder)
    assert shelf.documents()["a.md"] != before["a.md"]


def test_an_edit_of_the_same_size_that_puts_an_old_time_back_is_noticed(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    before = shelf.documents()
    in_place(folder / "a.md", "ONE")
    shelf.discover(folder)
    assert shelf.documents()["a.md"] != before["a.md"]


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_an_edit_is_noticed_whatever_the_clock_does(shelf: Shelf, folder: Path, jump: float) -> None:
    shelf.discover(folder)
    before = shelf.documents()
    shelf.seconds_later += jump
    (folder / "a.md").write_text("ONE")
    os.utime(folder / "a.md", (time.time() + jump, time.time() + jump))
    shelf.discover(folder)
    assert shelf.documents()["a.md"] != before["a.md"]
    assert shelf.documents()["b.md"] == before["b.md"]


def test_a_file_whose_stamp_is_known_is_not_read_again(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    (folder / "b.md").write_text("another text")
    shelf.opened.clear()
    shelf.discover(folder)
    assert shelf.opened == ["b.md"]


def test_a_deleted_or_damaged_cache_costs_time_and_nothing_else(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    before = shelf.lake.version(SOURCE_FILES)
    for content in (None, "{", "[]", '{"documents": 3}'):
        (shelf.root / "stamps.json").unlink()
        if content is not None:
            (shelf.root / "stamps.json").write_text(content)
        shelf.discover(folder)
    assert shelf.lake.version(SOURCE_FILES) == before


def test_a_renamed_file_is_one_removed_and_one_new_with_the_same_content(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    version = shelf.documents()["a.md"]
    (folder / "a.md").rename(folder / "sub" / "d.md")
    report = shelf.discover(folder)
    assert (report.numbers["new"], report.numbers["removed"]) == (1, 1)
    assert shelf.documents()["sub/d.md"] == version
    assert "a.md" not in shelf.documents()


def test_two_files_that_swap_their_names_swap_their_contents(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    before = shelf.documents()
    (folder / "a.md").rename(folder / "x")
    (folder / "b.md").rename(folder / "a.md")
    (folder / "x").rename(folder / "b.md")
    shelf.discover(folder)
    after = shelf.documents()
    assert (after["a.md"], after["b.md"]) == (before["b.md"], before["a.md"])


def test_a_source_that_is_suddenly_empty_is_refused_and_nothing_is_removed(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    before = shelf.documents()
    for file in folder.rglob("*.md"):
        file.unlink()
    with pytest.raises(SourceError, match=r"empty.*3 documents.*--allow-empty"):
        shelf.discover(folder)
    assert shelf.documents() == before
    assert shelf.discover(folder, allow_empty=True).numbers["removed"] == 3
    assert shelf.documents() == {}


def test_one_source_that_is_suddenly_empty_stops_the_run_before_anything_is_changed(shelf: Shelf, folder: Path) -> None:
    other = write(shelf.root / "other", {"d.md": "four"})
    shelf.discover(folder, other)
    before = shelf.documents()
    (other / "d.md").unlink()
    (folder / "a.md").write_text("changed")
    (folder / "b.md").unlink()
    with pytest.raises(SourceError, match="empty"):
        shelf.discover(folder, other)
    assert shelf.documents() == before


def test_a_missing_folder_removes_nothing(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    before = shelf.documents()
    folder.rename(shelf.root / "unmounted")
    with pytest.raises(SourceError):
        shelf.discover(folder)
    with pytest.raises(SourceError):
        shelf.discover(folder, allow_empty=True)
    assert shelf.documents() == before


def test_two_sources_with_the_same_document_name_are_refused(shelf: Shelf, folder: Path) -> None:
    other = write(shelf.root / "other", {"a.md": "another"})
    with pytest.raises(SourceError, match=r"'a\.md' comes from two sources.*prefix"):
        shelf.discover(folder, other)
    assert shelf.documents() == {}
    shelf.discover(folder)
    with pytest.raises(SourceError, match=r"'a\.md' comes from two sources"):
        shelf.discover(other, complete=False)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_document_that_moves_to_another_source_is_kept(shelf: Shelf, folder: Path, backwards: bool) -> None:
    other = write(shelf.root / "other", {"d.md": "four"})
    folders = (other, folder) if backwards else (folder, other)
    shelf.discover(*folders)
    (folder / "a.md").rename(other / "a.md")
    shelf.discover(*folders)
    assert sorted(shelf.documents()) == ["a.md", "b.md", "d.md", "sub/c.md"]


def test_documents_of_a_source_that_is_no_longer_listed_go_with_a_complete_run_only(shelf: Shelf, folder: Path) -> None:
    other = write(shelf.root / "other", {"d.md": "four"})
    shelf.discover(folder, other)
    shelf.discover(other, complete=False)
    assert len(shelf.documents()) == 4
    shelf.discover(other)
    assert list(shelf.documents()) == ["d.md"]


def test_a_file_that_cannot_be_read_is_a_row_with_the_reason(shelf: Shelf, folder: Path) -> None:
    (folder / "broken.md").symlink_to(folder / "gone.md")
    shelf.discover(folder)
    row = next(row for row in shelf.lake.read(SOURCE_FILES).to_dicts() if row["document"] == "broken.md")
    assert row["version"] is None
    assert row["problem"]


def test_a_changed_audience_rule_changes_the_rows_it_is_about(shelf: Shelf, folder: Path) -> None:
    shelf.discover(folder)
    ruled = Source(source(folder, audience=({"pattern": "sub/**", "groups": ("hr",)},)), Settings())
    cache = StampCache(shelf.root / "stamps.json")
    report = discover(shelf.lake, [ruled], cache, Silent())
    rows = {row["document"]: row["audience"] for row in shelf.lake.read(SOURCE_FILES).to_dicts()}
    assert rows == {"a.md": ["everyone"], "b.md": ["everyone"], "sub/c.md": ["hr"]}
    assert report.numbers["changed"] == 1
