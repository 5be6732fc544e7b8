"""How often drift is noticed, and how often without there being any: simulated streams of real vectors. numpy alone.

A finite set of vectors is made a source of any length by moving each draw a little in a random direction. Reference and
quiet windows come from the same source, so every alarm on them is a false one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gristmill.corpus.report import Progress, Silent
from gristmill.models.vectors import Vectors
from gristmill.monitoring.drift.shift import ALPHA, compare
from gristmill.monitoring.drift.streams import MOST_REFERENCE

WINDOWS = 30
# What is demanded first, then what shows where noticing ends: share of the window that is foreign, size of the window.
SHIFTS: Sequence[tuple[float, int]] = (
    (0.20, 200), (0.10, 500), (0.20, 100), (0.20, 50), (0.10, 200), (0.05, 500), (0.05, 200),
)  # fmt: skip
_SPREAD = 0.35


@dataclass(frozen=True)
class Quiet:
    """What streams without drift gave."""

    streams: int
    windows: int
    size: int
    alarms: int

    @property
    def per_stream(self) -> float:
        """False alarms in so many windows as one stream has."""
        return self.alarms / self.streams


@dataclass(frozen=True)
class Noticed:
    """How often a mix was noticed."""

    share: float
    size: int
    tries: int
    noticed: int

    @property
    def power(self) -> float:
        """The share of tries in which it was noticed."""
        return self.noticed / self.tries


@dataclass(frozen=True)
class Simulated:
    """All that was simulated."""

    quiet: tuple[Quiet, ...]
    shifts: tuple[Noticed, ...]

    def table(self) -> str:
        """Return it as text."""
        lines = [f"Budget: {ALPHA:.0%} a window, {ALPHA * WINDOWS:.1f} in {WINDOWS} windows."]
        lines += ["", "no drift        window   streams   false alarms in 30 windows"]
        lines += [f"{'':<16}{q.size:>6}{q.streams:>10}   {q.per_stream:.2f}" for q in self.quiet]
        lines += ["", "foreign share   window     tries   noticed"]
        lines += [f"{s.share:>13.0%}   {s.size:>6}{s.tries:>10}   {s.power:.1%}" for s in self.shifts]
        return "\n".join(lines)


class Source:
    """Vectors without end, like those given."""

    def __init__(self, vectors: Vectors, seed: int) -> None:
        self._vectors = vectors
        self._rng = np.random.default_rng(seed)

    def draw(self, count: int) -> Vectors:
        """Return so many rows of unit length."""
        rows = self._vectors[self._rng.integers(0, len(self._vectors), count)]
        noise = self._rng.standard_normal(rows.shape, dtype=np.float32)
        moved: Vectors = rows + _SPREAD * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit


def simulate(
    home: Vectors,
    foreign: Vectors,
    streams: int = 200,
    sizes: Iterable[int] = (200,),
    shifts: Sequence[tuple[float, int]] = SHIFTS,
    progress: Progress | None = None,
) -> Simulated:
    """Return false alarms of quiet streams, and how often mixes with foreign vectors are noticed.

    Args:
        home: vectors of the installation, shape (rows, dimensions).
        foreign: vectors of another field, of the same encoder.
        streams: how many of each; a quiet one has a reference and `WINDOWS` windows.
        sizes: of the windows of quiet streams.
        shifts: shares and sizes of the mixes.
        progress: told of the streams.
    """
    told = progress or Silent()
    ours, theirs = Source(home, 1), Source(foreign, 2)
    sizes = tuple(sizes)
    told.start("streams", streams * (len(sizes) + len(shifts)))
    quiet = tuple(Quiet(streams, WINDOWS, size, _false_alarms(ours, streams, size, told)) for size in sizes)
    mixed = tuple(
        Noticed(share, size, streams, _noticed(ours, theirs, share, size, streams, told)) for share, size in shifts
    )
    return Simulated(quiet, mixed)


def _false_alarms(ours: Source, streams: int, size: int, told: Progress) -> int:
    alarms = 0
    for _ in range(streams):
        reference = ours.draw(MOST_REFERENCE)
        alarms += sum(compare(reference, ours.draw(size)).alarm for _ in range(WINDOWS))
        told.advance()
    return alarms


def _noticed(ours: Source, theirs: Source, share: float, size: int, tries: int, told: Progress) -> int:
    foreign, noticed = round(share * size), 0
    for _ in range(tries):
        window = np.concatenate([ours.draw(size - foreign), theirs.draw(foreign)])
        noticed += compare(ours.draw(MOST_REFERENCE), window).alarm
        told.advance()
    return noticed
