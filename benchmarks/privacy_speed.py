"""How long the search for personal data takes on text files, and what it finds in them.

python benchmarks/privacy_speed.py FILE...
"""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from pathlib import Path

from gristmill.corpus.privacy import find_personal_data

DOCUMENT = 5_000  # characters: files are cut into documents of this length
ROUNDS = 5  # the fastest counts, because other programs share the machine


def main(paths: list[Path]) -> None:
    """Print one line for each file."""
    started = time.perf_counter()
    find_personal_data("Load the lists.")
    print(f"loading {time.perf_counter() - started:.2f} s")
    for path in paths:
        text = path.read_text("utf-8")
        documents = [text[i : i + DOCUMENT] for i in range(0, len(text), DOCUMENT)]
        print(
            f"{path.name:30} {len(text):8} characters {fastest(documents) / len(text) * 1e6:6.2f} ms per 1,000",
            end="  ",
        )
        print(dict(Counter(f.kind.value for document in documents for f in find_personal_data(document))))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def fastest(documents: list[str]) -> float:
    """Processor seconds for all documents, the best of a few rounds."""
    return min(_once(documents) for _ in range(ROUNDS))


def _once(documents: list[str]) -> float:
    started = time.process_time()
    for document in documents:
        find_personal_data(document)
    return time.process_time() - started


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
