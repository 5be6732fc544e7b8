"""Tunes the tiny model in a process of its own, so that tests can kill it: folder, steps, seconds between steps."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from gristmill.corpus.report import Silent
from gristmill.learning.generator_tuning import Run, tune
from gristmill.models.gguf import Quantisation
from gristmill.settings import TuningSettings
from tests.unit.learning.tiny import lessons, tiny_base


class Slow(Silent):
    """A progress that takes its time, so that a kill can come between any two steps."""

    def __init__(self, folder: Path, pause: float) -> None:
        self._file, self._pause, self._done = folder / "steps.txt", pause, 0

    def advance(self, steps: int = 1) -> None:
        """Tell the step and wait."""
        self._done += steps
        self._file.write_text(str(self._done))
        time.sleep(self._pause)


def main(folder: Path, steps: int, pause: float) -> None:
    """Tune and print what came of it."""
    settings = TuningSettings(
        steps=steps, rank=4, learning_rate=5e-3, evaluate_every=4, patience=9, checkpoint_every=2, precision="float32",
        pair_steps=6, pair_rate=1e-3, least_pairs=4,
    )  # fmt: skip
    base = tiny_base(folder)
    tuned = tune(Run(base, lessons(pairs=True), settings, folder / "models"), [Quantisation.Q8], Slow(folder, pause))
    made = tuned.made[0]
    told = {"sha256": made.written.sha256, "held_out": made.held_out, "steps": tuned.trained.steps}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
