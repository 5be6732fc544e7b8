"""Versions that were built from the one before: the same manifest and the same answers as one made from nothing."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.search.audit import audit
from gristmill.search.building import BLOCK, BuildOptions, build
from gristmill.search.dense import copy_matrix, read_vectors
from gristmill.search.rows import embeddings_for, index_rows, row_blocks
from gristmill.search.version import IndexVersion
from gristmill.workspace import Workspace
from tests.conftest import EXAMPLES
from tests.workspaces import grind, source, workspace_at, write

WORDS = ("wheel", "sluice", "bearing", "oil", "weir", "pay", "leave", "torque", "spring", "river", "stone", "flour")


@pytest.fixture
def many(tmp_path: Path) -> Workspace:
    draw = random.Random(4)
    files: dict[str, str | bytes] = {f"{n}.md": " ".join(draw.choices(WORDS, k=60)) for n in range(60)}
    workspace = workspace_at(tmp_path / "home", write(tmp_path / "documents", files))
    grind(workspace)
    return workspace


def built(
    workspace: Workspace, folder: Path, previous: Path | None = None, *, approximate: bool = True
) -> IndexVersion:
    folder.mkdir()
    options = BuildOptions(approximate, previous, incremental_from=1)
    build(folder, workspace.lake, [workspace.encoder.fingerprint], options)
    return IndexVersion(folder)


def hits(index: IndexVersion, question: str, *groups: str) -> set[str]:
    chunks = index.rows["chunk"]
    return {chunks[row] for row, _ in index.lexical.search(question, groups or ["everyone"], 1_000)}


def chunks_of(index: IndexVersion) -> Callable[[], set[str]]:
    return lambda: set(index.rows["chunk"])


@pytest.mark.parametrize("held", [1_000, 0])
def test_versions_each_built_from_the_one_before_equal_those_made_from_nothing(
    many: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr("gristmill.search.building._HELD_ROWS", held)
    documents, previous = tmp_path / "documents", built(many, tmp_path / "v0").folder
    for number in range(1, 3):
        (documents / f"{number}.md").unlink()
        write(
            documents, {f"{number + 20}.md": f"An edited text about torque {number}.", f"0-{number}.md": "New flour."}
        )
        grind(many)
        copied = built(many, tmp_path / f"v{number}", previous)
        anew = built(many, tmp_path / f"anew-{number}")
        assert (copied.folder / "manifest.json").read_bytes() == (anew.folder / "manifest.json").read_bytes()
        assert (copied.folder / "vectors.npy").read_bytes() == (anew.folder / "vectors.npy").read_bytes()
        assert copied.rows.equals(anew.rows)
        assert not (copied.folder / "blocks").exists()
        assert audit(copied.folder, chunks_of(anew), 1_000, many.lake) == []
        for question in (*WORDS, "torque flour"):
            assert hits(copied, question) == hits(anew, question)
        previous = copied.folder


_NAMES = st.sampled_from([f"{number}.md" for number in range(8)] + [f"hr/{number}.md" for number in range(4)])
_CHANGES = st.lists(st.dictionaries(_NAMES, st.sampled_from([None, *WORDS]), max_size=4), min_size=1, max_size=4)


@settings(max_examples=max(8, EXAMPLES // 4), deadline=None)
@given(_CHANGES)
def test_after_any_changes_a_version_built_from_the_one_before_equals_one_made_from_nothing(
    changes: list[dict[str, str | None]],
) -> None:
    with TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patched:
        for share in ("_MOST_CHANGED", "_MOST_DELETED"):
            patched.setattr(f"gristmill.search.building.{share}", 100.0)
        place = Path(root)
        folder = write(place / "documents", {f"{n}.md": f"# Part {n}\n\nThe {WORDS[n]} turns." for n in range(6)})
        rules = ({"pattern": "hr/**", "groups": ("hr",)},)
        workspace, previous = workspace_at(place / "home", source(folder, audience=rules)), None
        for number, change in enumerate([{}, *changes]):
            for name, word in change.items():
                if word is None:
                    (folder / name).unlink(missing_ok=True)
                else:
                    write(folder, {name: f"# Part {name}\n\nThe {word} turns.\n\n## More\n\nOil it, the {word}."})
            grind(workspace, allow_empty=True)
            copied = built(workspace, place / f"v{number}", previous, approximate=False)
            anew = built(workspace, place / f"anew-{number}", approximate=False)
            for file in ("manifest.json", "vectors.npy"):
                assert (copied.folder / file).read_bytes() == (anew.folder / file).read_bytes()
            assert copied.rows.equals(anew.rows)
            assert audit(copied.folder, chunks_of(anew), 1_000, workspace.lake) == []
            for word in WORDS:
                assert hits(copied, word) == hits(anew, word)
                assert hits(copied, word, "hr") == hits(anew, word, "hr")
            previous = copied.folder


def test_a_version_is_really_built_from_the_one_before_while_little_changed(many: Workspace, tmp_path: Path) -> None:
    first = built(many, tmp_path / "first", approximate=False)
    write(tmp_path / "documents", {"5.md": "An edited text."})
    grind(many)
    second = built(many, tmp_path / "second", first.folder, approximate=False)
    assert second.manifest.deleted > 0 or (second.folder / "lexical.npy").exists()
    write(tmp_path / "documents", {f"{n}.md": f"Everything is new {n}." for n in range(40)})
    grind(many)
    third = built(many, tmp_path / "third", second.folder, approximate=False)
    assert third.manifest.deleted == 0
    assert not (third.folder / "lexical.npy").exists()


def test_a_damaged_version_is_not_built_upon(many: Workspace, tmp_path: Path) -> None:
    first = built(many, tmp_path / "first", approximate=False)
    store = next((first.folder / "tantivy").glob("*.store"))
    data = bytearray(store.read_bytes())
    data[len(data) // 2] ^= 1
    store.write_bytes(data)
    second = built(many, tmp_path / "second", first.folder, approximate=False)
    assert not (second.folder / "lexical.npy").exists()
    assert audit(second.folder, chunks_of(second), 1_000, many.lake) == []


def test_rows_in_blocks_are_the_rows_of_the_lake_in_their_order(many: Workspace, tmp_path: Path) -> None:
    rows = index_rows(many.lake)
    for size in (1, 7, BLOCK):
        blocks = row_blocks(many.lake, rows, tmp_path / f"blocks-{size}", size)
        assert pl.concat([pl.read_ipc(block) for block in blocks]).equals(rows)


def test_the_matrix_holds_each_row_s_own_vector(many: Workspace, tmp_path: Path) -> None:
    version = built(many, tmp_path / "version", approximate=False)
    stored = embeddings_for(many.lake, version.rows, many.encoder.fingerprint)
    assert version.matrix.tobytes() == b"".join(stored)
    np.testing.assert_array_equal(read_vectors(version.folder / "vectors.npy", 3, 9), version.matrix[3:9])


@pytest.mark.parametrize(
    "origin",
    [[0, 1, 2, 3, 4, 5], [-1, 0, 1, 5, -1, -1, 3, 2], [5, 4, 3], [-1, -1], [3], [2, 3, -1, 0]],
    ids=["the same", "mixed", "backwards", "all new", "one", "apart"],
)
def test_a_matrix_that_is_copied_has_the_rows_of_before_and_the_new_ones(
    many: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: list[int]
) -> None:
    monkeypatch.setattr("gristmill.search.dense._COPIED_BYTES", 300)  # more than one row of 64 numbers, less than two
    before = np.random.default_rng(4).random((6, 64), dtype=np.float32)
    np.save(tmp_path / "before.npy", before)
    keys, encoder = index_rows(many.lake).head(len(origin)), many.encoder.fingerprint
    copy_matrix(tmp_path / "now.npy", tmp_path / "before.npy", np.array(origin), many.lake, keys, encoder)
    new = [np.frombuffer(vector, dtype=np.float32) for vector in embeddings_for(many.lake, keys, encoder)]
    wanted = [before[row] if row >= 0 else new[at] for at, row in enumerate(origin)]
    np.testing.assert_array_equal(np.load(tmp_path / "now.npy"), wanted)


def test_a_disk_that_takes_a_part_at_a_time_gets_the_rest(
    many: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = built(many, tmp_path / "whole", approximate=False).matrix.tobytes()
    write_some = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, at: write_some(descriptor, data[:100], at))
    first = built(many, tmp_path / "first", approximate=False)
    assert first.matrix.tobytes() == wanted
    assert built(many, tmp_path / "second", first.folder, approximate=False).matrix.tobytes() == wanted


def test_a_row_with_another_row_s_vector_is_found_by_the_audit_without_chroma(many: Workspace, tmp_path: Path) -> None:
    version = built(many, tmp_path / "version", approximate=False)
    wanted, file = set(version.rows["chunk"]), version.folder / "vectors.npy"
    lake_vector = embeddings_for(many.lake, version.rows[:1], many.encoder.fingerprint)[0]
    assert lake_vector == version.matrix[0].tobytes()
    # A build that went wrong would write down what it wrote, so that hashes agree.
    from dataclasses import replace

    from gristmill.fingerprint import file_hash
    from gristmill.search.version import write_manifest

    matrix = np.load(file)
    matrix[[0, 30]] = matrix[[30, 0]]
    np.save(file, matrix)
    files = version.manifest.files | {"vectors.npy": file_hash(file)}
    write_manifest(version.folder, replace(version.manifest, files=files))
    (finding,) = audit(version.folder, lambda: wanted, 1_000, many.lake)
    assert finding.check == "vectors"
    assert "2 of" in finding.message
