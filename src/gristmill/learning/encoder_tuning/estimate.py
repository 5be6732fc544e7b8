"""What a tuning will take, measured on a few of its own texts before it starts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gristmill.learning.encoder_tuning.network import Depth, Network
from gristmill.learning.encoder_tuning.training import Recipe

_SAMPLE = 16
_LIBRARIES_MB = 900  # torch, transformers and sentence-transformers, loaded
_FLOAT = 4
# A step of the head: products of bank and queries with head and each other, forwards and backwards.
_HEAD_FLOPS_PER_SECOND = 2e10


@dataclass(frozen=True)
class Speed:
    """How fast this machine takes the base model, alone."""

    forward: float  # tokens per second, encoding
    both: float  # tokens per second, forwards and backwards; equals `forward` where only the head is trained


@dataclass(frozen=True)
class Work:
    """What there is to do, in tokens: of all passages, of one step."""

    passages: int
    per_passage: float  # tokens, on average
    per_query: float


@dataclass(frozen=True)
class Estimate:
    """What a tuning will take."""

    passages: int
    queries: int
    steps: int
    seconds: int
    memory_mb: int
    forward_tokens_per_second: int
    training_tokens_per_second: int


def measure_speed(network: Network, texts: Sequence[str], depth: Depth) -> Speed:
    """Run a few texts through the model and return its speed, after one run to warm up."""
    sample = sorted(texts, key=len)[len(texts) // 2 :][:_SAMPLE]
    tokens = count_tokens(network, sample)
    network.encode(sample[:2])
    began = time.perf_counter()
    network.encode(sample)
    forward = tokens / (time.perf_counter() - began)
    if depth is Depth.HEAD:
        return Speed(forward, forward)
    network.body.train()
    began = time.perf_counter()
    network.features(sample).sum().backward()  # type: ignore[no-untyped-call]
    both = tokens / (time.perf_counter() - began)
    network.body.zero_grad(set_to_none=True)
    return Speed(forward, both)


def measure_work(network: Network, passages: Sequence[str], queries: Sequence[str]) -> Work:
    """Return the work in tokens, from a sample of each."""
    draw = np.random.default_rng(0)

    def per_text(texts: Sequence[str]) -> float:
        some = [texts[int(i)] for i in draw.choice(len(texts), min(len(texts), 8 * _SAMPLE), replace=False)]
        return count_tokens(network, some) / len(some)

    return Work(len(passages), per_text(passages), per_text(queries))


def count_tokens(network: Network, texts: Sequence[str]) -> int:
    """Return how many tokens the model reads of texts."""
    return int(network.body.preprocess(list(texts))["attention_mask"].sum())


def estimate(network: Network, speed: Speed, work: Work, recipe: Recipe, queries: int, steps: int) -> Estimate:
    """Return what a tuning with so many queries and steps takes."""
    size, columns = int(network.head.shape[0]), min(work.passages, recipe.bank)
    seconds = work.passages * work.per_passage / speed.forward + steps * _head_seconds(size, columns, recipe)
    if recipe.depth is Depth.HEAD:
        seconds += queries * work.per_query / speed.forward
    else:
        per_step = recipe.queries * work.per_query + recipe.passages * work.per_passage
        seconds += steps * per_step / speed.both
    trained = sum(parameter.numel() for group in network.groups(0, 0) for parameter in group["params"])
    everything = sum(parameter.numel() for parameter in network.body.parameters())
    held = work.passages * size * 3 + recipe.queries * columns * 6 + columns * size * 6
    memory = (everything + 3 * trained + held) * _FLOAT / 1e6 + _LIBRARIES_MB
    return Estimate(
        work.passages, queries, steps, round(seconds), round(memory), round(speed.forward), round(speed.both)
    )


def steps_within(seconds: float, speed: Speed, work: Work, recipe: Recipe) -> int:
    """Return how many steps of training the transformer fit into a time, after the passages were encoded."""
    left = seconds - work.passages * work.per_passage / speed.forward
    per_step = (recipe.queries * work.per_query + recipe.passages * work.per_passage) / speed.both
    return max(1, int(left / per_step))


def queries_within(seconds: float, speed: Speed, work: Work) -> int:
    """Return how many queries can be encoded in a time, after the passages were and before the head is trained."""
    left = 0.8 * seconds - work.passages * work.per_passage / speed.forward
    return max(1, int(left * speed.forward / work.per_query))


def _head_seconds(size: int, columns: int, recipe: Recipe) -> float:
    products = (columns + recipe.queries) * size * size + recipe.queries * columns * size
    return 6 * products / _HEAD_FLOPS_PER_SECOND
