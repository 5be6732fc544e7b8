"""A Llama of random weights, small enough to train in a test, as a GGUF file with a tokenizer of bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import pre_tokenizers

from gristmill.fingerprint import file_hash
from gristmill.learning.examples import Example, Kind, Source
from gristmill.learning.generator_tuning import Base

WIDTH, INNER, LAYERS, HEADS, KEY_HEADS = 64, 96, 2, 4, 2
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
COLOURS = ["red", "blue", "green", "white"]


def tiny_gguf(file: Path, architecture: str = "llama") -> Path:
    """Write the file and return it. It is written with the `gguf` package alone, as others write theirs."""
    from gguf import GGUFWriter

    tokens = [*CONTROL, *sorted(pre_tokenizers.ByteLevel.alphabet()), "th", "er"]
    writer = GGUFWriter(file, architecture)
    writer.add_name("Tiny")
    writer.add_vocab_size(len(tokens))
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(CONTROL) + [1] * (len(tokens) - len(CONTROL)))
    writer.add_token_merges(["t h", "e r"])
    for name, shape in _tensors(len(tokens)).items():
        draw = np.random.default_rng(len(name) + sum(map(ord, name)))
        numbers = draw.normal(0, 0.08, shape) if len(shape) > 1 else np.ones(shape)
        writer.add_tensor(name, numbers.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def tiny_base(folder: Path) -> Base:
    """Return the model that tests tune."""
    file = tiny_gguf(folder / "tiny.gguf")
    return Base("tiny", file, file_hash(file))


def lessons(count: int = 24, *, pairs: bool = False) -> list[Example]:
    """Return examples that are easy to learn: each asks for a colour and gets it; of `pairs`, another was said."""
    return [
        Example(
            Kind.ANSWER, f"<|im_start|>user\nDoor {number}?<|im_end|>\n<|im_start|>assistant\n",
            f"It is {COLOURS[number % 4]}.", f"Door {number}?", "golden", f"q{number}", f"c{number}",
            (Source("doors.md", "v1", f"k{number}", "It is red."),), 0.9, "r-1",
            f"It is {COLOURS[(number + 1) % 4]}." if pairs else "",
        )
        for number in range(count)
    ]  # fmt: skip


def _tensors(vocabulary: int) -> dict[str, tuple[int, ...]]:
    head = WIDTH // HEADS
    layer = {
        "attn_norm": (WIDTH,), "ffn_norm": (WIDTH,), "attn_q": (HEADS * head, WIDTH),
        "attn_k": (KEY_HEADS * head, WIDTH),
        "attn_v": (KEY_HEADS * head, WIDTH), "attn_output": (WIDTH, HEADS * head), "ffn_gate": (INNER, WIDTH),
        "ffn_up": (INNER, WIDTH), "ffn_down": (WIDTH, INNER),
    }  # fmt: skip
    inside = {f"blk.{n}.{name}.weight": shape for n in range(LAYERS) for name, shape in layer.items()}
    return {"token_embd.weight": (vocabulary, WIDTH), "output_norm.weight": (WIDTH,), **inside}
