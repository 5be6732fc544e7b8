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
    tuned = tune(run, [Quantisation.Q4], Silent())
    made = tuned.made[0]
    assert tuned.trained.held_out < tuned.trained.before
    assert made.held_out < tuned.trained.before
    assert made.written.bytes == weights.file.stat().st_size  # the same form as the packaged file
    generator = OpenVinoGenerator(
        GeneratorSettings(name="tuned", path=made.written.file, sha256=made.written.sha256, max_new_tokens=12), tmp_path
    )
    prompt = lessons(1)[0].prompt
    said = generator.generate(prompt)
    assert said.prompt_tokens == len(run.trainee.tokenizer.encode(prompt).ids)
    assert said.text.startswith("It is ")
