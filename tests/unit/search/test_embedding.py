from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gristmill.models.vectors import Vectors
from gristmill.search import embedding
from gristmill.search.embedding import vectors_of
from gristmill.search.rows import with_context
from gristmill.storage.tables import CHUNKS, EMBEDDINGS
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder, bag_of_words
from tests.workspaces import grind, lake_versions, workspace_at, write


@pytest.fixture
def encoder(workspace: Workspace) -> FakeEncoder:
    assert isinstance(workspace.encoder, FakeEncoder)
    return workspace.encoder


def test_every_chunk_has_the_vector_of_its_text_with_its_context(workspace: Workspace) -> None:
    grind(workspace)
    chunks = workspace.lake.read(CHUNKS).join(workspace.lake.read(EMBEDDINGS), on="embedding_key")
    assert chunks.height == workspace.lake.read(CHUNKS).height > 0
    for row, vector in zip(chunks.to_dicts(), vectors_of(chunks["vector"]), strict=True):
        np.testing.assert_array_equal(vector, bag_of_words(with_context(row["context"], row["text"])))


def test_vectors_stay_with_their_texts_when_batches_are_sorted_by_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "_STEP", 3)
    monkeypatch.setattr(embedding, "_BLOCK", 7)
    folder = write(tmp_path / "documents", {f"{n}.txt": f"word{n} " * (1 + n * 7 % 30) for n in range(20)})
    workspace = workspace_at(tmp_path / "home", folder)
    grind(workspace)
    test_every_chunk_has_the_vector_of_its_text_with_its_context(workspace)


def test_two_documents_with_the_same_text_and_context_are_encoded_once(tmp_path: Path) -> None:
    text = "# The mill\n\nThe wheel turns.\n"
    folder = write(tmp_path / "documents", {"a.md": text, "b.md": text, "sub/c.md": text})
    encoder = FakeEncoder()
    workspace = workspace_at(tmp_path / "home", folder, encoder=encoder)
    grind(workspace)
    assert Counter(encoder.encoded).most_common(1)[0][1] == 1
    assert len(encoder.encoded) == 1
    assert workspace.lake.read(CHUNKS).height == 3


def test_what_is_unchanged_is_not_encoded(workspace: Workspace, encoder: FakeEncoder) -> None:
    grind(workspace)
    encoder.encoded.clear()
    before = lake_versions(workspace)
    for _ in range(3):
        report = grind(workspace)["embeddings"]
        assert (report.numbers["embedded"], report.numbers["reused"]) == (0, workspace.lake.read(EMBEDDINGS).height)
    assert encoder.encoded == []
    assert lake_versions(workspace) == before


def test_only_the_edited_part_of_a_document_is_encoded(
    workspace: Workspace, encoder: FakeEncoder, folder: Path
) -> None:
    parts = [f"## Part {n}\n\n{f'bearing{n} ' * 60}\n\n" for n in range(6)]
    write(folder, {"long.md": "# Manual\n\n" + "".join(parts)})
    grind(workspace)
    encoder.encoded.clear()
    parts[3] = parts[3].replace("bearing3", "sluice3")
    write(folder, {"long.md": "# Manual\n\n" + "".join(parts)})
    grind(workspace)
    assert 0 < len(encoder.encoded) < 4
    assert all("sluice3" in text for text in encoder.encoded)


def test_a_renamed_document_is_not_encoded_again(workspace: Workspace, encoder: FakeEncoder, folder: Path) -> None:
    grind(workspace)
    encoder.encoded.clear()
    (folder / "mill.md").rename(folder / "sub.md")
    grind(workspace)
    assert encoder.encoded == []


def test_vectors_that_no_chunk_needs_are_deleted(workspace: Workspace, folder: Path) -> None:
    grind(workspace)
    (folder / "mill.md").unlink()
    grind(workspace)
    assert set(workspace.lake.read(EMBEDDINGS)["embedding_key"]) == set(workspace.lake.read(CHUNKS)["embedding_key"])


def test_another_encoder_encodes_everything_once_and_replaces_the_first(
    workspace: Workspace, tmp_path: Path, folder: Path
) -> None:
    grind(workspace)
    keys = sorted(workspace.lake.read(EMBEDDINGS)["embedding_key"])
    other = FakeEncoder("other")
    replaced = workspace_at(tmp_path / "home", folder, encoder=other)
    grind(replaced)
    rows = replaced.lake.read(EMBEDDINGS)
    assert sorted(rows["embedding_key"]) == keys
    assert set(rows["encoder"]) == {other.fingerprint}
    assert len(other.encoded) == len(keys)


def test_what_was_committed_before_a_crash_is_not_encoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crashing(FakeEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if len(self.encoded) >= 10:
                raise KeyboardInterrupt
            return super().encode(texts)

    monkeypatch.setattr(embedding, "_STEP", 5)
    monkeypatch.setattr(embedding, "_BLOCK", 5)
    folder = write(tmp_path / "documents", {f"{n}.txt": f"text number {n}" for n in range(30)})
    workspace = workspace_at(tmp_path / "home", folder, encoder=Crashing())
    with pytest.raises(KeyboardInterrupt):
        grind(workspace)
    kept = workspace.lake.read(EMBEDDINGS).height
    assert kept > 0
    workspace.encoder = encoder = FakeEncoder()
    grind(workspace)
    assert len(encoder.encoded) == 30 - kept
