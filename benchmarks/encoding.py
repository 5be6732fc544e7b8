"""What runs the encoder: torch against OpenVINO, in turns, on the chunks of an ingested home.

    python -m benchmarks.encoding [--home .gristmill] [--texts 256] [--rounds 4]

Both encode the same texts in float32, in turns, and so does what is chosen by itself here, in bfloat16 where the
processor is faster in it; shown are tokens per second, the ratios, and the least cosine; then the time of the second
encoder on the same texts. The first vector is timed in a process of its own: imports, reading, compiling, encoding.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gristmill.models.bridge import BridgeEncoder
from gristmill.models.encoder import TransformerEncoder
from gristmill.search.rows import with_context
from gristmill.settings import EncoderSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS

_FIRST = """
import time
began = time.perf_counter()
from gristmill.models.encoder import TransformerEncoder
from gristmill.settings import EncoderSettings
TransformerEncoder(EncoderSettings(precision="float32", backend="{}")).encode(["How many days of leave are there?"])
print(time.perf_counter() - began)
"""
BACKENDS = ("torch", "openvino")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(".gristmill"))
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    for name in BACKENDS * 2:
        print(f"first vector on {name:<9} {first_vector(name):6.2f} s", flush=True)
    chunks = Lake(str(arguments.home / "lake")).read(CHUNKS, ["context", "text"])
    texts = [with_context(*row) for row in chunks.iter_rows()][: arguments.texts]
    compare(texts, arguments.rounds)
    second(texts)


def first_vector(name: str) -> float:
    """Return the seconds that a process takes to its first vector."""
    done = subprocess.run([sys.executable, "-c", _FIRST.format(name)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def second(texts: Sequence[str]) -> None:
    """Print what the second encoder takes on top, as a share of the first one's time."""
    seconds = []
    for encoder in (TransformerEncoder(EncoderSettings()), BridgeEncoder()):
        encoder.encode(texts[:8])
        began = time.perf_counter()
        encoder.encode(texts)
        seconds.append(time.perf_counter() - began)
    print(f"second encoder: {seconds[1]:.1f} s, {seconds[1] / seconds[0]:.2f} of the first one's")


def compare(texts: Sequence[str], rounds: int) -> None:
    """Encode in turns and print each turn: both backends in float32, and what is chosen by itself here."""
    ways = {name: {"precision": "float32", "backend": name} for name in BACKENDS} | {"by itself": {}}
    encoders = {name: TransformerEncoder(EncoderSettings.model_validate(how)) for name, how in ways.items()}
    vectors = {name: encoder.encode(texts[:8]) for name, encoder in encoders.items()}
    tokens = sum(len(encoding.ids) for encoding in encoders["torch"].tokenizer.encode_batch(list(texts)))
    ratios: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        seconds = {}
        for name in ways if turn % 2 else reversed(ways):
            began = time.perf_counter()
            vectors[name] = encoders[name].encode(texts)
            seconds[name] = time.perf_counter() - began
        print(", ".join(f"{name} {tokens / seconds[name]:,.0f} tokens/s" for name in ways), flush=True)
        for name, taken in seconds.items():
            ratios[name].append(seconds["torch"] / taken)
    for name in ("openvino", "by itself"):
        likeness = float(np.einsum("ij,ij->i", vectors[name], vectors["torch"]).min())
        print(f"{name}: {np.median(ratios[name]):.2f} times torch in float32 (median), least cosine {likeness:.6f}")


if __name__ == "__main__":
    main()
