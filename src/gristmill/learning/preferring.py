"""Learns from pairs: what was to be said, against what the model said instead and nothing carried.

Direct preference optimisation (Rafailov and others 2023), with the likelihood of the wanted words beside it, without
which small models come to find both unlikely (Pang and others 2024). The model that training starts from is the
reference; its likelihoods are computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gristmill.learning.adapters import Encoded, Trainee
from gristmill.models.lora import Adapter


@dataclass(frozen=True)
class Pair:
    """Two completions of one prompt, as tokens, and how much likelier the reference finds the wanted one."""

    wanted: Encoded
    dropped: Encoded
    reference: float = 0.0  # log p(wanted) - log p(dropped), in nats

    @property
    def ids(self) -> tuple[int, ...]:
        """All tokens that are read for it; how long it is."""
        return (*self.wanted.ids, *self.dropped.ids)


class Preferring:
    """A model while it learns from pairs; it trains as a `Trainee` does."""

    def __init__(self, trainee: Trainee, beta: float, anchor: float) -> None:
        """Wrap what is trained.

        Args:
            trainee: the model with its matrices.
            beta: how closely it stays to the reference; the smaller, the farther it may go.
            anchor: weight of the wanted words' own loss.
        """
        self._trainee, self._beta, self._anchor = trainee, beta, anchor
        self.trained = trainee.trained

    def loss(self, batch: Sequence[Pair]) -> Any:
        """Return the mean loss of a batch of pairs, as a torch scalar."""
        import torch

        margins, wanted = self._margins(batch)
        tokens = torch.tensor([pair.wanted.completion for pair in batch], device=margins.device)
        preferred = -torch.nn.functional.logsigmoid(self._beta * margins)
        return preferred.mean() - self._anchor * (wanted / tokens).mean()

    def mean_loss(self, pairs: Sequence[Pair], batch: int) -> float:
        """Return the mean loss of pairs, without learning from them."""
        import torch

        with torch.inference_mode():
            losses = [float(self.loss(part)) * len(part) for part in _parts(pairs, batch)]
        return sum(losses) / len(pairs) if pairs else 0.0

    def referred(self, pairs: Sequence[Pair], batch: int) -> list[Pair]:
        """Return pairs with the model as it is now for their reference."""
        import torch

        found = []
        with torch.inference_mode():
            for part in _parts(pairs, batch):
                margins, _ = self._margins([Pair(pair.wanted, pair.dropped) for pair in part])
                found += [Pair(p.wanted, p.dropped, float(m)) for p, m in zip(part, margins, strict=True)]
        return found

    def accuracy(self, pairs: Sequence[Pair], batch: int) -> float:
        """Return the share of pairs whose wanted words are the likelier ones, whatever the reference finds."""
        plain = [Pair(pair.wanted, pair.dropped) for pair in pairs]
        right = [pair.reference > 0 for pair in self.referred(plain, batch)]
        return sum(right) / len(right) if right else 0.0

    def adapter(self) -> Adapter:
        """Return a copy of what was learnt so far."""
        return self._trainee.adapter()

    def take(self, adapter: Adapter) -> None:
        """Put what was learnt before in place."""
        self._trainee.take(adapter)

    def _margins(self, batch: Sequence[Pair]) -> tuple[Any, Any]:
        """Return how much more each pair is preferred than by the reference, and log p of the wanted words."""
        import torch

        found = self._trainee.log_likelihoods([*(pair.wanted for pair in batch), *(pair.dropped for pair in batch)])
        wanted, dropped = found[: len(batch)], found[len(batch) :]
        reference = torch.tensor([pair.reference for pair in batch], device=found.device)
        return wanted - dropped - reference, wanted


def _parts(pairs: Sequence[Pair], size: int) -> Iterable[Sequence[Pair]]:
    return (pairs[at : at + size] for at in range(0, len(pairs), size))
