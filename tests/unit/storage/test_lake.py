from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from gristmill.errors import StorageError
from gristmill.storage import table_files
from gristmill.storage.kept_columns import KeptColumns
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EMBEDDINGS, PARSED, TABLES, TEXTS, Table


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture(params=[(-1, 0), (-1, 1 << 20), (4 << 20, 1 << 20)], ids=["read from files", "kept", "held"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tables are held or not, and what is read of their files is kept or not."""
    held, kept = request.param
    monkeypatch.setattr("gristmill.storage.lake._HELD_BYTES", held)
    monkeypatch.setattr(Lake.__init__, "__defaults__", (kept,))


def texts(**by_hash: str) -> pl.DataFrame:
    rows = [{"text_hash": key, "text": text, "pages": []} for key, text in by_hash.items()]
    return pl.DataFrame(rows, schema=TEXTS.schema)


def filled(table: Table, given: Collection[str]) -> list[pl.Expr]:
    """The columns of a table, with nothing in those that are not given."""
    return [pl.col(name) if name in given else pl.lit(None, kind).alias(name) for name, kind in table.schema.items()]


def held(lake: Lake) -> dict[str, str]:
    return dict(lake.read(TEXTS, ["text_hash", "text"]).sort("text_hash").iter_rows())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_that_was_never_written_is_empty_and_has_its_schema(lake: Lake, table: Table) -> None:
    rows = lake.read(table)
    assert rows.is_empty()
    assert rows.schema == table.schema
    assert lake.version(table) == -1
    assert table.key in table.schema


def test_an_upsert_inserts_and_replaces_by_key(lake: Lake) -> None:
    lake.upsert(TEXTS, texts(a="one", b="two"))
    assert lake.upsert(TEXTS, texts(b="TWO", c="three")) == 2
    assert held(lake) == {"a": "one", "b": "TWO", "c": "three"}


def test_an_upsert_is_one_commit(lake: Lake) -> None:
    lake.upsert(TEXTS, texts(a="one"))
    before = lake.version(TEXTS)
    lake.upsert(TEXTS, texts(a="ONE", b="two"))
    assert lake.version(TEXTS) == before + 1


def test_what_another_writer_commits_is_read_next(lake: Lake) -> None:
    other = Lake(lake.url)
    lake.append(TEXTS, texts(a="one"))
    assert held(other) == {"a": "one"}
    lake.upsert(TEXTS, texts(a="ONE"))
    assert held(other) == {"a": "ONE"}
    lake.delete(TEXTS, pl.Series(["a"]))
    assert held(other) == {}
    assert other.version(TEXTS) == lake.version(TEXTS)


def test_a_table_put_in_the_place_of_another_is_read_though_it_has_as_many_commits(lake: Lake, tmp_path: Path) -> None:
    saved = Lake(str(tmp_path / "saved"))
    saved.append(TEXTS, texts(a="saved"))
    lake.append(TEXTS, texts(a="lost"))
    assert held(lake) == {"a": "lost"}
    shutil.rmtree(lake.url)
    assert held(lake) == {}
    shutil.copytree(saved.url, lake.url)
    assert held(lake) == {"a": "saved"}


def test_a_table_is_opened_once_a_commit(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.append(TEXTS, texts(a="one"))
    opened: list[str] = []

    def counted(url: str) -> DeltaTable:
        opened.append(url)
        return DeltaTable(url)

    monkeypatch.setattr("gristmill.storage.lake.DeltaTable", counted)
    for _ in range(3):
        held(lake)
        lake.version(TEXTS)
    assert len(opened) <= 1
    lake.append(TEXTS, texts(b="two"))
    held(lake)
    assert len(opened) <= 2


def test_nothing_to_write_is_no_commit(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    before = lake.version(TEXTS)
    assert lake.append(TEXTS, texts()) == 0
    assert lake.upsert(TEXTS, texts()) == 0
    assert lake.delete(TEXTS, pl.Series([], dtype=pl.String)) == 0
    assert lake.version(TEXTS) == before


def test_a_delete_takes_the_named_rows_and_no_others(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one", b="two", c="three"))
    lake.delete(TEXTS, pl.Series(["a", "c", "c", "unknown"]))
    assert held(lake) == {"b": "two"}


def test_deleting_from_a_table_that_was_never_written_does_nothing(lake: Lake) -> None:
    lake.delete(TEXTS, pl.Series(["a"]))
    assert lake.version(TEXTS) == -1


def test_replacing_rows_leaves_those_of_other_values(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one", b="two"))
    lake.replace(TEXTS, "text_hash", pl.Series(["a"]), texts(c="three"))
    assert held(lake) == {"b": "two", "c": "three"}


def test_a_scan_reads_only_what_it_is_asked_for(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one", b="two"))
    rows = lake.scan(TEXTS).filter(pl.col("text_hash") == "b").select("text").collect()
    assert rows.to_dicts() == [{"text": "two"}]
    assert lake.read(TEXTS, ["text"], pl.col("text_hash") == "a").to_dicts() == [{"text": "one"}]


@pytest.mark.usefixtures("either_way")
def test_rows_in_batches_are_the_rows_of_all_files_also_of_an_older_version(lake: Lake) -> None:
    old = texts(a="one").drop("pages")
    write_deltalake(lake.place(TEXTS), old)
    lake.append(TEXTS, texts(b="two", c="three", d="four"))
    batches = list(lake.batches(TEXTS, ["text_hash", "pages"], 2, pl.col("text_hash") != "d"))
    assert max(batch.height for batch in batches) <= 2
    assert (
        pl.concat(batches)
        .sort("text_hash")
        .equals(lake.read(TEXTS, ["text_hash", "pages"], pl.col("text_hash") != "d").sort("text_hash"))
    )
    assert list(lake.batches(EMBEDDINGS, ["vector"], 2)) == []


@pytest.mark.parametrize("room", [1 << 20, 9_000, 1], ids=["all files", "some files", "none"])
@pytest.mark.parametrize("own", [True, False], ids=["own changes", "another's changes"])
def test_what_is_kept_of_files_is_what_they_hold_after_every_change(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, room: int, own: bool
) -> None:
    monkeypatch.setattr("gristmill.storage.lake._HELD_BYTES", -1)
    keeping = Lake(lake.url, room)
    changing = keeping if own else lake
    opened: list[str] = []
    parquet = table_files.parquet

    def counted(table: Table, files: list[str], place: str | None = None) -> pl.LazyFrame:
        opened.extend(files)
        return parquet(table, files, place)

    for number in range(6):
        lake.upsert(TEXTS, texts(**{f"{number}": "x" * 60, f"{number}'": "y" * 60}))
    keeping.keep(TEXTS, ["text_hash", "text"])
    changes: list[Callable[[], object]] = [
        lambda: None,
        lambda: changing.delete(TEXTS, pl.Series(["1", "3"])),
        lambda: changing.upsert(TEXTS, texts(**{"4": "z"})),
        lambda: changing.append(TEXTS, texts(**{"7": "new"})),
    ]  # fmt: skip
    for change in changes:
        change()
        wanted = {key: text for key, text in held(lake).items() if key != "5"}
        kept = pl.concat(keeping.batches(TEXTS, ["text"], 3, pl.col("text_hash") != "5"))
        assert sorted(kept["text"]) == sorted(wanted.values())
        assert sorted(keeping.read(TEXTS, ["text_hash"], pl.col("text_hash") != "5")["text_hash"]) == sorted(wanted)
        assert keeping.read(TEXTS, ["pages", "text_hash"]).columns == ["pages", "text_hash"]
    monkeypatch.setattr("gristmill.storage.table_files.parquet", counted)
    monkeypatch.setattr("gristmill.storage.kept_columns.parquet", counted)
    list(keeping.batches(TEXTS, ["text"], 3, pl.col("text_hash") != "5"))
    keeping.read(TEXTS, ["text_hash"])
    assert bool(opened) == (room < 1 << 20)


def test_what_is_kept_takes_no_more_than_its_room_and_goes_with_its_file(lake: Lake) -> None:
    places = []
    for number in range(3):
        lake.append(TEXTS, texts(**{str(number): "x" * 1_000}))
        places = table_files.paths_of(DeltaTable(lake.place(TEXTS)))
    kept = KeptColumns(2_500)
    rows = kept.read(TEXTS, places, ["text"])
    assert rows.height == 3
    assert sum(kept.holds(TEXTS, place, ["text"]) for place in places) == 2
    assert kept.read(TEXTS, places, ["text_hash", "text"]).select("text").equals(rows)
    there = next(place for place in places if kept.holds(TEXTS, place, ["text"]))
    kept.forget_others(TEXTS, set(places) - {there})
    assert not kept.holds(TEXTS, there, ["text"])
    kept.read(TEXTS, places, ["text"])
    assert sum(kept.holds(TEXTS, place, ["text"]) for place in places) == 2


@pytest.mark.usefixtures("either_way")
def test_batches_are_full_though_rows_came_one_by_one(lake: Lake) -> None:
    for key in "abcde":
        lake.append(TEXTS, texts(**{key: key.upper()}))
    batches = list(lake.batches(TEXTS, ["text_hash", "text"], 2))
    assert [batch.height for batch in batches] == [2, 2, 1]
    assert dict(pl.concat(batches).sort("text_hash").iter_rows()) == held(lake)


def test_rows_keep_their_values_through_the_table(lake: Lake) -> None:
    row = {
        "parse_key": "k", "outcome": "parsed", "reason": "", "attempts": 1, "text": "Mühle 🌾 \u0000 end", "title": "",
        "language": "deu", "modified": datetime(2024, 2, 29, 12, tzinfo=UTC),
        "pages": [{"page": 1, "start": 0}, {"page": 2, "start": 9}], "hidden": [], "seconds": 0.25,
        "tried": datetime(2024, 3, 1, 12, tzinfo=UTC),
    }  # fmt: skip
    lake.append(PARSED, pl.DataFrame([row], schema=PARSED.schema))
    assert lake.read(PARSED).to_dicts() == [row]


def test_a_table_of_an_older_version_is_read_with_the_columns_it_lacks(lake: Lake) -> None:
    write_deltalake(f"{lake.url}/{TEXTS.name}", texts(a="one").drop("pages"))
    assert lake.read(TEXTS).to_dicts() == [{"text_hash": "a", "text": "one", "pages": None}]
    lake.upsert(TEXTS, texts(b="two"))
    assert held(lake) == {"a": "one", "b": "two"}


def test_many_small_commits_do_not_leave_many_small_files(lake: Lake) -> None:
    for number in range(60):
        lake.append(TEXTS, texts(**{f"{number:02}": "text"}))
    assert lake.read(TEXTS).height == 60
    assert len(DeltaTable(f"{lake.url}/{TEXTS.name}").file_uris()) <= 25


def test_files_that_have_their_size_are_not_written_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gristmill.storage.table_files._LEAST_FILE_BYTES", 20_000)
    draw = random.Random(1)
    for number in range(90):
        lake.append(TEXTS, texts(**{f"{number:03}": draw.randbytes(1_000).hex()}))
    opened = DeltaTable(lake.place(TEXTS))
    sizes: list[int] = pl.DataFrame(opened.get_add_actions(flatten=True))["size_bytes"].to_list()
    assert sum(sizes) > 90_000
    assert max(sizes) < 40_000
    assert sum(size < 10_000 for size in sizes) <= 25
    assert len(held(lake)) == 90


def test_what_is_taken_out_of_many_files_leaves_files_of_their_size(lake: Lake) -> None:
    draw = random.Random(1)
    keys = [f"{number:04}" for number in range(8_000)]
    for at in range(0, len(keys), 1_000):
        vectors = [draw.randbytes(1_536) for _ in range(1_000)]
        rows = {"embedding": keys[at : at + 1_000], "vector": vectors}
        lake.append(EMBEDDINGS, pl.DataFrame(rows).select(filled(EMBEDDINGS, rows)))
    lake.delete(EMBEDDINGS, pl.Series(keys[::1_000]))
    sizes: list[int] = pl.DataFrame(DeltaTable(lake.place(EMBEDDINGS)).get_add_actions(flatten=True))[
        "size_bytes"
    ].to_list()
    assert sum(sizes) > 12_000_000
    assert max(sizes) < 4_000_000


@pytest.mark.usefixtures("either_way")
def test_what_is_gathered_is_read_at_once_and_written_in_one_commit(lake: Lake) -> None:
    lake.upsert(TEXTS, texts(a="one", b="two"))
    before = lake.version(TEXTS)
    with lake.gathering(TEXTS) as write:
        for number in range(3):
            lake.upsert(TEXTS, texts(b=f"two {number}", c="three"))
            assert held(lake) == {"a": "one", "b": f"two {number}", "c": "three"}
            assert lake.read(TEXTS, ["text_hash"], pl.col("text_hash") != "a")["text_hash"].to_list() == ["b", "c"]
        assert lake.version(TEXTS) == before
        write()
        assert held(Lake(lake.url)) == {"a": "one", "b": "two 2", "c": "three"}
        lake.upsert(TEXTS, texts(d="four"))
    assert lake.version(TEXTS) == before + 2
    assert held(Lake(lake.url)) == {"a": "one", "b": "two 2", "c": "three", "d": "four"}
    lake.upsert(TEXTS, texts(e="five"))
    assert lake.version(TEXTS) == before + 3


def test_what_was_gathered_when_an_error_came_is_written_and_also_in_a_table_that_was_never_written(lake: Lake) -> None:
    with suppress(ValueError), lake.gathering(TEXTS):
        lake.upsert(TEXTS, texts(a="one"))
        assert held(lake) == {"a": "one"}
        assert lake.version(TEXTS) == -1
        int("stopped")
    assert held(Lake(lake.url)) == {"a": "one"}


def test_what_is_made_of_tables_is_made_again_when_one_of_them_changes(lake: Lake) -> None:
    made: list[int] = []

    def make() -> pl.DataFrame:
        made.append(lake.read(TEXTS).height)
        return lake.read(TEXTS, ["text_hash"])

    def again() -> int:
        return lake.once("hashes", [TEXTS, PARSED], make).height

    assert [again(), again()] == [0, 0]  # there is no table yet
    lake.append(PARSED, PARSED.schema.to_frame(eager=True).clear(1).with_columns(parse_key=pl.lit("k")))
    lake.append(TEXTS, texts(a="one"))
    made.clear()
    assert [again(), again()] == [1, 1]
    Lake(lake.url).append(TEXTS, texts(b="two"))
    assert [again(), again()] == [2, 2]
    lake.delete(PARSED, pl.Series(["k"]))
    assert [again(), again()] == [2, 2]
    assert made == [1, 2, 2]


def test_a_damaged_log_is_an_error_that_names_the_table(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    log = Path(lake.url, TEXTS.name, "_delta_log")
    next(log.glob("*.json")).write_text("not json")
    with pytest.raises(StorageError, match="accepted_texts"):
        lake.read(TEXTS)


@pytest.mark.usefixtures("either_way")
def test_a_lost_data_file_is_an_error_that_names_the_table(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    for file in Path(lake.url, TEXTS.name).glob("*.parquet"):
        file.unlink()
    with pytest.raises(StorageError, match="accepted_texts"):
        lake.read(TEXTS)
    with pytest.raises(StorageError, match="accepted_texts"):
        list(lake.batches(TEXTS, ["text"], 9))


def test_a_write_that_fails_is_an_error_that_names_the_table(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where a folder should be")
    lake = Lake(str(tmp_path / "lake"))
    rows = pl.DataFrame(
        [{"embedding": "e", "embedding_key": "k", "encoder": "x", "vector": b""}], schema=EMBEDDINGS.schema
    )
    for change in (lake.append, lake.upsert):
        with pytest.raises(StorageError, match="embeddings"):
            change(EMBEDDINGS, rows)


def test_a_deleted_lake_is_an_empty_one(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    shutil.rmtree(lake.url)
    assert lake.read(TEXTS).is_empty()


@pytest.mark.usefixtures("either_way")
def test_rows_are_those_of_the_table_after_any_changes(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ["a", "b", "it's", "", "ü", 'say "so"', "50%", "x\ny", "'; DROP TABLE t; --", "\\"]
    wanted: dict[str, str] = {}
    luck = random.Random(5)
    for step in range(60):
        some = luck.sample(keys, luck.randint(1, 6))
        new = [key for key in some if key not in wanted]
        match luck.choice(["upsert", "append", "delete"]):
            case "upsert":
                lake.upsert(TEXTS, texts(**dict.fromkeys(some, str(step))))
                wanted |= dict.fromkeys(some, str(step))
            case "append":
                lake.append(TEXTS, texts(**dict.fromkeys(new, str(step))))
                wanted |= dict.fromkeys(new, str(step))
            case _:
                lake.delete(TEXTS, pl.Series(some))
                wanted = {key: text for key, text in wanted.items() if key not in some}
        assert held(lake) == wanted
        if step % 10 == 0:
            assert held(Lake(lake.url)) == wanted


def test_a_row_without_a_value_is_like_no_value(lake: Lake) -> None:
    rows = pl.DataFrame({"text_hash": ["a", "b"], "text": [None, "x"]}).with_columns(pages=pl.lit(None))
    lake.append(TEXTS, rows.select(pl.col(name).cast(kind) for name, kind in TEXTS.schema.items()))
    lake.read(TEXTS)
    lake.replace(TEXTS, "text", pl.Series(["x"]), rows.clear())
    assert lake.read(TEXTS)["text_hash"].to_list() == Lake(lake.url).read(TEXTS)["text_hash"].to_list() == ["a"]


@pytest.mark.usefixtures("either_way")
def test_a_scan_reads_what_was_there_when_it_was_made(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    scan = lake.scan(TEXTS)
    lake.append(TEXTS, texts(b="two"))
    lake.delete(TEXTS, pl.Series(["a"]))
    assert scan.collect()["text"].to_list() == ["one"]
    assert held(lake) == {"b": "two"}


def test_held_rows_give_way_to_what_another_writer_did_before_an_own_change(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    assert held(lake) == {"a": "one"}
    other = Lake(lake.url)
    other.append(TEXTS, texts(b="two"))
    lake.upsert(TEXTS, texts(c="three"))
    assert held(lake) == held(other) == {"a": "one", "b": "two", "c": "three"}


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("apart", [True, False], ids=["processes", "threads"])
def test_writers_at_the_same_time_lose_nothing(lake: Lake, apart: bool) -> None:
    """Each changes rows of its own in a table that is written whole: like processes, or on the same object."""
    lake.append(TEXTS, texts(**dict.fromkeys("abcd", "0")))

    def write(key: str) -> None:
        own = Lake(lake.url) if apart else lake
        for step in range(1, 9):
            own.upsert(TEXTS, texts(**{key: str(step)}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    assert held(lake) == dict.fromkeys("abcd", "8")


@pytest.mark.usefixtures("either_way")
def test_a_change_is_made_anew_to_what_another_writer_left(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.append(TEXTS, texts(a="one", b="two"))
    others = [
        lambda: Lake(lake.url).append(TEXTS, texts(c="three")),
        lambda: Lake(lake.url).delete(TEXTS, pl.Series(["a"])),
    ]

    commit = DeltaTable.create_write_transaction

    def late(*args: Any, **kwargs: Any) -> None:
        if others:
            others.pop(0)()
        commit(*args, **kwargs)

    held(lake)
    monkeypatch.setattr(DeltaTable, "create_write_transaction", late)
    lake.upsert(TEXTS, texts(b="TWO", c="THREE"))
    assert held(lake) == held(Lake(lake.url)) == {"b": "TWO", "c": "THREE"}
    assert not others
    assert written(lake) == ever(lake), "what was written for a commit that was not made is no file of the table"


def test_a_change_that_others_always_come_before_is_an_error(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.append(TEXTS, texts(a="one"))

    commit = DeltaTable.create_write_transaction

    def late(*args: Any, **kwargs: Any) -> None:
        write_deltalake(lake.place(TEXTS), texts(z="other"), mode="append")
        commit(*args, **kwargs)

    monkeypatch.setattr(DeltaTable, "create_write_transaction", late)
    with pytest.raises(StorageError, match="accepted_texts"):
        lake.upsert(TEXTS, texts(a="ONE"))
    assert Lake(lake.url).read(TEXTS).filter(text_hash="a")["text"].to_list() == ["one"]
    assert written(lake) == ever(lake)


def test_a_change_that_is_committed_stays_though_an_error_comes_after(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the disk is full and the library makes a checkpoint of its log."""
    lake.append(TEXTS, texts(a="one"))
    commit = DeltaTable.create_write_transaction

    def late(*args: Any, **kwargs: Any) -> None:
        commit(*args, **kwargs)
        raise DeltaError("No space left on device")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", late)
    with pytest.raises(StorageError, match="accepted_texts"):
        lake.upsert(TEXTS, texts(a="ONE", b="TWO"))
    assert held(lake) == held(Lake(lake.url)) == {"a": "ONE", "b": "TWO"}


def test_a_change_writes_the_files_that_it_touches_and_no_others(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gristmill.storage.lake._HELD_BYTES", -1)
    for number in range(6):
        lake.append(TEXTS, texts(**{f"{number}a": "one", f"{number}b": "two"}))
    before = files(lake)
    lake.delete(TEXTS, pl.Series(["3a", "nowhere"]))
    assert (len(before - files(lake)), len(files(lake) - before)) == (1, 1)
    before = files(lake)
    lake.delete(TEXTS, pl.Series(["4a", "4b"]))
    assert (len(before - files(lake)), len(files(lake) - before)) == (1, 0)
    before = files(lake)
    lake.upsert(TEXTS, texts(**{"5a": "ONE", "6a": "one"}))
    assert (len(before - files(lake)), len(files(lake) - before)) == (1, 1)
    before, version = files(lake), lake.version(TEXTS)
    lake.delete(TEXTS, pl.Series(["nowhere"]))
    assert (files(lake), lake.version(TEXTS)) == (before, version)
    kept = {"0a": "one", "0b": "two", "1a": "one", "1b": "two", "2a": "one", "2b": "two", "3b": "two"}
    assert held(Lake(lake.url)) == kept | {"5a": "ONE", "5b": "two", "6a": "one"}


def test_in_a_table_to_which_a_column_came_later_a_change_writes_what_it_touches_too(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gristmill.storage.lake._HELD_BYTES", -1)
    for key in "abc":
        old = texts(**{key: "one"})
        write_deltalake(lake.place(TEXTS), old.drop("text") if key == "a" else old, mode="append", schema_mode="merge")
    opened = DeltaTable(lake.place(TEXTS))
    assert [field.name for field in opened.schema().fields] != TEXTS.schema.names()
    assert table_files.is_as_declared(TEXTS, DeltaTable(Path(lake.place(TEXTS)).as_uri()))
    before = files(lake)
    lake.upsert(TEXTS, texts(c="ONE"))
    assert len(before - files(lake)) == 1
    assert held(Lake(lake.url)) == {"a": None, "b": "one", "c": "ONE"}
    lake.delete(TEXTS, pl.Series(["b"]))
    assert held(Lake(lake.url)) == {"a": None, "c": "ONE"}


def files(lake: Lake, version: int | None = None) -> set[str]:
    """The names of the files of the table, now or at an earlier commit."""
    return {place.rpartition("/")[2] for place in DeltaTable(lake.place(TEXTS), version=version).file_uris()}


def ever(lake: Lake) -> set[str]:
    """The names of the files of the table at any commit."""
    return {name for version in range(lake.version(TEXTS) + 1) for name in files(lake, version)}


def written(lake: Lake) -> set[str]:
    """The names of the files in the table's folder."""
    return {file.name for file in Path(lake.place(TEXTS)).glob("*.parquet")}


def test_files_of_earlier_commits_do_not_pile_up(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gristmill.storage.table_files._KEPT_HOURS", 0)
    monkeypatch.setattr("gristmill.storage.table_files._CLEARED_EVERY", 7)
    lake.append(TEXTS, texts(a="one"))
    for step in range(30):
        lake.upsert(TEXTS, texts(a=str(step)))
    assert held(lake) == held(Lake(lake.url)) == {"a": "29"}
    assert len(list(Path(lake.place(TEXTS)).glob("*.parquet"))) < 9


def test_what_a_killed_change_wrote_goes_when_no_change_can_be_at_work_on_it_any_more(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    left, new = (Path(lake.place(TEXTS), name) for name in ("left.parquet", "new.parquet"))
    for file in (left, new):
        texts(b="two").write_parquet(file)
    hours_ago = time.time() - 7 * 3_600
    os.utime(left, (hours_ago, hours_ago))
    table_files.clear(DeltaTable(lake.place(TEXTS)))
    assert (left.exists(), new.exists()) == (False, True)
    assert held(lake) == held(Lake(lake.url)) == {"a": "one"}


@pytest.mark.parametrize("older", [False, True], ids=["new table", "table of an older version"])
def test_the_log_of_a_busy_table_does_not_grow_for_ever(
    lake: Lake, older: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit is slower the more commits there are in the log; with some hundred changes a day that is felt soon."""
    monkeypatch.setattr("gristmill.storage.table_files._CLEARED_EVERY", 7)
    if older:
        monkeypatch.setattr("gristmill.storage.table_files.NEW_TABLE", {"delta.checkpointInterval": "10"})
    lake.append(TEXTS, texts(a="one"))
    log = Path(lake.place(TEXTS), "_delta_log")
    for step in range(60):
        lake.upsert(TEXTS, texts(a=str(step)))
    days_ago = time.time() - 3 * 86_400
    for file in log.iterdir():
        if (number := file.name.partition(".")[0]).isdecimal() and int(number) < 50:
            os.utime(file, (days_ago, days_ago))
    for step in range(60, 75):
        lake.upsert(TEXTS, texts(a=str(step)))
    assert held(lake) == held(Lake(lake.url)) == {"a": "74"}
    assert len(list(log.glob("*.json"))) < 45


@pytest.mark.usefixtures("either_way")
def test_a_table_without_rows_left_is_empty(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    lake.delete(TEXTS, pl.Series(["a"]))
    assert held(lake) == held(Lake(lake.url)) == {}
    lake.upsert(TEXTS, texts(b="two"))
    assert held(Lake(lake.url)) == {"b": "two"}


def test_a_change_that_changes_nothing_is_no_commit(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    before = lake.version(TEXTS)
    lake.delete(TEXTS, pl.Series(["b"]))
    lake.upsert(TEXTS, texts(a="one"))
    assert lake.version(TEXTS) == before


def test_rows_of_an_earlier_commit_are_read_while_they_are_kept(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one"))
    first = lake.version(TEXTS)
    lake.upsert(TEXTS, texts(a="ONE"))
    earlier = lake.read_at(TEXTS, first, ["text"])
    assert earlier is not None
    assert earlier["text"].to_list() == ["one"]
    assert lake.read_at(TEXTS, 99, ["text"]) is None
    lake.vacuum(TEXTS, hours=0)
    assert lake.read_at(TEXTS, first, ["text"]) is None


@pytest.mark.parametrize("name", ["my documents", "Ablage ü", "a#b", "st*r", "what?", "100%", "it's"])
def test_a_lake_lies_in_a_folder_of_any_usual_name(tmp_path: Path, name: str) -> None:
    lake = Lake(str(tmp_path / name))
    lake.append(TEXTS, texts(a="one", b="two"))
    lake.delete(TEXTS, pl.Series(["a"]))
    assert held(Lake(lake.url)) == {"b": "two"}
    assert [rows["text"].to_list() for rows in lake.batches(TEXTS, ["text"], 9)] == [["two"]]
    assert (tmp_path / name / TEXTS.name).is_dir()
    assert lake.vacuum(TEXTS, hours=0)
    assert held(Lake(lake.url)) == {"b": "two"}


@pytest.mark.parametrize("name", ["x[1]", "a|b", "50%20", "back\\slash"])
def test_a_folder_that_tables_cannot_lie_in_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError, match="cannot lie in"):
        Lake(str(tmp_path / name))


def test_tables_are_read_and_changed_without_a_second_library_of_them(lake: Lake) -> None:
    lake.append(TEXTS, texts(a="one", b="two"))
    code = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
import polars as pl
from gristmill.storage.kept_columns import KeptColumns
from gristmill.storage.lake import Lake
from gristmill.storage.tables import TEXTS
lake = Lake({lake.url!r})
rows = lake.read(TEXTS)
lake.upsert(TEXTS, rows)
lake.delete(TEXTS, pl.Series(["a"]))
assert lake.read(TEXTS).height == 1
assert "pyarrow" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
