"""Tunes a generator: examples in, GGUF files out, with an estimate before and an account after.

A run is named by everything that decides its result, so the same call goes on with a killed run and finds a finished
one. Whether the result is better is for the gate to say.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from gristmill.corpus.report import Progress
from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint
from gristmill.learning.adapters import Encoded, Trainee, available_memory, faster_precision
from gristmill.learning.estimating import Estimate, flops_of_step, memory_of
from gristmill.learning.examples import Example, Kind, data_hash
from gristmill.learning.preferring import Pair, Preferring
from gristmill.learning.training import Trained, batch_of, train
from gristmill.models.gguf import GgufFile, Quantisation, Weights, Written
from gristmill.models.lora import Merged
from gristmill.settings import TuningSettings
from gristmill.storage.artifacts import write_durably

_CODE_VERSION = 2
_TRIED_STEPS = 2
CHECKPOINT, PAIRS_CHECKPOINT, PRECISION = "checkpoint.safetensors", "pairs.safetensors", "precision"


@dataclass(frozen=True)
class Base:
    """The model that is tuned."""

    name: str
    file: Path
    sha256: str


@dataclass(frozen=True)
class Account:
    """What a run took."""

    flops: float
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Made:
    """A file that a run made, and its loss on the held-out examples, read back from the file."""

    written: Written
    held_out: float


@dataclass(frozen=True)
class Preferred:
    """What pairs taught: how many there were, and for which share of those held out the true words are likelier.

    Where none is held out, the share is that of the pairs themselves.
    """

    pairs: int
    before: float
    after: float


@dataclass(frozen=True)
class Tuned:
    """What a run came to."""

    run: str
    trained: Trained
    made: tuple[Made, ...]
    account: Account
    preferred: Preferred | None = None  # None where there were too few pairs


def run_name(base: Base, examples: Sequence[Example], settings: TuningSettings) -> str:
    """Return the name of the run that these make."""
    how = settings.model_dump(mode="json", exclude={"checkpoint_every", "least_examples"})
    return f"t-{fingerprint('tuning', _CODE_VERSION, base.sha256, data_hash(examples), how)[:12]}"


def divided(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Return what is learnt from and what is held out; near duplicates stand on the same side."""
    aside = [e for e in examples if int(fingerprint("held out", e.cluster)[:8], 16) / 0xFFFFFFFF < share]
    held = {example.id for example in aside}
    return [example for example in examples if example.id not in held], aside


