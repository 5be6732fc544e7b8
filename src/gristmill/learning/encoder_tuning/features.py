"""Features of many texts, computed once and kept in blocks, so that a killed tuning goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gristmill.corpus.report import Progress
from gristmill.learning.encoder_tuning.network import Network
from gristmill.models.encoder import Vectors

_BLOCK = 1_024


def kept_features(network: Network, texts: Sequence[str], place: Path, name: str, progress: Progress) -> Vectors:
    """Return the features of texts, shape (texts, dimensions); blocks that lie in `place` already are read.

    Args:
        network: gives the features; its transformer is still the base's.
        texts: equal in every run that shares `place`.
        place: folder of the run.
        name: tells one list of texts from another in that folder.
        progress: told of each text.
    """
    place.mkdir(parents=True, exist_ok=True)
    progress.start(f"encode {name}", len(texts))
    blocks = []
    for number, at in enumerate(range(0, len(texts), _BLOCK)):
        block, file = texts[at : at + _BLOCK], place / f"{name}-{number:05d}.npy"
        if file.is_file():
            rows = np.load(file, allow_pickle=False)
            progress.advance(len(block))
        else:
            rows = network.encode(block, progress.advance)
            temporary = file.with_suffix(".tmp.npy")
            np.save(temporary, rows, allow_pickle=False)
            temporary.replace(file)
        blocks.append(rows)
    features: Vectors = np.concatenate(blocks)
    return features
