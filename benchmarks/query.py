"""Latency of search at 10,000, 100,000 and 500,000 chunks: 1 and 8 clients, with and without filters; recall.

    python -m benchmarks.query [--home .gristmill] [--sizes 10000 100000 500000] [--clients 1 8] [--json]

Measured is `retrieve`: dense and lexical candidates inside the asker's groups, fusion, passages. The question's own
encoding is left out: it does not depend on the size. "filtered" asks in one group of five, "everything" in all five.
Chunks are made up (`benchmarks/made_up.py`): vectors lie among those of the given home.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.made_up import ENCODER, GROUPS, draw_text, real_vectors, write_lake
from gristmill.identity import Asker
from gristmill.models.vectors import Vectors
from gristmill.search.building import BuildOptions, build
from gristmill.search.crossing import draw_vectors
from gristmill.search.dense import exact_search
from gristmill.search.retrieval import Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.settings import SearchSettings

_QUESTIONS = 100
_WORDS = 9
FILTERS = {"filtered": ("hr",), "everything": GROUPS}


@dataclass(frozen=True)
class Latency:
    """Times of one part of search."""

    chunks: int
    clients: int
    groups: str
    part: str
    p50_ms: float
    p95_ms: float
    recall: float | None = None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(".gristmill"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 500_000])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--scratch", type=Path, help="Where the indexes are built.")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    like = real_vectors(arguments.home)
    found: list[Latency] = []
    for size in arguments.sizes:
        with TemporaryDirectory(dir=arguments.scratch) as scratch:
            index = made_index(Path(scratch), size, like)
            for clients in arguments.clients:
                for name, groups in FILTERS.items():
                    found += measured(index, like, clients, name, groups)
                    if not arguments.json:
                        show(found[-3:])
    if arguments.json:
        print(json.dumps([asdict(latency) for latency in found], indent=2))


def made_index(scratch: Path, chunks: int, like: Vectors) -> IndexVersion:
    """Build an index of so many made-up chunks."""
    began = time.perf_counter()
    lake = write_lake(str(scratch / "lake"), chunks, like)
    wrote = time.perf_counter()
    folder = scratch / "version"
    folder.mkdir()
    build(folder, lake, [ENCODER], BuildOptions(approximate=False))
    print(
        f"{chunks:,} chunks: made up in {wrote - began:.0f} s, built in {time.perf_counter() - wrote:.0f} s", flush=True
    )
    return IndexVersion(folder)


def measured(index: IndexVersion, like: Vectors, clients: int, name: str, groups: Sequence[str]) -> list[Latency]:
    """Return the latencies of the dense part, the lexical part and the whole, each question asked once."""
    settings = SearchSettings(exact_rows=10**9)
    draw = np.random.default_rng(9)
    vectors = draw_vectors(like, _QUESTIONS, seed=17)
    texts = [draw_text(draw, _WORDS) for _ in vectors]
    asker = Asker.in_groups(groups) if name == "everything" else Asker(groups=tuple(groups))

    def dense(at: int) -> list[tuple[int, float]]:
        return exact_search(index.matrix, index.runs, asker.groups, vectors[at], settings.candidates)

    parts: dict[str, Callable[[int], object]] = {
        "dense": dense,
        "lexical": lambda at: index.lexical.search(texts[at], asker.groups, settings.candidates),
        "whole": lambda at: retrieve(index, Query(texts[at], vectors[at], None, asker), settings),
    }
    recall = recall_of(index, vectors, asker.groups, dense)
    latencies = []
    for part, work in parts.items():
        times = timed(work, clients)
        p50, p95 = (round(float(value), 2) for value in np.percentile(times, [50, 95]))
        latencies.append(
            Latency(index.manifest.chunks, clients, name, part, p50, p95, recall if part == "dense" else None)
        )
    return latencies


def timed(work: Callable[[int], object], clients: int) -> list[float]:
    """Return the milliseconds of each question, asked by so many clients at a time."""

    def once(at: int) -> float:
        began = time.perf_counter()
        work(at)
        return (time.perf_counter() - began) * 1_000

    for at in range(5):
        once(at)
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(once, range(_QUESTIONS)))


def recall_of(
    index: IndexVersion, vectors: Vectors, groups: Sequence[str], search: Callable[[int], list[tuple[int, float]]]
) -> float:
    """Return the share of the true nearest that `search` returns, over ten questions, against a plain full product."""
    allowed = np.zeros(index.manifest.chunks, dtype=bool)
    for run in index.runs:
        allowed[run.start : run.end] = bool(run.groups & set(groups))
    shares = []
    for at in range(10):
        scores = np.where(allowed, np.asarray(index.matrix) @ vectors[at], -2)
        found = search(at)
        true = set(np.argsort(-scores)[: len(found)].tolist())
        shares.append(len(true & {row for row, _ in found}) / max(1, len(true)))
    return float(np.mean(shares))


def show(latencies: Sequence[Latency]) -> None:
    """Print a row for each."""
    for at in latencies:
        recall = "" if at.recall is None else f"recall {at.recall:.3f}"
        print(f"{at.chunks:>9,} {at.clients} clients {at.groups:<11} {at.part:<8} p50 {at.p50_ms:>8.2f} ms"
              f"  p95 {at.p95_ms:>8.2f} ms  {recall}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
