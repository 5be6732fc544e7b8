"""A generator is tuned: it learns, it stops in time, it survives kills, and what it writes is what it learnt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gristmill.corpus.report import Silent
from gristmill.errors import ModelError, SettingsError
from gristmill.learning.adapters import Encoded, Trainee
from gristmill.learning.estimating import flops_of_step, memory_of
from gristmill.learning.generator_tuning import CHECKPOINT, PAIRS_CHECKPOINT, Preferred, Run, divided, run_name, tune
from gristmill.learning.preferring import Preferring
from gristmill.learning.training import batch_of, load, rate_at
from gristmill.models.gguf import GgufFile, Quantisation
from gristmill.models.lora import Adapter, Merged
from gristmill.models.trainable import torch_model
from gristmill.settings import TuningSettings
from tests.unit.learning.tiny import lessons, tiny_base

ROOT = Path(__file__).parents[3]
# Kills of a training: `GRISTMILL_TRAINING_KILLS=20 pytest tests/unit/learning` is thorough.
KILLS = int(os.environ.get("GRISTMILL_TRAINING_KILLS", "2"))
QUICK = TuningSettings(
    steps=24, rank=4, learning_rate=5e-3, evaluate_every=8, patience=9, checkpoint_every=4, precision="float32"
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tiny_base(tmp_path), lessons(), QUICK, tmp_path / "models")


def test_it_learns_and_the_file_says_what_was_learnt(run: Run) -> None:
    tuned = tune(run, [Quantisation.F16, Quantisation.Q8], Silent())
    assert tuned.trained.held_out < tuned.trained.before - 0.5
    for made in tuned.made:
        assert made.held_out == pytest.approx(tuned.trained.held_out, abs=0.02)
        assert made.written.file.name == f"{made.written.sha256}.gguf"
    assert len(tuned.trained.points) == QUICK.steps
    assert tuned.account.flops > 0


def test_what_is_merged_is_what_peft_merges(tmp_path: Path) -> None:
    import torch
    from peft.tuners.lora import LoraLayer

    file = GgufFile(tiny_base(tmp_path).file)
    weights = file.weights()
    trainee = Trainee(file, weights, 4, 2.0, "float32", 1)
    with torch.no_grad():
        for parameter in trainee.trained.values():
            parameter.normal_(0, 0.05)
    ours = torch_model(file, Merged(weights, trainee.adapter(), 2.0))
    for module in trainee.model.modules():
        if isinstance(module, LoraLayer):
            module.merge()
    ids = torch.tensor([[5, 6, 7, 8, 9]])
    torch.testing.assert_close(ours(ids).logits, trainee.model(ids).logits, atol=1e-4, rtol=1e-4)


def test_the_loss_is_that_of_the_completion_alone(run: Run) -> None:
    import torch

    batch = run.learnt[:3]
    ours = float(run.trainee.loss(batch))
    losses: list[torch.Tensor] = []
    for each in batch:
        logits = run.trainee.model(torch.tensor([each.ids])).logits[0, each.prompt - 1 : -1]
        losses += torch.nn.functional.cross_entropy(logits, torch.tensor(each.ids[each.prompt :]), reduction="none")
    assert ours == pytest.approx(float(torch.stack(losses).mean()), rel=1e-4)


def test_training_stops_when_held_out_examples_gain_no_more(tmp_path: Path) -> None:
    hasty = QUICK.model_copy(update={"learning_rate": 0.9, "evaluate_every": 1, "patience": 2, "steps": 200})
    tuned = tune(Run(tiny_base(tmp_path), lessons(), hasty, tmp_path / "models"), [Quantisation.Q8], Silent())
    assert tuned.trained.stopped_early
    assert tuned.trained.steps < 200
    # The best matrices are kept, not the last ones.
    assert tuned.trained.held_out <= tuned.trained.before


@pytest.mark.slow
def test_killed_at_any_step_it_goes_on_and_ends_with_the_same_file(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    expected = _finished(whole, steps=12)
    draw = np.random.default_rng(7)
    for kill in range(KILLS):
        _killed_after(killed, int(draw.integers(1, 17)) if KILLS > 2 else (8, 15)[kill])
    found = _finished(killed, steps=12)
    assert found["steps"] == expected["steps"]
    assert found["held_out"] == pytest.approx(expected["held_out"], abs=1e-4)
    for file in (CHECKPOINT, PAIRS_CHECKPOINT):
        states = [load(next(folder.glob(f"models/runs/*/{file}"))) for folder in (whole, killed)]
        assert states[0] is not None
        assert states[1] is not None
        for name, numbers in states[0].adapter.items():
            np.testing.assert_allclose(states[1].adapter[name], numbers, atol=1e-5)


def test_pairs_teach_to_prefer_the_true_words_and_keep_them_likely(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"steps": 8, "pair_steps": 24, "pair_rate": 3e-3, "least_pairs": 4})
    run = Run(tiny_base(tmp_path), lessons(48, pairs=True), settings, tmp_path / "models")
    assert run.estimate().steps == 32
    tuned = tune(run, [Quantisation.F16], Silent())
    assert tuned.preferred is not None
    assert tuned.preferred.pairs == len(run.pairs)
    assert tuned.preferred.before < 1
    assert [point.phase for point in tuned.trained.points] == ["examples"] * 8 + ["pairs"] * 24
    assert [point.step for point in tuned.trained.points] == list(range(1, 33))
    only = tune(Run(tiny_base(tmp_path), lessons(48), settings, tmp_path / "only"), [Quantisation.F16], Silent())
    assert only.preferred is None
    both, one = (_margin(run, each.trained.adapter) for each in (tuned, only))
    assert both > one, "the true words are preferred more than the examples alone make them"
    assert tuned.made[0].held_out < only.made[0].held_out + 0.05, "and they are no less likely"


def test_where_the_true_words_are_the_likelier_ones_already_pairs_are_left_alone(tmp_path: Path) -> None:
    made = [replace(each, dropped="It is a door.") for each in lessons(48)]
    tuned = tune(Run(tiny_base(tmp_path), made, QUICK, tmp_path / "models"), [Quantisation.F16], Silent())
    assert tuned.preferred == Preferred(43, 1.0, 1.0)
    assert {point.phase for point in tuned.trained.points} == {"examples"}


def _margin(run: Run, adapter: Adapter) -> float:
    run.trainee.take(adapter)
    referred = Preferring(run.trainee, 0.1, 1.0).referred(run.pairs, 4)
    return float(np.mean([pair.reference for pair in referred]))


def test_the_loss_of_a_pair_is_that_of_its_reference_at_first_and_follows_the_formula(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"least_pairs": 2})
    run = Run(tiny_base(tmp_path), lessons(pairs=True), settings, tmp_path / "models")
    learner = Preferring(run.trainee, beta=0.5, anchor=0.0)
    pairs = learner.referred(run.pairs[:3], 2)
    assert float(learner.loss(pairs)) == pytest.approx(np.log(2), rel=1e-5)
    moved = [replace(pair, reference=pair.reference - 2.0) for pair in pairs]
    assert float(learner.loss(moved)) == pytest.approx(np.log1p(np.exp(-0.5 * 2.0)), rel=1e-4)
    anchored = float(Preferring(run.trainee, beta=0.5, anchor=1.0).loss(pairs))
    wanted = [float(run.trainee.loss([pair.wanted])) for pair in pairs]
    assert anchored == pytest.approx(np.log(2) + np.mean(wanted), rel=1e-4)


def test_too_few_pairs_are_left_alone_and_so_are_all_when_nobody_wants_them(tmp_path: Path) -> None:
    made = lessons(pairs=True)
    for changed in ({"least_pairs": 99}, {"preferences": False}):
        run = Run(tiny_base(tmp_path), made, QUICK.model_copy(update=changed), tmp_path / "models")
        assert run.pairs == run.held_pairs == []


def test_a_torn_checkpoint_never_appears(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tune(run, [Quantisation.Q8], Silent())
    file = run.folder / CHECKPOINT
    before = file.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    state = load(file)
    assert state is not None
    from gristmill.errors import StorageError
    from gristmill.learning.training import save

    with pytest.raises(StorageError, match="No space left"):
        save(file, replace(state, step=99))
    assert file.read_bytes() == before
    assert [each.name for each in run.folder.glob("*.tmp")] == []


def test_the_estimate_comes_before_and_stops_what_does_not_fit(run: Run) -> None:
    foreseen = run.estimate()
    assert foreseen.steps == QUICK.steps
    assert foreseen.seconds > 0
    assert not (run.folder / CHECKPOINT).exists()
    foreseen.require_memory()
    with pytest.raises(ModelError, match="GB"):
        replace(foreseen, memory_available=1).require_memory()


def test_operations_and_memory_grow_with_what_is_trained(tmp_path: Path) -> None:
    shape = GgufFile(tiny_base(tmp_path).file).shape
    short, long = Encoded(tuple(range(20)), 15), Encoded(tuple(range(40)), 35)
    assert flops_of_step(shape, 100, [long]) > 1.9 * flops_of_step(shape, 100, [short])
    assert memory_of(shape, 100, "float32", 8, 256) > memory_of(shape, 100, "float32", 4, 256)


def test_too_few_answers_are_no_training(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="3 answers"):
        Run(tiny_base(tmp_path), lessons(3), QUICK, tmp_path / "models")


def test_the_name_of_a_run_says_what_decides_its_result(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    name = run_name(base, lessons(), QUICK)
    assert name == run_name(base, lessons()[::-1], QUICK.model_copy(update={"checkpoint_every": 1}))
    assert name != run_name(base, lessons(23), QUICK)
    assert name != run_name(base, lessons(), QUICK.model_copy(update={"rank": 2}))


def test_near_duplicates_are_held_out_together() -> None:
    alike = [replace(each, cluster=f"c{number // 4}") for number, each in enumerate(lessons(80))]
    learnt, held_out = divided(alike, 0.2)
    assert held_out
    assert not {each.cluster for each in learnt} & {each.cluster for each in held_out}


def test_each_round_shows_every_example_once_in_an_order_of_the_seed_alone() -> None:
    lengths = [10 + number % 7 for number in range(22)]
    rounds = [batch_of(lengths, 4, 17, step) for step in range(12)]
    assert sorted(row for batch in rounds[:6] for row in batch) == list(range(22))
    assert sorted(row for batch in rounds[6:] for row in batch) == list(range(22))
    assert rounds[:6] != rounds[6:]
    assert rounds == [batch_of(lengths, 4, 17, step) for step in range(12)]


def test_the_learning_rate_rises_briefly_and_falls() -> None:
    rates = [rate_at(step, QUICK) for step in range(QUICK.steps)]
    assert max(rates) == pytest.approx(QUICK.learning_rate)
    assert rates[0] < QUICK.learning_rate
    assert rates[-1] < 0.2 * QUICK.learning_rate


def _start(folder: Path, steps: int, pause: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.learning.tuning_run", str(folder), str(steps), str(pause)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _finished(folder: Path, steps: int) -> dict[str, Any]:
    said, _ = _start(folder, steps, 0.0).communicate(timeout=500)
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def _killed_after(folder: Path, step: int) -> None:
    told = folder / "steps.txt"
    told.unlink(missing_ok=True)
    process = _start(folder, 12, 0.3)
    while process.poll() is None:
        said = told.read_text() if told.exists() else ""  # once: it is being written
        if said.isdigit() and int(said) >= step:
            process.send_signal(signal.SIGKILL)
        time.sleep(0.02)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
