"""A generator as torch and the tokenizers library have it, made from its GGUF file, to train it or measure its loss.

transformers reads the same file in two minutes here; this takes seconds, because it reads it once. How it is trained
does not belong here.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from gristmill.errors import ModelError
from gristmill.models.gguf import GgufFile, Weights

END_OF_TURN = "<|im_end|>"
_CONTROL, _USER_DEFINED = 3, 4  # token types of the GGUF specification
# How the text is cut before pairs are merged, by the name that llama.cpp gives it.
_CUTS = {"smollm": True, "gpt-2": False, "default": False}


def torch_model(file: GgufFile, weights: Weights, dtype: str = "float32") -> Any:
    """Return a `LlamaForCausalLM` with these weights, in evaluation mode.

    Args:
        file: says the sizes.
        weights: by their transformers names.
        dtype: of torch.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    sizes = asdict(file.shape)
    theta = sizes.pop("rope_theta")
    tied = "lm_head.weight" not in weights
    rope = {"rope_type": "default", "rope_theta": theta}
    config = LlamaConfig(**sizes, rope_parameters=rope, tie_word_embeddings=tied, use_cache=False)
    config._attn_implementation = "sdpa"
    # Without memory at first: random numbers for all weights would cost more than reading the real ones.
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    read = {name: torch.from_numpy(numbers).to(getattr(torch, dtype)) for name, numbers in weights.items()}
    missing, strange = model.load_state_dict(read, strict=False, assign=True)
    if strange or set(missing) - ({"lm_head.weight"} if tied else set()):
        raise ModelError(f"{file.file} lacks {sorted(missing)[:3]}.", "Use a whole GGUF file of a Llama model.")
    if tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    model.model.rotary_emb = LlamaRotaryEmbedding(config)
    return model.requires_grad_(requires_grad=False).eval()


def tokenizer_of(file: GgufFile) -> Tokenizer:
    """Return the tokenizer that a GGUF file holds.

    Raises:
        ModelError: it is of a kind that is not known here.
    """
    kind, cut = file.value("tokenizer.ggml.model"), file.value("tokenizer.ggml.pre", "default")
    if kind != "gpt2" or cut not in _CUTS:
        raise ModelError(f"{file.file} has a tokenizer '{kind}/{cut}' that is not known.", "Use a SmolLM2 model.")
    tokens, kinds = file.value("tokenizer.ggml.tokens"), file.value("tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ", 1)) for merge in file.value("tokenizer.ggml.merges", [])]
    tokenizer = Tokenizer(BPE({token: number for number, token in enumerate(tokens)}, merges))
    digits = [pre_tokenizers.Split(Regex(r"\p{N}"), "isolated")] if _CUTS[cut] else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    marked = [t for t, k in zip(tokens, kinds, strict=True) if k in {_CONTROL, _USER_DEFINED}]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in marked])
    return tokenizer
