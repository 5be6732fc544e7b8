from __future__ import annotations

from pathlib import Path

import pytest

from gristmill.errors import FencedError, StorageError
from gristmill.storage import artifacts
from gristmill.storage.artifacts import Staging, VersionStore, write_durably


@pytest.fixture
def store(tmp_path: Path) -> VersionStore:
    return VersionStore(tmp_path / "index")


def staged(store: VersionStore, content: str) -> Staging:
    staging = store.stage()
    (staging.folder / "part").mkdir()
    (staging.folder / "part" / "content").write_text(content)
    return staging


def published(store: VersionStore, *contents: str) -> list[int]:
    return [store.publish(staged(store, content)) for content in contents]


def in_force(store: VersionStore) -> str | None:
    folder = store.current_folder()
    return None if folder is None else (folder / "part" / "content").read_text()


def test_before_the_first_publication_there_is_no_version(store: VersionStore) -> None:
    assert (store.current(), store.current_folder(), store.numbers()) == (None, None, [])


def test_publishing_makes_a_version_the_one_in_force(store: VersionStore) -> None:
    assert published(store, "one", "two") == [1, 2]
    assert (store.numbers(), store.current(), in_force(store)) == ([1, 2], 2, "two")


def test_staging_changes_nothing_that_is_published(store: VersionStore) -> None:
    published(store, "one")
    staged(store, "two")
    assert (store.numbers(), in_force(store)) == ([1], "one")


def test_staging_begins_empty_and_sweeps_what_others_left(store: VersionStore) -> None:
    left = staged(store, "left")
    assert list(store.stage().folder.iterdir()) == []
    assert not left.folder.exists()


def test_a_stalled_publisher_cannot_publish_late(store: VersionStore) -> None:
    published(store, "one")
    stalled = staged(store, "stalled")
    store.publish(staged(store, "newer"))
    with pytest.raises(FencedError):
        store.publish(stalled)
    assert (store.numbers(), in_force(store)) == ([1, 2], "newer")


def test_a_publisher_is_fenced_as_soon_as_another_one_has_started(store: VersionStore) -> None:
    stalled = staged(store, "stalled")
    newer = staged(store, "newer")
    with pytest.raises(FencedError):
        store.publish(stalled)
    assert store.publish(newer) == 1


def test_a_stalled_publisher_whose_folder_is_still_there_cannot_publish_either(store: VersionStore) -> None:
    stalled = staged(store, "stalled")
    store.stage()
    (stalled.folder).mkdir(parents=True, exist_ok=True)
    with pytest.raises(FencedError):
        store.publish(stalled)
    assert store.numbers() == []


def test_a_crash_between_rename_and_pointer_leaves_the_old_version_in_force_and_the_next_run_goes_on(
    store: VersionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(store, "one")
    staging = staged(store, "crashed")
    with monkeypatch.context() as patch:
        patch.setattr(artifacts, "write_durably", _crash)
        with pytest.raises(KeyboardInterrupt):
            store.publish(staging)
    assert (store.current(), in_force(store)) == (1, "one")
    assert published(store, "three") == [3]
    assert in_force(store) == "three"


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_rollback_and_its_undoing_move_the_pointer_and_nothing_else(store: VersionStore) -> None:
    published(store, "one", "two", "three")
    store.point_to(1)
    assert in_force(store) == "one"
    store.point_to(3)
    assert in_force(store) == "three"
    assert store.numbers() == [1, 2, 3]


def test_rolling_back_to_a_version_that_is_not_there_names_those_that_are(store: VersionStore) -> None:
    published(store, "one", "two")
    with pytest.raises(StorageError, match=r"no version 7.*\[1, 2\]"):
        store.point_to(7)
    assert store.current() == 2


def test_a_publication_after_a_rollback_takes_a_new_number(store: VersionStore) -> None:
    published(store, "one", "two")
    store.point_to(1)
    assert published(store, "three") == [3]


def test_pruning_keeps_the_newest_and_the_one_in_force(store: VersionStore) -> None:
    published(store, *"abcde")
    store.point_to(2)
    assert store.prune(keep=2) == [1, 3]
    assert (store.numbers(), in_force(store)) == ([2, 4, 5], "b")


def test_pruning_what_is_not_too_many_deletes_nothing(store: VersionStore) -> None:
    published(store, "one", "two")
    assert store.prune(keep=2) == []
    assert store.prune(keep=9) == []


def test_a_crash_while_pruning_leaves_no_half_version(store: VersionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    published(store, *"abc")
    with monkeypatch.context() as patch:
        patch.setattr("gristmill.storage.artifacts.shutil.rmtree", _delete_a_part_and_crash)
        with pytest.raises(KeyboardInterrupt):
            store.prune(keep=1)
    assert [(store.folder(number) / "part" / "content").read_text() for number in store.numbers()] == ["b", "c"]
    assert store.stage().folder.parent.name == "staging"
    assert not list((store.root / "staging").glob("pruned-*"))


def _delete_a_part_and_crash(folder: Path) -> None:
    (folder / "part" / "content").unlink()
    raise KeyboardInterrupt


def test_a_damaged_pointer_is_an_error_that_says_what_to_write(store: VersionStore) -> None:
    published(store, "one", "two")
    (store.root / "current").write_text("tw")
    with pytest.raises(StorageError, match=r"current is damaged\. Write one of \[1, 2\]"):
        store.current()


def test_a_damaged_fence_is_an_error_that_names_its_file(store: VersionStore) -> None:
    published(store, "one")
    (store.root / "fence").write_text("")
    with pytest.raises(StorageError, match="fence"):
        store.stage()


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "pointer"
    write_durably(file, "one")
    write_durably(file, "two")
    assert file.read_text() == "two"
    assert [path.name for path in file.parent.iterdir()] == ["pointer"]


def test_a_small_file_that_cannot_be_written_keeps_its_content_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "pointer"
    write_durably(file, "one")
    with pytest.raises(UnicodeEncodeError):
        write_durably(file, "\ud800")
    assert file.read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["pointer"]


def test_a_small_file_in_a_place_without_room_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "pointer").mkdir()
    with pytest.raises(StorageError, match="pointer cannot be written"):
        write_durably(tmp_path / "pointer", "one")
