"""The main encoder on a Ray cluster: the same batches as on one machine, so the same vectors, spread over processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any

from gristmill.compute import at_once, connected, in_order
from gristmill.models.encoder import TransformerEncoder
from gristmill.models.vectors import Vectors
from gristmill.settings import EncoderSettings, RaySettings

# Batches under way for each process.
_AHEAD = 2
# Texts that are read in this process: a question, and what is weighed to answer one.
_FEW = 64


class RayEncoder(TransformerEncoder):
    """Encodes many texts on a cluster, and few, such as a question, in this process."""

    def __init__(self, settings: EncoderSettings, memory: Path | None, cluster: RaySettings) -> None:
        super().__init__(settings, memory)
        self._cluster = cluster

    def forwarded(self, together: Sequence[list[list[int]]]) -> Iterator[Vectors]:
        """Yield the vectors of each batch, in order."""
        if sum(map(len, together)) <= _FEW:
            yield from super().forwarded(together)
            return
        actors = cycle(self._actors)
        most = len(self._actors) * _AHEAD
        for _, vectors in in_order(self._ray, together, lambda batch: next(actors).forward.remote(batch), most):
            yield vectors

    @cached_property
    def _ray(self) -> Any:
        return connected(self._cluster)

    @cached_property
    def _actors(self) -> list[Any]:
        """One process for each processor, which keeps the model while this encoder lives."""
        remote = self._ray.remote(num_cpus=1)(_Forward)
        return [remote.remote(self._settings) for _ in range(at_once(self._ray, self._cluster))]


class _Forward:
    """The model in a process of Ray's; the weights are this node's own, verified by their hash."""

    def __init__(self, settings: EncoderSettings) -> None:
        self._encoder = TransformerEncoder(settings)

    def forward(self, batch: list[list[int]]) -> Vectors:
        (vectors,) = self._encoder.forwarded([batch])
        return vectors
