"""Changed weights or numerics are noticed before they mix; noise is not taken for a change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gristmill.asking import Answerer
from gristmill.doctor import Severity, encoder_probes
from gristmill.errors import AuditError, SearchIndexError
from gristmill.identity import Asker
from gristmill.mill import search_index
from gristmill.models.encoder import TransformerEncoder, Vectors
from gristmill.search.index import open_current
from gristmill.search.probe_texts import PROBE_TEXTS
from gristmill.search.probes import agreement, compare_with_version, require_same
from gristmill.settings import EncoderSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EMBEDDINGS, PROBES
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.workspaces import grind, workspace_at, write

ASKER = Asker.in_groups(["everyone"])


class Perturbed(FakeEncoder):
    """Says that it is the fake encoder, and gives vectors that are a little others."""

    def __init__(self, strength: float, name: str = "fake") -> None:
        super().__init__(name)
        self._strength = strength

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = super().encode(texts)
        moved = rows + self._strength * np.random.default_rng(3).normal(size=rows.shape).astype(np.float32)
        unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit


class KnownElsewhere(Perturbed):
    """The same on a machine or with libraries that it was not yet compared on."""

    numerics = "another processor"
    is_loaded = False


def publish(workspace: Workspace) -> None:
    grind(workspace)
    grind(workspace, (search_index,))


def test_the_probes_are_64_different_texts_in_several_scripts() -> None:
    assert len(set(PROBE_TEXTS)) == len(PROBE_TEXTS) == 64
    assert {"春", "Ο", "О", "ي", "ß"} - {character for text in PROBE_TEXTS for character in text} <= {"Ο", "ß"}


def test_a_perturbed_encoder_with_the_same_fingerprint_embeds_nothing(workspace: Workspace, folder: Path) -> None:
    publish(workspace)
    before = workspace.lake.version(EMBEDDINGS)
    write(folder, {"new.md": "A new page.\n"})
    changed = workspace_at(workspace.home, folder, encoder=KnownElsewhere(0.05))
    with pytest.raises(AuditError, match=r"gives other vectors.*cosine.*revision"):
        grind(changed)
    assert workspace.lake.version(EMBEDDINGS) == before


def test_a_perturbed_encoder_with_the_same_fingerprint_blocks_publishing(workspace: Workspace, folder: Path) -> None:
    publish(workspace)
    write(folder, {"new.md": "A new page.\n"})
    grind(workspace)
    changed = workspace_at(workspace.home, folder, encoder=Perturbed(0.05))
    with pytest.raises(AuditError, match="when the vectors in the lake were made"):
        grind(changed, (search_index,))
    assert workspace.index_store.current() == 1
    grind(workspace, (search_index,))
    assert workspace.index_store.current() == 2


def test_noise_of_floats_passes(workspace: Workspace, folder: Path) -> None:
    publish(workspace)
    write(folder, {"new.md": "A new page.\n"})
    noisy = workspace_at(workspace.home, folder, encoder=Perturbed(1e-4))
    publish(noisy)
    assert workspace.index_store.current() == 2


def test_the_first_vectors_stay_the_reference(workspace: Workspace) -> None:
    """Else many small steps, each within the tolerance, would lead anywhere."""
    first = require_same(workspace.lake, workspace.encoder, again=True)
    require_same(workspace.lake, Perturbed(1e-3), again=True)
    np.testing.assert_array_equal(require_same(workspace.lake, workspace.encoder, again=True), first)
    assert workspace.lake.read(PROBES).height == 64


def test_a_question_is_not_searched_with_vectors_that_do_not_fit_the_index(workspace: Workspace, folder: Path) -> None:
    publish(workspace)
    changed = workspace_at(workspace.home, folder, encoder=Perturbed(0.2))
    with pytest.raises(AuditError, match="when index version 1 was built"):
        Answerer(changed).search("sluice", ASKER, 3)
    assert encoder_probes(changed).severity is Severity.ERROR
    assert Answerer(workspace).search("sluice", ASKER, 3)
    assert encoder_probes(workspace).severity is Severity.OK


def test_a_question_is_encoded_by_the_encoder_of_its_index_and_its_absence_is_said(
    workspace: Workspace, folder: Path
) -> None:
    publish(workspace)
    other = workspace_at(workspace.home, folder, encoder=FakeEncoder("other"))
    with pytest.raises(SearchIndexError, match=r"Index version 1 was built with .* cannot be loaded"):
        Answerer(other).search("sluice", ASKER, 3)
    old = Answerer(workspace)
    publish(other)
    assert Answerer(other).search("sluice", ASKER, 3)
    assert old.search("sluice", ASKER, 3)


def test_vectors_of_an_encoder_stay_while_a_kept_version_names_it(tmp_path: Path, folder: Path) -> None:
    def using(name: str) -> Workspace:
        return workspace_at(
            tmp_path / "home", folder, encoder=FakeEncoder(name), search={"bridge": False, "keep_versions": 2}
        )

    def encoders() -> set[str]:
        return set(using("one").lake.read(EMBEDDINGS)["encoder"])

    names = {name: FakeEncoder(name).fingerprint for name in ("one", "two", "three")}
    publish(using("one"))
    publish(using("two"))
    assert encoders() == {names["one"], names["two"]}
    publish(using("three"))
    grind(using("three"))
    assert encoders() == {names["two"], names["three"]}

    (folder / "leave.txt").unlink()
    grind(using("three"))
    kept = using("one").lake.read(EMBEDDINGS).group_by("encoder").len()
    assert kept["len"].n_unique() == 1


def test_after_a_rollback_the_older_encoder_answers(tmp_path: Path, folder: Path) -> None:
    one = workspace_at(tmp_path / "home", folder, encoder=FakeEncoder("one"))
    publish(one)
    two = workspace_at(tmp_path / "home", folder, encoder=FakeEncoder("two"))
    publish(two)
    assert isinstance(two.encoder, FakeEncoder)
    two.encoder.encoded.clear()
    two.index_store.point_to(1)
    with pytest.raises(SearchIndexError, match="handed in by a program"):
        Answerer(two).search("sluice", ASKER, 3)
    assert Answerer(one).search("sluice", ASKER, 3)
    assert two.encoder.encoded == []


@pytest.mark.slow
class TestTheRealEncoder:
    @pytest.fixture(scope="class")
    def encoder(self) -> TransformerEncoder:
        return TransformerEncoder(EncoderSettings(precision="float32"))

    def test_batches_of_another_size_are_noise(self, encoder: TransformerEncoder) -> None:
        alone = TransformerEncoder(EncoderSettings(precision="float32", batch=1))
        assert agreement(encoder.encode(PROBE_TEXTS), alone.encode(PROBE_TEXTS)).worst > 0.99999

    def test_two_per_cent_of_noise_on_the_weights_are_a_change(self, tmp_path: Path) -> None:
        import torch

        lake = Lake(str(tmp_path / "lake"))
        encoder = TransformerEncoder(EncoderSettings(precision="float32"))
        require_same(lake, encoder, again=True)
        torch.manual_seed(5)
        with torch.no_grad():
            for parameter in encoder._model.parameters():
                parameter.mul_(1 + 0.05 * torch.randn_like(parameter))
        with pytest.raises(AuditError, match="gives other vectors"):
            require_same(lake, encoder, again=True)

    def test_an_encoder_that_is_not_loaded_is_not_loaded_for_an_unchanged_machine(
        self, tmp_path: Path, encoder: TransformerEncoder
    ) -> None:
        lake = Lake(str(tmp_path / "lake"))
        require_same(lake, encoder, again=True)
        again = TransformerEncoder(EncoderSettings(precision="float32"))
        require_same(lake, again, again=True)
        assert not again.is_loaded

    def test_a_version_remembers_how_its_encoder_is_loaded(self, tmp_path: Path, folder: Path) -> None:
        first = workspace_at(tmp_path / "home", folder, encoder=TransformerEncoder(EncoderSettings()))
        publish(first)
        other = workspace_at(tmp_path / "home", folder, encoder=FakeEncoder())
        assert Answerer(other).search("at night", ASKER, 1)[0].document == "mill.md"
        found = compare_with_version(open_current(other.index_store).folder, Answerer(other).encoder, every=True)
        assert found is not None
        assert found.worst > 0.9999
