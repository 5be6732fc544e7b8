"""Killed at any step and run again, a tuning ends with the weights that it would have had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from gristmill.learning.encoder_tuning.network import Depth
from gristmill.learning.encoder_tuning.tuning import Tuned
from gristmill.models.encoder import TransformerEncoder
from gristmill.settings import EncoderSettings
from tests.faults.tuning import tune
from tests.unit.learning.tiny import small_corpus, tiny_encoder

pytestmark = pytest.mark.slow
STEPS = 6
# `GRISTMILL_TUNING_KILLS=6 pytest tests/faults/test_tuning_kill.py` kills after each step.
KILLS = int(os.environ.get("GRISTMILL_TUNING_KILLS", "1"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tuning")
    tiny_encoder(root / "encoder")
    small_corpus(root / "corpus", documents=12)
    return root


@pytest.fixture(scope="module")
def unbroken(place: Path) -> Tuned:
    return tune(place / "unbroken", place / "encoder", place / "corpus", Depth.ALL, STEPS)


def kill_at(step: int, home: Path, place: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.tuning", str(home), str(place / "encoder"), str(place / "corpus")]
    with subprocess.Popen([*command, "all", str(STEPS)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.split() == ["tune", str(step)]:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", [3, *range(1, STEPS)][:KILLS])
def test_a_killed_tuning_goes_on_and_ends_with_the_same_weights(
    step: int, place: Path, unbroken: Tuned, tmp_path: Path
) -> None:
    kill_at(step, tmp_path, place)
    resumed = tune(tmp_path, place / "encoder", place / "corpus", Depth.ALL, STEPS)
    # The kill comes while the step's checkpoint is written, or before: the one before it is whole then.
    assert step - 2 <= resumed.resumed_at <= step + 1
    np.testing.assert_allclose(resumed.losses, unbroken.losses, atol=1e-4)
    one, other = (load_file(t.candidate.folder / "model.safetensors") for t in (resumed, unbroken))
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-5, err_msg=name)
    assert not list((tmp_path / "cache" / "tuning").iterdir())


def test_what_was_trained_moved_and_words_kept_their_places(place: Path, unbroken: Tuned) -> None:
    before, after = load_file(place / "encoder" / "model.safetensors"), load_file(
        unbroken.candidate.folder / "model.safetensors"
    )  # fmt: skip
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert any("encoder.layer.0" in name for name in changed)
    assert "embeddings.word_embeddings.weight" not in changed


def test_a_candidate_is_an_encoder_and_needs_both_of_its_files(unbroken: Tuned) -> None:
    from sentence_transformers import SentenceTransformer

    candidate = unbroken.candidate
    settings = EncoderSettings(name=candidate.name, path=candidate.folder, sha256=candidate.sha256)
    ours = TransformerEncoder(settings).encode(["The sluice opens at dawn.", "oil"])
    theirs = SentenceTransformer(str(candidate.folder), device="cpu").encode(["The sluice opens at dawn.", "oil"])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
