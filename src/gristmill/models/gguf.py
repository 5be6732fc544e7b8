"""Reads the weights of a GGUF file as arrays and writes changed ones into a file of the same kind, full or quantised.

Names and the order of rows are translated between transformers and llama.cpp here; metadata and tokenizer are copied
from the file that was read. What changes the weights, and what runs them, does not belong here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.errors import ModelError, StorageError
from gristmill.fingerprint import file_hash
from gristmill.models.gguf_format import Contents, read_gguf

Weights = Mapping[str, NDArray[np.float32]]

_ARCHITECTURE = "llama"
_BLOCK = 32  # numbers that share a scale in Q8_0 and Q4_1
_COMPUTED = {"general.architecture", "general.file_type", "general.quantization_version"}
_LAYER = (
    "input_layernorm", "post_attention_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
    "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
)  # fmt: skip
_OUTSIDE = ("model.embed_tokens", "model.norm", "lm_head")


class Quantisation(str, Enum):
    """How the matrices of a file are stored; vectors are always float32."""

    F16 = "f16"
    Q8 = "q8_0"
    Q4 = "q4_1"  # with the embedding in Q8_0, as the packaged generator has it

    __str__ = str.__str__


# LlamaFileType of the GGUF specification.
_FILE_TYPE = {Quantisation.F16: 1, Quantisation.Q8: 7, Quantisation.Q4: 3}


@dataclass(frozen=True)
class Shape:
    """The sizes of a Llama model, as transformers names them."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    rope_theta: float
    max_position_embeddings: int

    @property
    def parameters(self) -> int:
        """Numbers in the model, when input and output share one embedding."""
        width, heads = self.hidden_size, self.num_attention_heads + self.num_key_value_heads
        layer = 2 * width * heads * self.head_dim + 3 * width * self.intermediate_size + 2 * width
        return self.vocab_size * width + self.num_hidden_layers * layer + width


@dataclass(frozen=True)
class Written:
    """A GGUF file that was written."""

    file: Path
    quantisation: Quantisation
    bytes: int
    sha256: str


