"""What a training will take, told before it starts: memory, time, and operations.

Memory and operations follow from the model's sizes; time from one measured step. What was really used is told by the
run itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gristmill.errors import ModelError
from gristmill.learning.adapters import Encoded
from gristmill.models.gguf import Shape

# Bytes of a trained number: itself, its gradient, and Adam's two moments, all float32.
_TRAINED_BYTES = 16
# States that a layer keeps for the way back, in multiples of the model's width; measured, rounded up.
_STATES_PER_LAYER = 34
_LIBRARIES = 600_000_000
_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class Estimate:
    """What a training is expected to take."""

    examples: int
    steps: int
    tokens: int  # read in all steps, padding aside
    precision: str
    memory_bytes: int
    memory_available: int
    seconds: float
    flops: float
    trained_parameters: int

    def as_json(self) -> dict[str, Any]:
        """Return the parts that interfaces print."""
        return asdict(self)

    def require_memory(self) -> None:
        """Stop before the machine does.

        Raises:
            ModelError: there is not enough memory.
        """
        if self.memory_bytes > self.memory_available:
            raise ModelError(
                f"Training takes about {self.memory_bytes / 1e9:.1f} GB; {self.memory_available / 1e9:.1f} are free.",
                "Lower 'batch' or 'max_tokens' below [tuning], or set precision = \"bfloat16\".",
            )


def memory_of(shape: Shape, trained: int, precision: str, batch: int, longest: int) -> int:
    """Return the bytes at the peak of a step.

    The weights are there twice: as they are trained, and in float32 as they are merged with.

    Args:
        shape: of the model.
        trained: parameters that are trained.
        precision: of the frozen weights.
        batch: examples per step.
        longest: tokens of the longest example.
    """
    frozen = shape.parameters * (_BYTES[precision] + _BYTES["float32"])
    states = batch * longest * shape.hidden_size * _STATES_PER_LAYER * shape.num_hidden_layers * _BYTES[precision]
    scores = batch * longest * longest * shape.num_attention_heads * _BYTES["float32"]
    return frozen + trained * _TRAINED_BYTES + states + scores + _LIBRARIES


def flops_of_step(shape: Shape, trained: int, batch: Sequence[Encoded]) -> float:
    """Return the operations of a step (Kaplan et al. 2020): 2 per weight and token forward, 2 back to the states.

    Frozen weights need no gradient of their own; trained ones take 2 more. The output layer works at the completion's
    tokens alone.
    """
    tokens, learnt = sum(len(each.ids) for each in batch), sum(each.completion for each in batch)
    output = shape.vocab_size * shape.hidden_size
    layers = shape.parameters - output
    attention = sum(len(each.ids) ** 2 for each in batch) * 4 * shape.hidden_size * shape.num_hidden_layers
    return 4.0 * layers * tokens + 6.0 * trained * tokens + 4.0 * output * learnt + 2.0 * attention
