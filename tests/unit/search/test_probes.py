"""Changed numerics are noticed before vectors mix; noise is not taken for a change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gristmill.doctor import Severity, probes
from gristmill.errors import AuditError
from gristmill.mill import Run
from gristmill.mill import grind as grind_all
from gristmill.models.encoder import TransformerEncoder
from gristmill.models.memory import unit
from gristmill.models.vectors import Vectors
from gristmill.search.probe_texts import PROBE_TEXTS
from gristmill.search.probes import agreement, require_same
from gristmill.settings import EncoderSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EMBEDDINGS, PROBES
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.workspaces import workspace_at, write


class Perturbed(FakeEncoder):
    """Says that it is the fake encoder, and gives vectors that are a little others."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self._strength = strength

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = super().encode(texts)
        return unit(rows + self._strength * np.random.default_rng(3).normal(size=rows.shape))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "documents", {"old.md": "# The mill\n\nAn old page of the mill.\n"})
    _ingest(tmp_path)
    write(tmp_path / "documents", {"new.md": "# The weir\n\nA new page of the weir.\n"})
    return tmp_path


def _home(root: Path, encoder: FakeEncoder | None = None) -> Workspace:
    return workspace_at(root / "home", root / "documents", encoder=encoder)


def _ingest(root: Path, encoder: FakeEncoder | None = None) -> None:
    workspace = _home(root, encoder)
    list(grind_all(Run(workspace, workspace.sources())))


def test_there_are_64_different_probes_in_several_scripts() -> None:
    assert len(set(PROBE_TEXTS)) == len(PROBE_TEXTS) == 64
    letters = {character for text in PROBE_TEXTS for character in text}
    assert {"春", "ي", "ü"} <= letters


def test_other_vectors_under_the_same_fingerprint_publish_nothing(root: Path) -> None:
    before = _home(root).lake.version(EMBEDDINGS), _home(root).index_store.current()
    with pytest.raises(AuditError, match=r"gives other vectors.*cosine 0\.\d+") as changed:
        _ingest(root, Perturbed(0.05))
    assert "revision" in changed.value.remedy
    assert (_home(root).lake.version(EMBEDDINGS), _home(root).index_store.current()) == before
    _ingest(root)
    assert _home(root).index_store.current() == 2


def test_noise_of_floats_passes(root: Path) -> None:
    _ingest(root, Perturbed(1e-4))
    assert _home(root).index_store.current() == 2


def test_the_first_vectors_stay_the_reference(root: Path) -> None:
    _ingest(root, Perturbed(1e-3))
    first = _home(root).lake.version(PROBES)
    assert first == 0


def test_taking_a_document_away_needs_no_encoder(root: Path) -> None:
    (root / "documents" / "new.md").unlink()
    (root / "documents" / "old.md").unlink()
    write(root / "documents", {"copy.md": "# The mill\n\nAn old page of the mill.\n"})
    encoder = Perturbed(0.5)
    _ingest(root, encoder)
    assert encoder.encoded == []


def test_the_doctor_compares_all(root: Path) -> None:
    assert probes(_home(root)).severity is Severity.OK
    found = probes(_home(root, Perturbed(0.05)))
    assert found.severity is Severity.ERROR
    assert "other vectors" in found.message
    assert "nothing was encoded yet" in probes(workspace_at(root / "empty")).message


def test_a_matrix_of_another_size_or_of_no_numbers_does_not_agree() -> None:
    vectors = FakeEncoder().encode(PROBE_TEXTS)
    assert agreement(vectors, vectors).holds
    assert not agreement(vectors, vectors[:, :32]).holds
    spoilt = vectors.copy()
    spoilt[5] = np.nan
    found = agreement(vectors, spoilt)
    assert (found.holds, found.text) == (False, PROBE_TEXTS[5])


def test_batches_are_noise_and_other_weights_are_not(tmp_path: Path) -> None:
    encoder = TransformerEncoder(EncoderSettings(precision="float32"))
    together = encoder.encode(PROBE_TEXTS)
    alone = np.vstack([encoder.encode([text]) for text in PROBE_TEXTS])
    assert agreement(together, alone).worst > 0.99999
    lake = Lake(str(tmp_path / "lake"))
    require_same(lake, encoder)
    require_same(lake, TransformerEncoder(EncoderSettings(precision="float32", batch=4)))
    assert not agreement(together, _with_noise(encoder, tmp_path).encode(PROBE_TEXTS)).holds


def _with_noise(encoder: TransformerEncoder, folder: Path) -> TransformerEncoder:
    """Return the same encoder with 5% of noise on every weight."""
    import shutil

    from safetensors.numpy import load_file, save_file

    from gristmill.fingerprint import file_hash

    copy = folder / "noisy"
    shutil.copytree(encoder.weights.file.parent, copy)
    draw = np.random.default_rng(5)
    weights = load_file(copy / "model.safetensors")
    noisy = {
        name: (w * (1 + 0.05 * draw.normal(size=w.shape))).astype(w.dtype) if w.dtype.kind == "f" else w
        for name, w in weights.items()
    }
    save_file(noisy, copy / "model.safetensors", {"format": "pt"})
    pinned = file_hash(copy / "model.safetensors")
    return TransformerEncoder(EncoderSettings(name="noisy", path=copy, sha256=pinned, precision="float32"))


def test_a_revision_makes_all_vectors_again() -> None:
    one, other = (TransformerEncoder(EncoderSettings(revision=revision)) for revision in (0, 1))
    assert one.fingerprint != other.fingerprint
