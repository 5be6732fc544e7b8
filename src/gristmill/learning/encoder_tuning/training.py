"""The training itself: queries against a bank of all passages, with checkpoints from which it goes on.

A step compares a batch of queries with every passage of the bank. Where the transformer is trained too, a few passages
of the batch are encoded anew with gradients; the others stand in the bank with the features they had when they were
last encoded (cross-batch memory; Wang et al. 2020), so that a query meets the whole corpus for the price of its own few
tokens. Everything random in a step follows from the seed and the step's number alone: killed anywhere and run
again, the training ends with the same weights.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gristmill.learning.encoder_tuning.network import Depth, Network
from gristmill.learning.encoder_tuning.pairs import Pair
from gristmill.learning.encoder_tuning.teacher import Target, Teacher
from gristmill.learning.encoder_tuning.texts import TuningText
from gristmill.models.encoder import Vectors

if TYPE_CHECKING:
    import torch

_STUDENT_TEMPERATURE = 0.05
_CLIP = 1.0
_WARM_UP = 0.1
_LOOKED_AT = 96  # passages that are encoded anew for a look at the held-out queries


@dataclass(frozen=True)
class Recipe:
    """What decides the weights, besides corpus and base."""

    depth: Depth = Depth.HEAD
    queries: int = 128  # of one step
    passages: int = 12  # of one step that are encoded anew, where the transformer is trained
    bank: int = 4_096  # passages that a step's queries are compared with at most
    head_rate: float = 1e-3
    body_rate: float = 5e-5
    hold: float = 1.0  # how strongly the head is held where it began
    patience: int = 4  # looks at the held-out queries without an improvement; 0 takes all steps and the last weights
    seed: int = 11


def recipe_for(depth: Depth) -> Recipe:
    """Return the recipe of a depth: where the transformer is trained, a step's queries cost far more."""
    return Recipe() if depth is Depth.HEAD else Recipe(depth, queries=48, head_rate=3e-4)


