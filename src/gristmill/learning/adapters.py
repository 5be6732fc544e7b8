"""The model while it is trained: frozen weights, LoRA matrices beside them, and the loss of a batch.

The loss is computed at the completion's tokens alone, so the widest product of a small model, hidden states times
vocabulary, is done for a tenth of the tokens. When to step and what to keep is decided in `training.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from gristmill.errors import ModelError
from gristmill.learning.examples import Example
from gristmill.models.gguf import GgufFile, Weights
from gristmill.models.lora import Adapter
from gristmill.models.trainable import END_OF_TURN, tokenizer_of, torch_model

_PROBE_TOKENS = 256
_PROBES = 3


@dataclass(frozen=True)
class Encoded:
    """An example as tokens: the prompt, then the completion with the end of the turn."""

    ids: tuple[int, ...]
    prompt: int  # tokens of the prompt

    @property
    def completion(self) -> int:
        """Tokens that are learnt."""
        return len(self.ids) - self.prompt


class Trainee:
    """A model with LoRA matrices on all its linear layers.

    Only those matrices are trained, in float32; the frozen weights have the precision that is faster here.
    """

    def __init__(self, base: GgufFile, weights: Weights, rank: int, scale: float, precision: str, seed: int) -> None:
        import torch
        from peft import LoraConfig, inject_adapter_in_model

        torch.manual_seed(seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer: Tokenizer = tokenizer_of(base)
        self.precision = precision
        end = self.tokenizer.token_to_id(END_OF_TURN)
        if end is None:
            raise ModelError(f"{base.file} knows no '{END_OF_TURN}'.", "Use a model that was made for ChatML.")
        self.end: int = end
        config = LoraConfig(r=rank, lora_alpha=rank * scale, lora_dropout=0.0, target_modules="all-linear",
                            task_type="CAUSAL_LM")  # fmt: skip
        self.model = inject_adapter_in_model(config, torch_model(base, weights, precision)).to(self.device)
        self.trained: dict[str, Any] = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        for parameter in self.trained.values():
            parameter.data = parameter.data.float()

    def encode(self, example: Example) -> Encoded:
        """Return an example as tokens."""
        prompt = self.tokenizer.encode(example.prompt).ids
        return Encoded((*prompt, *self.tokenizer.encode(example.completion).ids, self.end), len(prompt))

    def loss(self, batch: Sequence[Encoded]) -> Any:
        """Return the mean loss over the completion tokens of a batch, in nats, as a torch scalar."""
        import torch

        logits, said, _ = self._completions(batch)
        return torch.nn.functional.cross_entropy(logits, said)

    def log_likelihoods(self, batch: Sequence[Encoded]) -> Any:
        """Return log p of each completion of a batch, summed over its tokens, in nats, as a torch vector."""
        import torch

        logits, said, rows = self._completions(batch)
        each = -torch.nn.functional.cross_entropy(logits, said, reduction="none")
        return torch.zeros(len(batch), device=each.device).index_add(0, rows, each)

    def _completions(self, batch: Sequence[Encoded]) -> tuple[Any, Any, Any]:
        """Return of all completion tokens of a batch: scores over the vocabulary, the token, and its row."""
        import torch

        width = max(len(each.ids) for each in batch)
        ids = torch.full((len(batch), width), self.end)
        mask = torch.zeros_like(ids)
        learnt = torch.zeros_like(ids, dtype=torch.bool)
        for row, each in enumerate(batch):
            ids[row, : len(each.ids)] = torch.tensor(each.ids)
            mask[row, : len(each.ids)] = 1
            learnt[row, each.prompt - 1 : len(each.ids) - 1] = True  # a token is said by the state before it
        ids, mask, learnt = ids.to(self.device), mask.to(self.device), learnt.to(self.device)
        states = self.model.model(input_ids=ids, attention_mask=mask).last_hidden_state[learnt]
        return self.model.lm_head(states).float(), ids.roll(-1, 1)[learnt], learnt.nonzero()[:, 0]

    def mean_loss(self, examples: Sequence[Encoded], batch: int) -> float:
        """Return the mean loss over all completion tokens of examples, without learning from them."""
        import torch

        ordered = sorted(examples, key=lambda each: len(each.ids))
        total = tokens = 0.0
        with torch.inference_mode():
            for at in range(0, len(ordered), batch):
                part = ordered[at : at + batch]
                count = sum(each.completion for each in part)
                total, tokens = total + float(self.loss(part)) * count, tokens + count
        return total / tokens if tokens else 0.0

    def adapter(self) -> dict[str, NDArray[np.float32]]:
        """Return a copy of what was learnt so far."""
        return {name: p.detach().cpu().numpy().copy() for name, p in self.trained.items()}

    def take(self, adapter: Adapter) -> None:
        """Put what was learnt before in place."""
        import torch

        for name, parameter in self.trained.items():
            parameter.data.copy_(torch.from_numpy(np.ascontiguousarray(adapter[name])))


def faster_precision(wanted: str, width: int, inner: int) -> str:
    """Return the precision to keep frozen weights in: the wanted one, or for `auto` the faster one, measured here.

    Args:
        wanted: `float32`, `bfloat16` or `auto`.
        width: of the model's states.
        inner: width between the two products of a layer.
    """
    if wanted != "auto":
        return wanted
    took = {name: _probe(name, width, inner) for name in ("float32", "bfloat16")}
    return min(took, key=lambda name: took[name])


def _probe(precision: str, width: int, inner: int) -> float:
    """Return seconds of the products of one layer, forward and back to its input: the best of a few."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = getattr(torch, precision)
    up = torch.randn(inner, width, dtype=kind, device=device)
    down = torch.randn(width, inner, dtype=kind, device=device)
    took = []
    for _ in range(_PROBES + 1):
        states = torch.randn(_PROBE_TOKENS, width, dtype=kind, device=device, requires_grad=True)
        since = time.perf_counter()
        ((states @ up.T) @ down.T).float().sum().backward()  # type: ignore[no-untyped-call]
        took.append(time.perf_counter() - since)
    return min(took[1:])


def available_memory() -> int:
    """Return the bytes that a process may still take."""
    try:
        with open("/proc/meminfo") as lines:
            found = dict(line.split(":", 1) for line in lines)
        return int(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