class Run:
    """One tuning of one model on one set of examples."""

    def __init__(self, base: Base, examples: Sequence[Example], settings: TuningSettings, models: Path) -> None:
        """Prepare a run.

        Args:
            base: what is tuned.
            examples: what it is tuned on.
            settings: how.
            models: the folder of a home's models; runs stand in it, and the files that they make.

        Raises:
            SettingsError: there are too few examples.
            ModelError: the model is not one that can be tuned.
        """
        answers = sum(example.kind is Kind.ANSWER for example in examples)
        if answers < settings.least_examples:
            raise SettingsError(
                f"There are {answers} answers to learn from; {settings.least_examples} are needed.",
                "Confirm more questions of the tune split, or lower 'least_examples' below [tuning].",
            )
        self.base, self.settings, self.models = base, settings, models
        self.name = run_name(base, examples, settings)
        self.folder = models / "runs" / self.name
        self._file = GgufFile(base.file)
        self._weights: Weights = self._file.weights()
        shape = self._file.shape
        precision = self._precision(shape.hidden_size, shape.intermediate_size)
        self.trainee = Trainee(self._file, self._weights, settings.rank, settings.scale, precision, settings.seed)
        # Their order decides the batches, and must not depend on where they came from.
        learnt, held_out = divided(sorted(examples, key=lambda example: example.id), settings.held_out)
        self.learnt, self.held_out = self._fitting(learnt), self._fitting(held_out)
        self.left_out = len(examples) - len(self.learnt) - len(self.held_out)
        pairs = self._pairs(learnt) if settings.preferences else []
        self.pairs = pairs if len(pairs) >= settings.least_pairs else []
        self.held_pairs = self._pairs(held_out) if self.pairs else []

    def estimate(self) -> Estimate:
        """Return what the run will take at most; two steps are tried for it, and nothing is learnt from them."""
        settings, shape = self.settings, self._file.shape
        batches = [self._batch(step) for step in range(settings.steps)]
        trained = sum(parameter.numel() for parameter in self.trainee.trained.values())
        tokens = [sum(len(each.ids) for each in batch) for batch in batches]
        # A pair is two texts; each is read once more for the reference.
        paired = [sum(len(pair.ids) for pair in self._pair_batch(step)) for step in range(self._pair_steps)]
        referred = sum(len(pair.ids) for pair in (*self.pairs, *self.held_pairs))
        typical = sorted(range(len(batches)), key=lambda step: abs(tokens[step] - median(tokens)))[:_TRIED_STEPS]
        took = min(self._tried(batches[step]) / tokens[step] for step in typical)
        looks = 1 + settings.steps // settings.evaluate_every
        seen = sum(len(each.ids) for each in self.held_out) * looks
        return Estimate(
            examples=len(self.learnt),
            steps=settings.steps + self._pair_steps,
            tokens=sum(tokens) + sum(paired),
            precision=self.trainee.precision,
            memory_bytes=memory_of(
                shape, trained, self.trainee.precision, settings.batch * (2 if self.pairs else 1),
                max(len(each.ids) for each in (*self.learnt, *self.held_out)),
            ),
            memory_available=available_memory(),
            seconds=round(took * (sum(tokens) + sum(paired) + (seen + referred) / 2), 1),
            flops=sum(flops_of_step(shape, trained, batch) for batch in (*batches, *self._pair_reads())),
            trained_parameters=trained,
        )  # fmt: skip

    def train(self, progress: Progress) -> tuple[Trained, Preferred | None, Account]:
        """Train on the examples, then on the pairs if there are enough; or go on where a killed run was."""
        began, cpu = time.perf_counter(), time.process_time()
        trained = train(self.trainee, self.learnt, self.held_out, self.settings, self.folder / CHECKPOINT, progress)
        number = sum(parameter.numel() for parameter in self.trainee.trained.values())
        shape = self._file.shape
        flops = sum(flops_of_step(shape, number, self._batch(step)) for step in range(trained.steps))
        looks = 1 + sum(point.held_out is not None for point in trained.points)
        flops += looks * flops_of_step(shape, number, self.held_out) / 2  # forward only
        preferred = None
        if self.pairs:
            trained, preferred = self._prefer(trained, progress)
            learnt = sum(point.phase == "pairs" for point in trained.points)
            flops += sum(flops_of_step(shape, number, batch) for batch in self._pair_reads()[:learnt])
        return trained, preferred, Account(flops, time.perf_counter() - began, time.process_time() - cpu)

    def _prefer(self, trained: Trained, progress: Progress) -> tuple[Trained, Preferred]:
        """Go on from what the examples taught, which is the reference too, if the pairs have anything to add."""
        settings = self.settings
        self.trainee.take(trained.adapter)
        learner = Preferring(self.trainee, settings.beta, settings.anchor)
        before = learner.accuracy(self.held_pairs or self.pairs, settings.batch)
        if before == 1:
            return trained, Preferred(len(self.pairs), before, before)
        learnt, held_out = (learner.referred(pairs, settings.batch) for pairs in (self.pairs, self.held_pairs))
        how = settings.model_copy(update={"steps": settings.pair_steps, "learning_rate": settings.pair_rate})
        gone_on = train(learner, learnt, held_out, how, self.folder / PAIRS_CHECKPOINT, progress)
        self.trainee.take(gone_on.adapter)
        after = learner.accuracy(self.held_pairs or self.pairs, settings.batch)
        points = [replace(p, step=trained.steps + p.step, phase="pairs") for p in gone_on.points]
        whole = replace(
            trained, adapter=gone_on.adapter, steps=trained.steps + gone_on.steps, points=(*trained.points, *points),
            seconds=trained.seconds + gone_on.seconds,
        )  # fmt: skip
        return whole, Preferred(len(learnt), before, after)

    def export(self, trained: Trained, quantisation: Quantisation) -> Made:
        """Write the tuned model as one file, named by its hash, and measure it as it stands there."""
        whole = Merged(self._weights, trained.adapter, self.settings.scale)
        written = self._file.write(whole, self.folder / f"{quantisation}.gguf", quantisation)
        place = self.models / f"{written.sha256}.gguf"
        written.file.replace(place)
        return Made(replace(written, file=place), self._loss_of(place))

    def _loss_of(self, file: Path) -> float:
        read = GgufFile(file)
        trainee = Trainee(read, read.weights(), 1, 1.0, "float32", self.settings.seed)
        return trainee.mean_loss(self.held_out, self.settings.batch)

    def _precision(self, width: int, inner: int) -> str:
        """Return the precision of this run; a run that goes on keeps the one that it began with."""
        kept = self.folder / PRECISION
        if kept.is_file():
            return kept.read_text().strip()
        chosen = faster_precision(self.settings.precision, width, inner)
        write_durably(kept, chosen)
        return chosen

    def _fitting(self, examples: Sequence[Example]) -> list[Encoded]:
        encoded = [self.trainee.encode(example) for example in examples]
        return [each for each in encoded if len(each.ids) <= self.settings.max_tokens]

    def _pairs(self, examples: Sequence[Example]) -> list[Pair]:
        """Return the pairs of examples whose model said something else, where both sides are short enough."""
        both = [(e, replace(e, completion=e.dropped)) for e in examples if e.dropped]
        made = [Pair(self.trainee.encode(wanted), self.trainee.encode(dropped)) for wanted, dropped in both]
        return [p for p in made if max(len(p.wanted.ids), len(p.dropped.ids)) <= self.settings.max_tokens]

    @property
    def _pair_steps(self) -> int:
        return self.settings.pair_steps if self.pairs else 0

    def _pair_batch(self, step: int) -> list[Pair]:
        lengths = [len(pair.ids) for pair in self.pairs]
        return [self.pairs[row] for row in batch_of(lengths, self.settings.batch, self.settings.seed, step)]

    def _pair_reads(self) -> list[list[Encoded]]:
        """Return the texts that learning from pairs reads, a step each."""
        batches = [self._pair_batch(step) for step in range(self._pair_steps)]
        return [[text for pair in batch for text in (pair.wanted, pair.dropped)] for batch in batches]

    def _batch(self, step: int) -> list[Encoded]:
        lengths = [len(each.ids) for each in self.learnt]
        return [self.learnt[row] for row in batch_of(lengths, self.settings.batch, self.settings.seed, step)]

    def _tried(self, batch: Sequence[Encoded]) -> float:
        since = time.perf_counter()
        self.trainee.loss(batch).backward()
        took = time.perf_counter() - since
        for parameter in self.trainee.trained.values():
            parameter.grad = None
        return took


def tune(run: Run, quantisations: Sequence[Quantisation], progress: Progress) -> Tuned:
    """Train and write the files. A killed call goes on from its last checkpoint when it is made again."""
    trained, preferred, account = run.train(progress)
    progress.start("writing", len(quantisations))
    made = []
    for quantisation in quantisations:
        made.append(run.export(trained, quantisation))
        progress.advance()
    return Tuned(run.name, trained, tuple(made), account, preferred)