@dataclass
class Progressed:
    """How far a training is; what a checkpoint holds beside the weights."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    held_out: dict[str, float] = field(default_factory=dict)  # loss of the held-out queries, by step
    best: int = 0  # the step with the least of it


@dataclass(frozen=True)
class Material:
    """What is trained on: passages with their features, pairs with the features of their queries where needed."""

    texts: Sequence[TuningText]
    bank: Vectors
    pairs: Sequence[Pair]
    held_out: Sequence[Pair]
    query_features: dict[str, Any]  # by query; empty where the transformer is trained


class Training:
    """One training: network, optimiser, bank, and the step it is at."""

    def __init__(self, network: Network, material: Material, teacher: Teacher, recipe: Recipe, steps: int) -> None:
        import torch

        self.network, self.material, self.teacher = network, material, teacher
        self.recipe, self.steps, self.state = recipe, steps, Progressed()
        self.bank = torch.from_numpy(np.array(material.bank, dtype=np.float32))
        self._optimizer = torch.optim.Adam(network.groups(recipe.head_rate, recipe.body_rate))

    def step(self) -> float:
        """Take one step and return its loss."""
        import torch

        draw = np.random.default_rng((self.recipe.seed, self.state.step))
        torch.manual_seed(int(draw.integers(1 << 31)))
        self.network.body.train(self.recipe.depth is Depth.ALL)
        batch = [self.material.pairs[i] for i in self._chosen()]
        targets = [self.teacher.target(pair) for pair in batch]
        fresh = self._fresh(batch)
        columns = self._columns(targets, fresh, draw)
        features = self.bank[torch.from_numpy(columns)]
        if fresh:
            renewed = self.network.features([self.material.texts[number].encoded for number in fresh])
            features = features.index_put((torch.from_numpy(np.searchsorted(columns, fresh)),), renewed)
            self.bank[torch.tensor(fresh)] = renewed.detach()
        loss = self._loss(batch, targets, features, columns)
        self._update(loss + self.recipe.hold * (self.network.head - self.network.start).square().sum(1).mean())
        self.state.step += 1
        self.state.losses.append(round(float(loss.detach()), 5))
        return self.state.losses[-1]

    def held_out_loss(self) -> float:
        """Return the loss of the held-out queries and remember it under the step's number."""
        import torch

        pairs = list(self.material.held_out)
        targets = [self.teacher.target(pair) for pair in pairs]
        self.network.body.eval()
        with torch.no_grad():
            columns = self._looked_at(pairs, targets)
            targets = [target.among(columns) for target in targets]
            loss = float(self._loss(pairs, targets, self.bank[torch.from_numpy(columns)], columns))
        self.state.held_out[str(self.state.step)] = round(loss, 5)
        if round(loss, 5) <= min(self.state.held_out.values()):
            self.state.best = self.state.step
        return loss

    def _looked_at(self, pairs: Sequence[Pair], targets: Sequence[Target]) -> NDArray[np.int64]:
        """Return the passages that held-out queries are compared with.

        Where the transformer is trained these are few and encoded anew: older features in the bank would not fit.
        """
        import torch

        draw = np.random.default_rng(self.recipe.seed)
        if self.recipe.depth is Depth.HEAD:
            return self._columns(targets, [], draw)
        own = {pair.passage for pair in pairs}
        others = [int(n) for n in draw.permutation(len(self.material.texts)) if int(n) not in own]
        looked = np.array(sorted([*own, *others[: max(0, _LOOKED_AT - len(own))]]), dtype=np.int64)
        self.bank[torch.from_numpy(looked)] = self.network.features([self.material.texts[n].encoded for n in looked])
        return looked

    def _loss(
        self, pairs: Sequence[Pair], targets: Sequence[Target], passages: torch.Tensor, columns: NDArray[np.int64]
    ) -> torch.Tensor:
        """Return the mean cross entropy between what the queries should find and what they find among the columns."""
        import torch

        queries = self.network.vectors(self._query_features([pair.query for pair in pairs]))
        cosines = queries @ self.network.vectors(passages).T
        wanted = torch.zeros(len(targets), len(columns))
        for row, target in enumerate(targets):
            wanted[row, torch.from_numpy(np.searchsorted(columns, target.passages))] = torch.from_numpy(target.shares)
        return -(wanted * torch.log_softmax(cosines / _STUDENT_TEMPERATURE, dim=1)).sum(1).mean()

    def _query_features(self, queries: Sequence[str]) -> torch.Tensor:
        import torch

        known = self.material.query_features
        return torch.from_numpy(np.stack([known[q] for q in queries])) if known else self.network.features(queries)

    def _chosen(self) -> list[int]:
        """Return which pairs this step takes: each epoch goes once through all, in an order of its own."""
        size, count = min(self.recipe.queries, len(self.material.pairs)), len(self.material.pairs)
        places = range(self.state.step * size, (self.state.step + 1) * size)
        orders = {epoch: self._epoch(epoch) for epoch in {place // count for place in places}}
        return [int(orders[place // count][place % count]) for place in places]

    def _epoch(self, number: int) -> NDArray[np.int64]:
        return np.random.default_rng((self.recipe.seed, 1 << 20, number)).permutation(len(self.material.pairs))

    def _fresh(self, batch: Sequence[Pair]) -> list[int]:
        if self.recipe.depth is Depth.HEAD:
            return []
        return list(dict.fromkeys(pair.passage for pair in batch))[: self.recipe.passages]

    def _columns(self, targets: Sequence[Target], fresh: list[int], draw: np.random.Generator) -> NDArray[np.int64]:
        """Return the passages of a step, ascending: all, or those the targets name and random others up to the limit.

        What the targets name holds the hard negatives: near by words or vectors, and with little share or none.
        """
        count = len(self.material.texts)
        if count <= self.recipe.bank:
            return np.arange(count)
        named = set(fresh).union(*(target.passages.tolist() for target in targets))
        others = draw.choice(count, self.recipe.bank, replace=False).tolist()
        return np.array(sorted(named | set(others[: max(0, self.recipe.bank - len(named))])), dtype=np.int64)

    def _update(self, loss: torch.Tensor) -> None:
        import torch

        for group in self._optimizer.param_groups:
            group["lr"] = group["initial_lr"] * _schedule(self.state.step, self.steps)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for group in self._optimizer.param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], _CLIP)
        self._optimizer.step()

    def save(self, file: Path) -> None:
        """Write a checkpoint so that a crash leaves the old one or the new one."""
        tensors = dict(self.network.state())
        for number, state in self._optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": tensor.contiguous() for name, tensor in state.items()}
        if self.recipe.depth is Depth.ALL:
            tensors["bank"] = self.bank
        write_tensors(file, tensors, {"state": json.dumps(asdict(self.state))})

    def resume(self, file: Path) -> bool:
        """Go on from a checkpoint; return False when there is none."""
        if not file.is_file():
            return False
        tensors, metadata = read_tensors(file)
        self.state = Progressed(**json.loads(metadata["state"]))
        self.bank = tensors.pop("bank", self.bank)
        adam: dict[int, dict[str, Any]] = {}
        for name in [name for name in tensors if name.startswith("adam.")]:
            _, number, part = name.split(".")
            adam.setdefault(int(number), {})[part] = tensors.pop(name)
        self.network.load(tensors)
        self._optimizer.load_state_dict(self._optimizer.state_dict() | {"state": adam})
        return True


def write_tensors(file: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """Write tensors durably: a crash leaves the old file or the new one."""
    from safetensors.torch import save_file

    temporary = file.with_suffix(".tmp")
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, temporary, metadata)
    with temporary.open("rb") as stream:
        os.fsync(stream.fileno())
    temporary.replace(file)


def read_tensors(file: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors and the metadata of a file."""
    from safetensors import safe_open

    with safe_open(file, "pt") as stored:
        return {name: stored.get_tensor(name) for name in stored.keys()}, dict(stored.metadata() or {})  # noqa: SIM118


def _schedule(step: int, steps: int) -> float:
    """Return the share of the learning rate: it rises over the first tenth and falls to nothing at the end."""
    rising = max(1, round(_WARM_UP * steps))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / max(1, steps - rising))
