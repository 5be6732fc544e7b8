"""A tiny encoder with random weights and the packaged vocabulary, and a small corpus: trained in seconds."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

from gristmill.fingerprint import file_hash
from gristmill.models.catalog import encoder_weights
from gristmill.settings import EncoderSettings

_THINGS = ("sluice", "bearing", "turbine", "weir", "stone", "belt", "pump", "filter", "gate", "rack", "meter", "valve")
_DEEDS = ("opens", "is oiled", "is replaced", "turns", "is locked", "leaks", "is cleaned", "is measured", "vibrates")
_WHEN = ("at dawn", "every spring", "after a flood", "by two people", "twice a year", "before the audit", "at night")


def tiny_encoder(folder: Path) -> EncoderSettings:
    """Write a sentence-transformers folder of a two-layer model and return the settings that name it."""
    import torch
    from transformers import BertConfig, BertModel

    packaged = encoder_weights(EncoderSettings()).file.parent
    torch.manual_seed(1)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(config).save_pretrained(folder, safe_serialization=True)
    for name in ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer.json",
                 "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):  # fmt: skip
        shutil.copy(packaged / name, folder / name)
    (folder / "1_Pooling").mkdir()
    pooling = json.loads((packaged / "1_Pooling" / "config.json").read_text()) | {"word_embedding_dimension": 32}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return EncoderSettings(name="tiny", path=folder, sha256=file_hash(folder / "model.safetensors"))


def small_corpus(folder: Path, documents: int = 40) -> Path:
    """Write documents about a mill in BEIR's format and return the folder."""
    draw = random.Random(4)

    def sentence() -> str:
        return (
            f"The {draw.choice(_THINGS)} beside the {draw.choice(_THINGS)} {draw.choice(_DEEDS)} {draw.choice(_WHEN)}."
        )

    folder.mkdir(parents=True)
    lines = [
        {
            "_id": str(n),
            "title": f"Notes on the {draw.choice(_THINGS)} {n}",
            "text": " ".join(sentence() for _ in range(6)),
        }
        for n in range(documents)
    ]
    (folder / "corpus.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return folder
