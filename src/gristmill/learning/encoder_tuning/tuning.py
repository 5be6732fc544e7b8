"""Tuning an encoder from beginning to end: pairs, plan, features, training, forgetting, candidate.

Each part lies in a module of its own; here is their order, and what is kept between runs. The plan is written before
the work begins, so that a run that goes on after a kill does the same steps.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gristmill.corpus.report import Progress
from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.learning.encoder_tuning.candidate import Candidate, Origin, parents_of, write_candidate
from gristmill.learning.encoder_tuning.estimate import (
    Estimate,
    Speed,
    Work,
    estimate,
    measure_speed,
    measure_work,
    queries_within,
    steps_within,
)
from gristmill.learning.encoder_tuning.features import kept_features
from gristmill.learning.encoder_tuning.forgetting import Forgetting, forgetting, probe_texts
from gristmill.learning.encoder_tuning.network import Depth, Network
from gristmill.learning.encoder_tuning.pairs import Pair, PairMaker, counts_by_kind, selected
from gristmill.learning.encoder_tuning.teacher import Blend, Teacher
from gristmill.learning.encoder_tuning.texts import TuningText
from gristmill.learning.encoder_tuning.training import Material, Recipe, Training, read_tensors, write_tensors
from gristmill.models.catalog import encoder_weights
from gristmill.models.encoder import Vectors
from gristmill.settings import EncoderSettings
from gristmill.storage.artifacts import write_durably

if TYPE_CHECKING:
    import torch

CODE_VERSION = 1
_FEWEST_TEXTS = 8
_HELD_OUT = 0.1  # share of the documents whose queries are never trained on
_MOST_HELD_OUT = 64
_QUERIES = 4_000
_HEAD_STEPS, _ALL_STEPS = 300, 120
_LOOKS = {Depth.HEAD: 12, Depth.ALL: 6}
_MOST_MOVED = 0.05  # mean change of the forgetting probe's similarities
_HALVINGS = 6


@dataclass(frozen=True)
class Limits:
    """How much may be spent; nothing stands for the usual."""

    steps: int | None = None
    minutes: float | None = None


@dataclass(frozen=True)
class Plan:
    """What a run does, written before it begins."""

    steps: int
    queries: int
    estimate: Estimate


@dataclass(frozen=True)
class Tuned:
    """What a tuning yielded."""

    candidate: Candidate
    estimate: Estimate
    losses: tuple[float, ...]
    seconds: float
    resumed_at: int


def tune_encoder(
    home: Path,
    texts: Sequence[TuningText],
    base: EncoderSettings,
    recipe: Recipe,
    limits: Limits,
    progress: Progress,
    *,
    examples: Sequence[Pair] = (),
    told: Callable[[Estimate], None] = lambda _: None,
) -> Tuned:
    """Tune an encoder on passages and return the candidate; nothing in force changes.

    Args:
        home: the installation's; checkpoints lie in its cache, candidates below `models/encoders`.
        texts: the passages.
        base: the encoder to begin with.
        recipe: what decides the weights.
        limits: steps or minutes.
        progress: told of encoding and steps.
        examples: pairs that people made, besides those made from the corpus.
        told: given the estimate before the work begins.

    Raises:
        SettingsError: there are too few passages to learn from.
    """
    if len(texts) < _FEWEST_TEXTS:
        raise SettingsError(f"{len(texts)} passages are too few to tune on.", "Run 'gristmill ingest FOLDER' first.")
    began = time.perf_counter()
    weights = encoder_weights(base)
    weights.verify(home / "cache" / "encoder-verified.json")
    pairs = [*examples, *PairMaker(texts, recipe.seed).pairs()]
    data = lines_hash(_lines(texts, pairs))
    place = home / "cache" / "tuning" / fingerprint(CODE_VERSION, data, base.model_dump(mode="json"), asdict(recipe),
                                                    asdict(limits))  # fmt: skip
    network = Network(weights.file.parent, weights.file, recipe.depth)
    plan = _plan(place, network, texts, pairs, recipe, limits)
    told(plan.estimate)
    training = _prepare(place, network, texts, pairs, recipe, plan, progress)
    resumed_at = training.state.step
    start = {name: tensor.clone() for name, tensor in network.state().items()}
    if resumed_at:
        start = read_tensors(place / "start.safetensors")[0]
    else:
        write_tensors(place / "start.safetensors", start, {})
    rate = _train(place, training, progress)
    forgot, share = _remember(network, start)
    metrics = _metrics(training, forgot, share) | rate
    origin = Origin(
        weights.sha256, weights.name, parents_of(weights.file.parent, weights.sha256), data, len(texts),
        counts_by_kind(training.material.pairs),
        {**asdict(recipe), "depth": str(recipe.depth), "steps": plan.steps, "code": CODE_VERSION}, metrics,
    )  # fmt: skip
    candidate = write_candidate(home, weights.file.parent, network.transformer(), network.head.detach(), origin)
    losses = tuple(training.state.losses)
    shutil.rmtree(place)
    return Tuned(candidate, plan.estimate, losses, round(time.perf_counter() - began, 1), resumed_at)


def _lines(texts: Sequence[TuningText], pairs: Sequence[Pair]) -> list[str]:
    return [*(text.key for text in texts), *(f"{pair.passage}\t{pair.query}" for pair in pairs)]


def _plan(
    place: Path, network: Network, texts: Sequence[TuningText], pairs: Sequence[Pair], recipe: Recipe, limits: Limits
) -> Plan:
    """Return the plan of an earlier run of the same, or make one from measured speed."""
    file = place / "plan.json"
    if file.is_file():
        fields = json.loads(file.read_text())
        return Plan(fields["steps"], fields["queries"], Estimate(**fields["estimate"]))
    passages = [text.encoded for text in texts]
    speed = measure_speed(network, passages, recipe.depth)
    work = measure_work(network, passages, [pair.query for pair in pairs])
    steps, queries = _within(limits, speed, work, recipe, len(pairs))
    plan = Plan(steps, queries, estimate(network, speed, work, recipe, queries, steps))
    write_durably(file, json.dumps(asdict(plan), indent=2))
    return plan


def _within(limits: Limits, speed: Speed, work: Work, recipe: Recipe, pairs: int) -> tuple[int, int]:
    """Return steps and queries that the limits allow."""
    steps = limits.steps or (_HEAD_STEPS if recipe.depth is Depth.HEAD else _ALL_STEPS)
    queries = min(pairs, _QUERIES)
    if limits.minutes is None:
        return steps, queries
    seconds = 60 * limits.minutes
    if recipe.depth is Depth.HEAD:
        return steps, min(queries, max(recipe.queries, queries_within(seconds, speed, work)))
    return min(limits.steps or 10**9, steps_within(seconds, speed, work, recipe)), queries


def _prepare(
    place: Path,
    network: Network,
    texts: Sequence[TuningText],
    pairs: Sequence[Pair],
    recipe: Recipe,
    plan: Plan,
    progress: Progress,
) -> Training:
    """Compute the features of passages, and of queries where they stay, and return the training where it was."""
    bank = kept_features(network, [text.encoded for text in texts], place, "passages", progress)
    chosen = selected(pairs, plan.queries)
    held = _held_out_documents(texts, recipe.seed)
    trained = [pair for pair in chosen if texts[pair.passage].document not in held]
    held_out = [pair for pair in chosen if texts[pair.passage].document in held][:_MOST_HELD_OUT]
    known: dict[str, Vectors] = {}
    if recipe.depth is Depth.HEAD:
        queries = sorted({pair.query for pair in [*trained, *held_out]})
        known = dict(zip(queries, kept_features(network, queries, place, "queries", progress), strict=True))
    material = Material(texts, bank, trained or chosen, held_out or chosen[:_MOST_HELD_OUT], known)
    training = Training(network, material, Teacher(texts, bank, Blend()), recipe, plan.steps)
    training.resume(place / "checkpoint.safetensors")
    return training


def _held_out_documents(texts: Sequence[TuningText], seed: int) -> set[str]:
    documents = sorted({text.document for text in texts})
    return set(random.Random(seed).sample(documents, round(_HELD_OUT * len(documents))))


def _train(place: Path, training: Training, progress: Progress) -> dict[str, float]:
    """Take the steps that are left, with looks at the held-out queries; end with the best weights seen."""
    checkpoint, best = place / "checkpoint.safetensors", place / "best.safetensors"
    every = max(1, training.steps // _LOOKS[training.recipe.depth])
    progress.start("tune", training.steps)
    progress.advance(training.state.step)
    if not training.state.held_out:
        _look(training, best)
    began, first = time.perf_counter(), training.state.step
    while training.state.step < training.steps and not _is_stuck(training, every):
        training.step()
        progress.advance()
        if training.state.step % every == 0 or training.state.step == training.steps:
            _look(training, best)
            training.save(checkpoint)
    seconds = time.perf_counter() - began
    training.network.load(read_tensors(best)[0])
    taken = training.state.step - first
    return {"steps": training.state.step, "seconds_per_step": round(seconds / taken, 4) if taken else 0.0}


def _look(training: Training, best: Path) -> None:
    training.held_out_loss()
    if training.state.best == training.state.step or not training.recipe.patience:
        write_tensors(best, dict(training.network.state()), {})


def _is_stuck(training: Training, every: int) -> bool:
    patience = training.recipe.patience
    return bool(patience) and training.state.step - training.state.best >= patience * every


def _remember(network: Network, start: dict[str, torch.Tensor]) -> tuple[Forgetting, float]:
    """Go back towards the base until general texts are as near to each other as they were; return the share kept.

    Weights half-way between two encoders of one origin are an encoder between them (Wortsman et al. 2022).
    """
    texts, tuned, share = probe_texts(), network.state(), 1.0
    tuned = {name: tensor.clone() for name, tensor in tuned.items()}
    network.load(start)
    base = _vectors(network, texts)
    unchanged = forgetting(base, base)
    for _ in range(_HALVINGS):
        network.load({name: start[name] + share * (tensor - start[name]) for name, tensor in tuned.items()})
        forgot = forgetting(base, _vectors(network, texts))
        if not forgot.exceeds(_MOST_MOVED, unchanged):
            return forgot, share
        share /= 2
    network.load(start)
    return unchanged, 0.0


def _vectors(network: Network, texts: Sequence[str]) -> Vectors:
    import torch

    with torch.inference_mode():
        vectors: Vectors = network.vectors(torch.from_numpy(network.encode(texts))).numpy()
    return vectors


def _metrics(training: Training, forgot: Forgetting, share: float) -> dict[str, float]:
    losses = training.state.held_out
    return {
        "held_out_loss_before": losses["0"],
        "held_out_loss_after": min(losses.values()),
        "held_out_queries": float(len(training.material.held_out)),
        "best_step": float(training.state.best),
        "similarities_moved": round(forgot.moved, 5),
        "similarity_moved_most": round(forgot.farthest, 5),
        "alike_nearer_than_unrelated": round(forgot.kept, 5),
        "share_of_tuning_kept": share,
    }
