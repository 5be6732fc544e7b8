"""How much of the model's own speed training reaches, and how TRL's trainer does on the same examples.

    python -m benchmarks.training --steps 6
    python -m benchmarks.training --steps 6 --trl

Passes of the model alone (all logits, the loss of all tokens, forward and back, nothing else) and whole steps of our
loop take turns on the same batches, so that a busy machine slows both. TRL's trainer, with its defaults but for batch,
rank and precision, runs after them, between two more rounds of passes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch

from gristmill.corpus.report import Silent
from gristmill.learning.adapters import Encoded, Trainee, faster_precision
from gristmill.learning.examples import Example, Kind
from gristmill.learning.training import batch_of, train
from gristmill.models.catalog import generator_weights
from gristmill.models.gguf import GgufFile
from gristmill.settings import GeneratorSettings, TuningSettings

_PASSAGE = "The gift register is kept by the person whom the board names each spring, and may be read by anybody. "


def examples(count: int) -> list[Example]:
    """Return chats as long as those of answering: about 250 tokens, of which a dozen are learnt."""
    return [
        Example(
            Kind.ANSWER,
            f"<|im_start|>system\nCopy the words of the passages.<|im_end|>\n<|im_start|>user\n"
            f"{_PASSAGE * (7 + n % 4)}\nQuestion: who keeps register {n}?<|im_end|>\n<|im_start|>assistant\n",
            "The person whom the board names each spring keeps it.", f"who keeps register {n}?", "made",
        )
        for n in range(count)
    ]  # fmt: skip


def alone(trainee: Trainee, batch: Sequence[Encoded]) -> float:
    """Return tokens per second of the model's own passes over a batch."""
    width = max(len(each.ids) for each in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    for row, each in enumerate(batch):
        ids[row, : len(each.ids)] = torch.tensor(each.ids)
    since = time.perf_counter()
    trainee.model(input_ids=ids, labels=ids).loss.backward()
    took = time.perf_counter() - since
    for parameter in trainee.trained.values():
        parameter.grad = None
    return sum(len(each.ids) for each in batch) / took


def ours(trainee: Trainee, learnt: Sequence[Encoded], settings: TuningSettings) -> tuple[list[float], list[float]]:
    """Return tokens per second of passes alone and of our steps, in turns."""
    passes: list[float] = []
    batches = [[learnt[row] for row in batch_of([len(e.ids) for e in learnt], settings.batch, settings.seed, step)]
               for step in range(settings.steps)]  # fmt: skip

    class Turns(Silent):
        """Runs the model's own passes on the batch of the step that was just made."""

        def advance(self, steps: int = 1) -> None:
            """Take the turn of the passes."""
            if steps and len(passes) < len(batches):
                passes.append(alone(trainee, batches[len(passes)]))

    with TemporaryDirectory() as folder:
        trained = train(trainee, learnt, [], settings, Path(folder) / "checkpoint.safetensors", Turns())
    return passes, [point.tokens_per_second for point in trained.points]


def theirs(base: GgufFile, trainee: Trainee, made: Sequence[Example], settings: TuningSettings) -> float:
    """Return tokens per second of TRL's trainer, with a model of its own."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PreTrainedTokenizerFast
    from trl import SFTConfig, SFTTrainer

    from gristmill.models.trainable import torch_model

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trainee.tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    rows = Dataset.from_list([{"prompt": each.prompt, "completion": each.completion} for each in made])
    bf16 = trainee.precision == "bfloat16"
    with TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder, max_steps=settings.steps, per_device_train_batch_size=settings.batch, use_cpu=True,
            bf16=bf16, report_to=[], save_strategy="no", disable_tqdm=True, logging_steps=1,
        )  # fmt: skip
        model = torch_model(base, base.weights(), trainee.precision)
        trainer: Any = SFTTrainer(
            model, config, train_dataset=rows, processing_class=tokenizer,
            peft_config=LoraConfig(r=settings.rank, lora_alpha=settings.rank * 2, target_modules="all-linear"),
        )  # fmt: skip
        since = time.perf_counter()
        trainer.train()
        took = time.perf_counter() - since
    seen = float(trainer.state.log_history[-2].get("num_tokens", 0))
    return (seen or sum(len(trainee.encode(each).ids) for each in made)) / took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--trl", action="store_true", help="run TRL's trainer, too")
    parser.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    given = parser.parse_args()
    base = GgufFile(generator_weights(GeneratorSettings()).file)
    shape = base.shape
    precision = faster_precision(given.precision, shape.hidden_size, shape.intermediate_size)
    settings = TuningSettings(steps=given.steps, checkpoint_every=10_000)
    made = examples(settings.steps * settings.batch)
    trainee = Trainee(base, base.weights(), settings.rank, settings.scale, precision, settings.seed)
    learnt = [trainee.encode(each) for each in made]
    passes, steps = ours(trainee, learnt, settings)
    ratios = sorted(step / alone_ for step, alone_ in zip(steps, passes, strict=True))
    print(f"precision {precision}, {len(passes)} pairs")
    print(f"passes alone  {median(passes):8.1f} tokens/s")
    print(f"our steps     {median(steps):8.1f} tokens/s, {median(ratios):.2f} of them")
    print(f"pairs from {ratios[0]:.2f} to {ratios[-1]:.2f}")
    if given.trl:
        before = median(alone(trainee, learnt[: settings.batch]) for _ in range(2))
        found = theirs(base, trainee, made, settings)
        after = median(alone(trainee, learnt[: settings.batch]) for _ in range(2))
        print(f"TRL           {found:8.1f} tokens/s, {2 * found / (before + after):.2f} of passes around it")


if __name__ == "__main__":
    main()
