"""An encoder of the BERT family as an OpenVINO graph, built straight from its safetensors file.

Nothing is converted, traced or stored: reading the weights and compiling takes under a second, and neither torch nor
transformers is loaded. The graph ends in the mean over a text's own tokens at unit length, as the one on torch does.
Source: Devlin et al. 2019; the operators are OpenVINO's opset 13.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_NEVER = -1e30  # what a padded place is worth when attention is shared out; bfloat16 and float32 can both say it


@dataclass(frozen=True)
class Shape:
    """What a graph is built by, from the model's `config.json`."""

    layers: int
    heads: int
    width: int
    smallest: float  # added to a variance, so that nothing is divided by zero


def shape_of(folder: Path) -> Shape | None:
    """Return the shape of an encoder that can be built here; None for any other kind."""
    try:
        config = json.loads((folder / "config.json").read_text())
        known = config["model_type"] == "bert" and config["hidden_act"] == "gelu"
        if not known or config.get("position_embedding_type", "absolute") != "absolute":
            return None
        return Shape(
            int(config["num_hidden_layers"]), int(config["num_attention_heads"]), int(config["hidden_size"]),
            float(config["layer_norm_eps"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError):
        return None


def build_graph(weights: Path, shape: Shape) -> Any:
    """Return the graph of a safetensors file: from token ids (int64) and mask (float32) to unit vectors.

    Both inputs have the shape (texts, tokens).
    """
    return _Builder(weights, shape).graph()


class _Builder:
    def __init__(self, weights: Path, shape: Shape) -> None:
        from openvino import opset13
        from safetensors.numpy import load_file

        self._op: Any = opset13
        self._shape = shape
        self._weights = load_file(str(weights))
        prefixed = "embeddings.word_embeddings.weight" not in self._weights
        self._prefix = "bert." if prefixed else ""

    def graph(self) -> Any:
        from openvino import Model

        op = self._op
        ids = op.parameter([-1, -1], np.int64, name="ids")
        mask = op.parameter([-1, -1], np.float32, name="mask")
        states = self._embedded(ids)
        # Exactly 0 at a text's own tokens, a huge negative number at padding; shape (texts, 1, 1, tokens). Chosen and
        # not computed: a product of the mask, fused and rounded to bfloat16, leaves more than attention is worth.
        own = op.greater(op.unsqueeze(mask, _ints(op, [1, 2])), _float(op, 0))
        bias = op.select(own, _float(op, 0), _float(op, _NEVER))
        for layer in range(self._shape.layers):
            states = self._layer(states, bias, f"encoder.layer.{layer}.")
        return Model([self._pooled(states, mask)], [ids, mask], "encoder")

    def _embedded(self, ids: Any) -> Any:
        op, zero, one = self._op, _int(self._op, 0), _int(self._op, 1)
        tokens = op.gather(self._weight("embeddings.word_embeddings.weight"), ids, zero)
        places = op.range(zero, op.gather(op.shape_of(ids), one, zero), one, "i64")
        positions = op.gather(self._weight("embeddings.position_embeddings.weight"), places, zero)
        kind = op.gather(self._weight("embeddings.token_type_embeddings.weight"), zero, zero)
        return self._normed(op.add(tokens, op.add(positions, kind)), "embeddings.LayerNorm")

    def _layer(self, states: Any, bias: Any, name: str) -> Any:
        op = self._op
        asked, held, given = (
            self._split(self._linear(states, f"{name}attention.self.{part}")) for part in ("query", "key", "value")
        )
        mixed = self._joined(op.scaled_dot_product_attention(asked, held, given, bias))
        attended = self._linear(mixed, f"{name}attention.output.dense")
        states = self._normed(op.add(states, attended), f"{name}attention.output.LayerNorm")
        inner = op.gelu(self._linear(states, f"{name}intermediate.dense"), "erf")
        return self._normed(op.add(states, self._linear(inner, f"{name}output.dense")), f"{name}output.LayerNorm")

    def _pooled(self, states: Any, mask: Any) -> Any:
        op, over_tokens = self._op, _ints(self._op, [1])
        weight = op.unsqueeze(mask, _ints(op, [2]))
        total = op.reduce_sum(op.multiply(states, weight), over_tokens)
        means = op.divide(total, op.reduce_sum(weight, over_tokens))
        return op.normalize_l2(means, over_tokens, 1e-12, "max")

    def _linear(self, states: Any, name: str) -> Any:
        product = self._op.matmul(states, self._weight(f"{name}.weight"), False, True)
        return self._op.add(product, self._weight(f"{name}.bias"))

    def _normed(self, states: Any, name: str) -> Any:
        op = self._op
        plain = op.mvn(states, _ints(op, [-1]), True, self._shape.smallest, "inside_sqrt")
        return op.add(op.multiply(plain, self._weight(f"{name}.weight")), self._weight(f"{name}.bias"))

    def _split(self, states: Any) -> Any:
        """Return (texts, tokens, width) as (texts, heads, tokens, width of a head)."""
        op, heads = self._op, self._shape.heads
        parts = op.reshape(states, _ints(op, [0, 0, heads, self._shape.width // heads]), True)
        return op.transpose(parts, _ints(op, [0, 2, 1, 3]))

    def _joined(self, states: Any) -> Any:
        op = self._op
        swapped = op.transpose(states, _ints(op, [0, 2, 1, 3]))
        return op.reshape(swapped, _ints(op, [0, 0, self._shape.width]), True)

    def _weight(self, name: str) -> Any:
        held = np.ascontiguousarray(self._weights[f"{self._prefix}{name}"], dtype=np.float32)
        return self._op.constant(held, shared_memory=True)  # the graph keeps the array alive


def _int(op: Any, value: int) -> Any:
    return op.constant(np.int64(value))


def _ints(op: Any, values: list[int]) -> Any:
    return op.constant(np.array(values, dtype=np.int64))


def _float(op: Any, value: float) -> Any:
    return op.constant(np.float32(value))