class GgufFile:
    """A GGUF file of the Llama architecture, opened for reading.

    Raises:
        ModelError: it is not a GGUF file, or holds another kind of model.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        kind = self.value("general.architecture")
        if kind != _ARCHITECTURE:
            raise ModelError(f"{file} holds a '{kind}' model; only '{_ARCHITECTURE}' models can be tuned.", _OTHER)

    @cached_property
    def shape(self) -> Shape:
        """The sizes of the model."""
        heads = int(self.value("llama.attention.head_count"))
        width = int(self.value("llama.embedding_length"))
        return Shape(
            vocab_size=len(self.value("tokenizer.ggml.tokens")),
            hidden_size=width,
            intermediate_size=int(self.value("llama.feed_forward_length")),
            num_hidden_layers=int(self.value("llama.block_count")),
            num_attention_heads=heads,
            num_key_value_heads=int(self.value("llama.attention.head_count_kv", heads)),
            head_dim=int(self.value("llama.attention.key_length", width // heads)),
            rms_norm_eps=float(self.value("llama.attention.layer_norm_rms_epsilon")),
            rope_theta=float(self.value("llama.rope.freq_base", 10_000.0)),
            max_position_embeddings=int(self.value("llama.context_length")),
        )

    def value(self, key: str, default: Any = None) -> Any:
        """Return a value of the metadata.

        Raises:
            ModelError: there is none, and no default.
        """
        field = self._contents.fields.get(key)
        if field is None and default is None:
            raise ModelError(f"{self.file} has no '{key}'.", _OTHER)
        return default if field is None else field.value

    def weights(self) -> Weights:
        """Return all weights by their transformers names, dequantised, rows in transformers' order.

        Raises:
            ModelError: the file holds a tensor that this code does not know: the model would not be the same.
        """
        from gguf import GGMLQuantizationType, dequantize

        names = {ours: theirs for theirs, ours in self._names.items()}
        read: dict[str, NDArray[np.float32]] = {}
        for tensor in self._contents.tensors:
            if tensor.name not in names:
                raise ModelError(f"{self.file} holds '{tensor.name}', which cannot be tuned around.", _OTHER)
            name = names[tensor.name]
            numbers = np.array(dequantize(tensor.data, GGMLQuantizationType(tensor.kind)), dtype=np.float32)
            read[name] = _to_transformers(numbers, heads) if (heads := self._heads(name)) else numbers
        return read

    def write(self, weights: Weights, target: Path, quantisation: Quantisation) -> Written:
        """Write weights with this file's metadata and tokenizer to `target`; killed on the way, there is no `target`.

        Raises:
            StorageError: it cannot be written.
        """
        from gguf import GGUFWriter

        staging = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            writer = GGUFWriter(staging, _ARCHITECTURE)
            self._copy_metadata(writer)
            writer.add_file_type(_FILE_TYPE[quantisation])
            writer.add_quantization_version(2)
            for name, numbers in weights.items():
                heads = self._heads(name)
                self._add(writer, name, _to_llama_cpp(numbers, heads) if heads else numbers, quantisation)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            with staging.open("rb") as stream:
                os.fsync(stream.fileno())
            staging.replace(target)
        except OSError as error:
            raise StorageError(f"{target} cannot be written: {error}.", "Free space, and run again.") from error
        finally:
            staging.unlink(missing_ok=True)
        return Written(target, quantisation, target.stat().st_size, file_hash(target))

    def _add(self, writer: Any, name: str, numbers: NDArray[np.float32], quantisation: Quantisation) -> None:
        from gguf import quantize

        kind = _stored_as(name, numbers, quantisation)
        writer.add_tensor(self._names[name], quantize(numbers, kind), raw_dtype=kind)

    def _copy_metadata(self, writer: Any) -> None:
        from gguf import GGUFValueType

        for key, field in self._contents.fields.items():
            if key not in _COMPUTED:
                inner = None if field.inner is None else GGUFValueType(field.inner)
                writer.add_key_value(key, field.value, GGUFValueType(field.kind), sub_type=inner)

    def _heads(self, name: str) -> int:
        if ".self_attn.q_proj" in name:
            return self.shape.num_attention_heads
        return self.shape.num_key_value_heads if ".self_attn.k_proj" in name else 0

    @cached_property
    def _names(self) -> dict[str, str]:
        from gguf import MODEL_ARCH, get_tensor_name_map

        known = get_tensor_name_map(MODEL_ARCH.LLAMA, self.shape.num_hidden_layers)
        found = {f"{name}.weight": known.get_name(name) for name in _module_names(self.shape.num_hidden_layers)}
        return {theirs: f"{ours}.weight" for theirs, ours in found.items() if ours}

    @cached_property
    def _contents(self) -> Contents:
        try:
            return read_gguf(self.file)
        except (OSError, ValueError) as error:
            raise ModelError(f"{self.file} is not a GGUF file: {error}.", _OTHER) from error


_OTHER = "Name a GGUF file of a Llama model, such as SmolLM2, below [generator]."


def _module_names(layers: int) -> Iterator[str]:
    yield from _OUTSIDE
    for layer in range(layers):
        yield from (f"model.layers.{layer}.{part}" for part in _LAYER)


def _stored_as(name: str, numbers: NDArray[np.float32], quantisation: Quantisation) -> Any:
    from gguf import GGMLQuantizationType as Kind

    if numbers.ndim < 2:
        return Kind.F32
    if quantisation is Quantisation.F16 or numbers.shape[-1] % _BLOCK:
        return Kind.F16
    # The embedding is also the output: its rounding is seen in every token.
    coarse = quantisation is Quantisation.Q4 and not name.startswith(_OUTSIDE)
    return Kind.Q4_1 if coarse else Kind.Q8_0


def _to_llama_cpp(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorder the rows of each head from halves, as transformers rotates them, to pairs, as llama.cpp does."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def _to_transformers(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)
