"""The program that the tuning's kill test kills: one tuning of the tiny encoder, telling each step, a line each.

python -m tests.faults.tuning HOME ENCODER CORPUS head|all STEPS
"""

from __future__ import annotations

import sys
from pathlib import Path

from gristmill.fingerprint import file_hash
from gristmill.learning.encoder_tuning.network import Depth
from gristmill.learning.encoder_tuning.texts import texts_of_folder
from gristmill.learning.encoder_tuning.training import Recipe
from gristmill.learning.encoder_tuning.tuning import Limits, Tuned, tune_encoder
from gristmill.models.encoder import TransformerEncoder
from gristmill.settings import ChunkerSettings, EncoderSettings


class Told:
    """A progress that is printed."""

    def start(self, stage: str, total: int) -> None:
        self._stage, self._done = stage, 0

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        print(self._stage, self._done, flush=True)  # noqa: T201 - this program speaks by its output


def tune(home: Path, encoder: Path, corpus: Path, depth: Depth, steps: int) -> Tuned:
    """Tune the encoder in a folder on a corpus in BEIR's format."""
    base = EncoderSettings(name="tiny", path=encoder, sha256=file_hash(encoder / "model.safetensors"))
    texts = texts_of_folder(corpus, ChunkerSettings(), TransformerEncoder(base))
    recipe = Recipe(depth, queries=16, passages=4, head_rate=1e-3, body_rate=5e-4, patience=0)
    return tune_encoder(home, texts, base, recipe, Limits(steps), Told())


if __name__ == "__main__":
    home, encoder, corpus, depth, steps = sys.argv[1:]
    tune(Path(home), Path(encoder), Path(corpus), Depth(depth), int(steps))
