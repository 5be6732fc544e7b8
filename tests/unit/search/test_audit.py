"""Every kind of damage to a version is found by the audit, and a sound version passes."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from gristmill.errors import SearchIndexError
from gristmill.search.audit import audit
from gristmill.search.building import build
from gristmill.search.dense import VECTORS
from gristmill.search.lexical import LEXICAL, LEXICAL_ROWS, LexicalIndex
from gristmill.search.version import (
    MANIFEST,
    ROWS_FILE,
    IndexVersion,
    described,
    read_manifest,
    write_manifest,
)
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EMBEDDINGS
from tests.unit.search.indexes import build_index
from tests.workspaces import grind, workspace_at, write

BUDGET = 10_000


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_index(tmp_path_factory.mktemp("index")).folder


@pytest.fixture
def version(sound: Path, tmp_path: Path) -> Path:
    """A copy of a sound version, to be damaged."""
    return Path(shutil.copytree(sound, tmp_path / "version"))


def wanted(sound: Path) -> set[str]:
    return set(pl.read_ipc(sound / ROWS_FILE)["chunk"])


def collection(version: Path) -> Any:
    import chromadb

    client = chromadb.PersistentClient(str(version / "chroma"), chromadb.Settings(anonymized_telemetry=False))
    return client.get_collection("chunks", embedding_function=None)


def checks(version: Path, sound: Path, budget: int = BUDGET) -> set[str]:
    return {finding.check for finding in audit(version, lambda: wanted(sound), budget)}


def test_a_sound_version_passes_with_any_budget(version: Path, sound: Path) -> None:
    for budget in (1, 5, BUDGET):
        assert checks(version, sound, budget) == set()


def test_a_chunk_that_the_lake_wants_and_the_version_lacks_is_found_in_all_parts(version: Path, sound: Path) -> None:
    findings = audit(version, lambda: wanted(sound) | {"new-chunk"}, BUDGET)
    assert {finding.check for finding in findings} == {"rows", "tantivy", "chroma"}
    assert all("1 chunks are missing" in finding.message and "new-chunk" in finding.message for finding in findings)


def test_a_chunk_that_the_lake_no_longer_wants_is_found_in_all_parts(version: Path, sound: Path) -> None:
    gone = min(wanted(sound))
    findings = audit(version, lambda: wanted(sound) - {gone}, BUDGET)
    assert {finding.check for finding in findings} == {"rows", "tantivy", "chroma"}
    assert all("1 are too many" in finding.message for finding in findings)


def test_an_id_that_is_missing_in_chroma_is_found(version: Path, sound: Path) -> None:
    collection(version).delete(ids=[min(wanted(sound))])
    assert checks(version, sound) == {"chroma"}


def test_an_id_that_is_too_many_in_chroma_is_found(version: Path, sound: Path) -> None:
    vector = np.asarray(IndexVersion(version).matrix[0])
    collection(version).add(ids=["stranger"], embeddings=[vector], metadatas=[{"audience": ["everyone"]}])
    assert checks(version, sound) == {"chroma"}


def test_two_vectors_that_are_swapped_in_chroma_are_found(version: Path, sound: Path) -> None:
    rows = IndexVersion(version)
    a, b = rows.rows["chunk"][3], rows.rows["chunk"][20]
    collection(version).update(ids=[a, b], embeddings=[np.asarray(rows.matrix[20]), np.asarray(rows.matrix[3])])
    assert checks(version, sound) == {"found again"}


def test_swapped_vectors_are_found_when_all_ids_are_among_the_nearest(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {f"{word}.md": word for word in ("wheel", "sluice", "weir")})
    workspace = workspace_at(tmp_path / "home", folder)
    grind(workspace)
    version = tmp_path / "version"
    version.mkdir()
    build(version, workspace.lake, [workspace.encoder.fingerprint])
    rows = IndexVersion(version)
    a, b, _ = rows.rows["chunk"]
    collection(version).update(ids=[a, b], embeddings=[np.asarray(rows.matrix[1]), np.asarray(rows.matrix[0])])
    assert checks(version, version) == {"found again"}


def damage(part: str) -> Callable[[Path], None]:
    def flip(version: Path) -> None:
        file = (
            version / part
            if (version / part).is_file()
            else max((version / part).iterdir(), key=lambda f: f.stat().st_size)
        )
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0x20
        file.write_bytes(data)

    return flip


def cut(part: str) -> Callable[[Path], None]:
    def truncate(version: Path) -> None:
        file = version / part
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    return truncate


def swap_rows_of_the_matrix(version: Path) -> None:
    matrix = np.load(version / VECTORS)
    matrix[[3, 20]] = matrix[[20, 3]]
    np.save(version / VECTORS, matrix)


def shorten_a_vector(version: Path) -> None:
    matrix = np.load(version / VECTORS)
    matrix[5] *= 0.5
    np.save(version / VECTORS, matrix)


def lose_a_row(version: Path) -> None:
    rows = pl.read_ipc(io.BytesIO((version / ROWS_FILE).read_bytes()))
    rows[1:].write_ipc(version / ROWS_FILE, compression="uncompressed")


def rebuild_tantivy_without_audiences(version: Path) -> None:
    rows = pl.read_ipc(version / ROWS_FILE)
    shutil.rmtree(version / LEXICAL)
    LexicalIndex.create(
        version, [(chunk, text, "eng", ["everyone"]) for chunk, text in rows.select("chunk", "text").iter_rows()]
    )


@pytest.mark.parametrize(
    "harm",
    [
        damage(ROWS_FILE), damage(VECTORS), damage(LEXICAL), cut(ROWS_FILE), cut(VECTORS), cut(MANIFEST),
        swap_rows_of_the_matrix, shorten_a_vector, lose_a_row, rebuild_tantivy_without_audiences,
    ],
    ids=[
        "a byte of the rows", "a byte of the vectors", "a byte of tantivy", "half the rows", "half the vectors",
        "half the manifest", "swapped rows", "a short vector", "a lost row", "another lexical index",
    ],
)  # fmt: skip
def test_a_version_that_differs_from_what_was_built_does_not_pass(
    version: Path, sound: Path, harm: Callable[[Path], None]
) -> None:
    harm(version)
    try:
        found = checks(version, sound)
    except SearchIndexError:
        return
    assert found


@pytest.mark.parametrize("part", [ROWS_FILE, VECTORS, LEXICAL, "chroma"])
def test_a_version_without_one_of_its_parts_does_not_pass_and_the_part_is_named(
    version: Path, sound: Path, part: str
) -> None:
    (shutil.rmtree if (version / part).is_dir() else Path.unlink)(version / part)
    (finding,) = audit(version, lambda: wanted(sound), BUDGET)
    assert finding.check == "files"
    assert f"{part} is missing" in finding.message or f"{part}/" in finding.message


def test_other_audiences_in_chroma_are_found(version: Path, sound: Path) -> None:
    rows = IndexVersion(version).rows
    hidden = next(chunk for chunk, audience in rows.select("chunk", "audience").iter_rows() if not len(audience))
    collection(version).update(ids=[hidden], metadatas=[{"audience": ["everyone"]}])
    assert checks(version, sound) == {"audience"}


def test_records_that_lead_to_another_row_are_found(version: Path, sound: Path) -> None:
    rows = np.arange(len(wanted(sound)), dtype=np.uint32)
    np.save(version / LEXICAL_ROWS, rows)
    describe(version)
    assert checks(version, sound) == set()
    beyond = np.where(rows == rows.max(), 1_000, rows).astype(np.uint32)
    for wrong in (np.roll(rows, 1), beyond):
        np.save(version / LEXICAL_ROWS, wrong)
        describe(version)
        assert checks(version, sound) == {"places"}


def scaled(vector: bytes) -> bytes:
    return bytes((np.frombuffer(vector, "<f4") * np.float32(2)).tobytes())


@pytest.fixture
def lake(sound: Path, tmp_path: Path) -> Lake:
    """A copy of the lake that the sound version was built from."""
    return Lake(str(Path(shutil.copytree(sound.parent / "home" / "lake", tmp_path / "lake"))))


def of_vectors(version: Path, lake: Lake, budget: int = BUDGET) -> list[str]:
    return [finding.message for finding in audit(version, None, budget, lake) if finding.check == "vectors"]


def test_vectors_are_compared_with_those_of_the_lake(version: Path, lake: Lake) -> None:
    assert of_vectors(version, lake) == []
    swap_rows_of_the_matrix(version)
    describe(version)
    of = read_manifest(version).chunks
    assert of_vectors(version, lake) == [f"2 of {of} vectors are not those of the lake (row 3)."]


@pytest.mark.parametrize("lost", [False, True], ids=["all in the lake", "one not in the lake"])
def test_a_vector_of_another_length_is_found_though_the_lake_has_it_so(version: Path, lake: Lake, lost: bool) -> None:
    key = IndexVersion(version).rows["embedding_key"][5]
    stored = lake.read(EMBEDDINGS).filter(embedding_key=key)
    if lost:
        lake.delete(EMBEDDINGS, stored["embedding"])
    else:
        lake.upsert(EMBEDDINGS, stored.with_columns(vector=pl.Series([scaled(stored["vector"][0])])))
    matrix = np.load(version / VECTORS)
    matrix[5] *= 2
    np.save(version / VECTORS, matrix)
    describe(version)
    for budget in (BUDGET, 1):
        (said,) = of_vectors(version, lake, budget)
        assert said == "The vector in row 5 has length 2.000, not 1."


def describe(version: Path) -> None:
    """Write down what the files are: a build that went wrong would do the same."""
    write_manifest(version, described(version, read_manifest(version)))
