"""The packaged generator, tuned for a few steps, merged, quantised and read by the serving engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from gristmill.corpus.report import Silent
from gristmill.learning.generator_tuning import Base, Run, tune
from gristmill.models.catalog import generator_weights
from gristmill.models.generators import OpenVinoGenerator
from gristmill.models.gguf import Quantisation
from gristmill.settings import GeneratorSettings, TuningSettings
from tests.unit.learning.tiny import lessons


@pytest.mark.slow
def test_a_few_steps_change_what_the_serving_engine_says(tmp_path: Path) -> None:
    weights = generator_weights(GeneratorSettings())
    settings = TuningSettings(steps=12, learning_rate=3e-3, batch=4, precision="float32", evaluate_every=6)
    run = Run(Base("packaged", weights.file, weights.sha256), lessons(20), settings, tmp_path / "models")
    tuned = tune(run, [Quantisation.Q8, Quantisation.Q4], Silent())
    eight, four = tuned.made
    assert tuned.trained.held_out < tuned.trained.before / 2
    assert eight.held_out < tuned.trained.before / 2
    # Half a step of four bits is wider than what a short training moves a weight: much of it is rounded away again.
    assert eight.held_out < four.held_out < tuned.trained.before
    assert four.written.bytes == weights.file.stat().st_size  # the same form as the packaged file
    made = GeneratorSettings(name="tuned", path=eight.written.file, sha256=eight.written.sha256, max_new_tokens=12)
    generator = OpenVinoGenerator(made, tmp_path)
    prompt = lessons(1)[0].prompt
    said = generator.generate(prompt)
    assert said.prompt_tokens == len(run.trainee.tokenizer.encode(prompt).ids)
    assert said.text.startswith("It is ")
