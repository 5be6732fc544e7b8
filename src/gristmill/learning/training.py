"""The training loop: steps in an order that the seed decides, early stopping, and checkpoints that survive a kill.

A checkpoint is one file, replaced in one rename. Killed at any moment, the same call goes on from the last one and ends
with the same matrices, because everything that decides a step is in the checkpoint or follows from its number.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.report import Progress
from gristmill.errors import StorageError
from gristmill.models.lora import Adapter
from gristmill.settings import TuningSettings

_LOWEST = 0.1  # share of the highest learning rate that is left at the end
_WARM_SHARE = 0.1
_LONGEST_GRADIENT = 1.0
# Batches of like lengths waste little on padding; windows of a few batches keep the order random enough.
_WINDOW = 8
_PARTS = ("adapter", "first", "second", "best")


class Item(Protocol):
    """What can be learnt from."""

    @property
    def ids(self) -> tuple[int, ...]:
        """All tokens that are read for it."""
        ...


ItemType = TypeVar("ItemType", bound=Item)
Contra = TypeVar("Contra", bound=Item, contravariant=True)


class Learner(Protocol[Contra]):
    """A model with matrices that are trained: on examples, or on pairs."""

    trained: dict[str, Any]

    def loss(self, batch: Sequence[Contra]) -> Any:
        """Return the loss of a batch as a torch scalar."""
        ...

    def mean_loss(self, examples: Sequence[Contra], batch: int) -> float:
        """Return the loss over examples, without learning from them."""
        ...

    def adapter(self) -> Adapter:
        """Return a copy of what was learnt so far."""
        ...

    def take(self, adapter: Adapter) -> None:
        """Put what was learnt before in place."""
        ...


@dataclass(frozen=True)
class Point:
    """One step on the curves."""

    step: int
    loss: float
    learning_rate: float
    tokens_per_second: float
    held_out: float | None = None
    phase: str = "examples"  # or pairs, whose loss is of another kind


@dataclass(frozen=True)
class State:
    """Where a training stands after a step."""

    step: int
    adapter: Adapter
    first: Adapter  # Adam's moments
    second: Adapter
    best: Adapter
    best_loss: float
    before: float  # held-out loss of the base model
    waited: int  # looks without improvement
    seconds: float
    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Trained:
    """What a training came to: the best matrices that it saw, and how it went."""

    adapter: Adapter
    before: float
    held_out: float
    steps: int
    stopped_early: bool
    seconds: float
    points: tuple[Point, ...]


def train(
    trainee: Learner[ItemType], learnt: Sequence[ItemType], held_out: Sequence[ItemType], settings: TuningSettings,
    checkpoint: Path, progress: Progress,
) -> Trained:  # fmt: skip
    """Train until the last step, or until held-out examples no longer gain.

    Args:
        trainee: a fresh one; what a checkpoint holds is put into it.
        learnt: examples to learn from.
        held_out: examples that are only looked at.
        settings: how.
        checkpoint: where the state is kept; it must belong to these examples and settings.
        progress: told of the steps.
    """
    state = load(checkpoint) or _fresh(trainee, held_out, settings)
    progress.start("training", settings.steps)
    progress.advance(state.step)
    optimiser = _optimiser(trainee, state, settings)
    while state.step < settings.steps and state.waited < settings.patience:
        state = _step(trainee, optimiser, learnt, held_out, settings, state)
        if state.step % settings.checkpoint_every == 0:
            save(checkpoint, _with_tensors(state, trainee, optimiser))
        progress.advance()
    save(checkpoint, _with_tensors(state, trainee, optimiser))
    return Trained(
        state.best, state.before, state.best_loss, state.step, state.step < settings.steps, state.seconds, state.points
    )


def batch_of(lengths: Sequence[int], size: int, seed: int, step: int) -> list[int]:
    """Return which examples a step learns from: each once per round, in batches of like lengths, in random order."""
    per_round = -(-len(lengths) // size)
    number, at = divmod(step, per_round)
    draw = np.random.default_rng([seed, number])
    order = draw.permutation(len(lengths)).tolist()
    window = size * _WINDOW
    like = [i for w in range(0, len(order), window) for i in sorted(order[w : w + window], key=lambda i: -lengths[i])]
    batches = [like[b : b + size] for b in range(0, len(like), size)]
    return batches[int(draw.permutation(len(batches))[at])]


def rate_at(step: int, settings: TuningSettings) -> float:
    """Return the learning rate of a step: a short rise, then a cosine down to a tenth."""
    rise = max(1, round(_WARM_SHARE * settings.steps))
    if step < rise:
        return settings.learning_rate * (step + 1) / rise
    share = (step - rise) / max(1, settings.steps - rise)
    return settings.learning_rate * (_LOWEST + (1 - _LOWEST) * 0.5 * (1 + math.cos(math.pi * share)))


def save(file: Path, state: State) -> None:
    """Write a checkpoint in one rename.

    Raises:
        StorageError: it cannot be written; the one before holds.
    """
    from safetensors.numpy import save as as_bytes

    tensors = {f"{part}/{name}": numbers for part in _PARTS for name, numbers in getattr(state, part).items()}
    points = [asdict(point) for point in state.points]
    rest = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in _PARTS} | {"points": points}
    staging = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with staging.open("wb") as stream:
            stream.write(as_bytes(tensors, {"state": json.dumps(rest)}))
            stream.flush()
            os.fsync(stream.fileno())
        staging.replace(file)
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error}.", "Free space, and run again: it goes on.") from error
    finally:
        staging.unlink(missing_ok=True)


def load(file: Path) -> State | None:
    """Return the state that a checkpoint holds; None when there is none."""
    from safetensors import safe_open

    if not file.is_file():
        return None
    parts: dict[str, dict[str, NDArray[np.float32]]] = {part: {} for part in _PARTS}
    with safe_open(file, framework="numpy") as opened:
        rest: dict[str, Any] = json.loads(opened.metadata()["state"])
        for key in opened.keys():  # noqa: SIM118 - it is not a mapping
            part, name = key.split("/", 1)
            parts[part][name] = opened.get_tensor(key)
    points = tuple(Point(**point) for point in rest.pop("points"))
    return State(**{**rest, **parts, "points": points})


def _fresh(trainee: Learner[ItemType], held_out: Sequence[ItemType], settings: TuningSettings) -> State:
    before = trainee.mean_loss(held_out, settings.batch)
    adapter = trainee.adapter()
    nothing = {name: np.zeros_like(numbers) for name, numbers in adapter.items()}
    return State(0, adapter, nothing, nothing, adapter, before if held_out else math.inf, before, 0, 0.0)


def _step(
    trainee: Learner[ItemType], optimiser: Any, learnt: Sequence[ItemType], held_out: Sequence[ItemType],
    settings: TuningSettings, state: State,
) -> State:  # fmt: skip
    import torch

    since = time.perf_counter()
    chosen = batch_of([len(each.ids) for each in learnt], settings.batch, settings.seed, state.step)
    batch = [learnt[row] for row in chosen]
    rate = rate_at(state.step, settings)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad(set_to_none=True)
    loss = trainee.loss(batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trainee.trained.values(), _LONGEST_GRADIENT)
    optimiser.step()
    took = time.perf_counter() - since
    point = Point(state.step + 1, float(loss), rate, sum(len(each.ids) for each in batch) / took)
    state = replace(state, step=state.step + 1, seconds=state.seconds + took)
    looks = held_out and (state.step % settings.evaluate_every == 0 or state.step == settings.steps)
    if looks:
        state, point = _looked(trainee, held_out, settings, state, point)
    elif not held_out:
        state = replace(state, best=trainee.adapter(), best_loss=point.loss)
    return replace(state, points=(*state.points, point))


def _looked(
    trainee: Learner[ItemType], held_out: Sequence[ItemType], settings: TuningSettings, state: State, point: Point
) -> tuple[State, Point]:
    found = trainee.mean_loss(held_out, settings.batch)
    point = replace(point, held_out=found)
    if found < state.best_loss:
        return replace(state, best=trainee.adapter(), best_loss=found, waited=0), point
    return replace(state, waited=state.waited + 1), point


def _optimiser(trainee: Learner[Any], state: State, settings: TuningSettings) -> Any:
    import torch

    trainee.take(state.adapter)
    optimiser = torch.optim.AdamW(trainee.trained.values(), lr=settings.learning_rate, weight_decay=0.0)
    if state.step:
        for name, parameter in trainee.trained.items():
            optimiser.state[parameter] = {
                "step": torch.tensor(float(state.step)),
                "exp_avg": torch.from_numpy(state.first[name]).to(parameter.device),
                "exp_avg_sq": torch.from_numpy(state.second[name]).to(parameter.device),
            }
    return optimiser


def _with_tensors(state: State, trainee: Learner[Any], optimiser: Any) -> State:
    if state.step == 0:
        return state
    moments = dict(_moments(trainee, optimiser))
    first = {name: pair[0] for name, pair in moments.items()}
    second = {name: pair[1] for name, pair in moments.items()}
    return replace(state, adapter=trainee.adapter(), first=first, second=second)


def _moments(
    trainee: Learner[Any], optimiser: Any
) -> Iterator[tuple[str, tuple[NDArray[np.float32], NDArray[np.float32]]]]:
    for name, parameter in trainee.trained.items():
        kept = optimiser.state[parameter]
        yield name, (kept["exp_avg"].cpu().numpy(), kept["exp_avg_sq"].cpu().numpy())
