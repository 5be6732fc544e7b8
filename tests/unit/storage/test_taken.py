"""What is taken from a table is what its rows are now, whatever was kept; and little is read for it."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from gristmill.storage.lake import Lake
from gristmill.storage.tables import TEXTS
from gristmill.storage.taken import taken
from tests.unit.storage.test_lake import texts


class Taking:
    """Takes the lengths of texts, and remembers how many rows it was given."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        self.rows += rows.height
        return rows.select("text_hash", length=pl.col("text").str.len_chars())


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Twelve texts in four files of a table that is not held."""
    monkeypatch.setattr("gristmill.storage.lake._HELD_BYTES", -1)
    lake = Lake(str(tmp_path / "lake"))
    for number in range(4):
        lake.append(TEXTS, texts(**{f"{number}{letter}": letter * number for letter in "abc"}))
    return lake


def by(*files: Path) -> list[Path]:
    return [Path(__file__), *files]


def lengths(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.iter_rows())


def expected(lake: Lake) -> dict[str, int]:
    return {key: len(text) for key, text in lake.read(TEXTS, ["text_hash", "text"]).iter_rows()}


def test_after_any_change_it_is_what_the_rows_are_and_only_files_that_changed_are_read(
    lake: Lake, tmp_path: Path
) -> None:
    kept, draw = tmp_path / "kept", random.Random(3)
    for step in range(12):
        taking = Taking()
        assert lengths(taken(lake, TEXTS, taking, by(), kept)) == expected(lake)
        assert taking.rows == 12 if step == 0 else taking.rows < lake.read(TEXTS).height
        keys = sorted(expected(lake))
        if draw.random() < 0.5:
            lake.delete(TEXTS, pl.Series(draw.sample(keys, 1)))
        else:
            lake.upsert(TEXTS, texts(**{f"new {step}": "x" * step}))
        assert len(list(kept.iterdir())) <= 16
    taken(lake, TEXTS, Taking(), by(), kept)
    taken(lake, TEXTS, once_more := Taking(), by(), kept)
    assert once_more.rows == 0


@pytest.mark.parametrize("damage", [b"", b"nothing like it", None], ids=["empty", "other", "gone"])
def test_what_was_kept_and_is_damaged_is_taken_again(lake: Lake, tmp_path: Path, damage: bytes | None) -> None:
    kept = tmp_path / "kept"
    taken(lake, TEXTS, Taking(), by(), kept)
    for file in kept.iterdir():
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
    for _ in range(2):
        assert lengths(taken(lake, TEXTS, Taking(), by(), kept)) == expected(lake)
    taken(lake, TEXTS, healed := Taking(), by(), kept)
    assert healed.rows == 0


def test_what_another_version_took_is_taken_again(lake: Lake, tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    rows = []
    for text in ("one", "two", "two"):
        code.write_text(text)
        taken(lake, TEXTS, taking := Taking(), by(code), tmp_path / "kept")
        rows.append(taking.rows)
    assert rows == [12, 12, 0]


def test_where_nothing_can_be_kept_it_is_taken_all_the_same(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    assert lengths(taken(lake, TEXTS, Taking(), by(), tmp_path / "a file" / "kept")) == expected(lake)
    assert lengths(taken(lake, TEXTS, Taking(), by(), None)) == expected(lake)


def test_of_a_table_that_was_never_written_nothing_is_taken(tmp_path: Path) -> None:
    nothing = taken(Lake(str(tmp_path / "lake")), TEXTS, Taking(), by(), tmp_path / "kept")
    assert nothing.schema == {"text_hash": pl.String, "length": pl.UInt32}
    assert nothing.is_empty()
