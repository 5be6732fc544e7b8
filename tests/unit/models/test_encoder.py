"""The real encoder, with its real weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from gristmill.errors import ModelError
from gristmill.fingerprint import text_hash
from gristmill.models.backends import OpenVinoBackend, TorchBackend, choose_backend
from gristmill.models.encoder import TransformerEncoder
from gristmill.settings import EncoderSettings
from tests.fakes import packaged_tokenizer
from tests.workspaces import write

pytestmark = pytest.mark.slow

TEXTS = ["The wheel turns by day.", "Das Mühlrad dreht sich.", "x", "", "Oil the bearing, then close the cover. " * 40]


@pytest.fixture(scope="module")
def encoder() -> TransformerEncoder:
    return TransformerEncoder(EncoderSettings())


def test_vectors_have_unit_length_and_come_in_the_order_of_the_texts(encoder: TransformerEncoder) -> None:
    together = encoder.encode(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-3)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(np.einsum("ij,ij->i", together, alone), 1, atol=1e-3)


def test_texts_of_one_meaning_are_nearer_than_others(encoder: TransformerEncoder) -> None:
    question, answer, other = encoder.encode(
        ["How many days of leave are there?", "Each year has thirty vacation days.", "Oil the bearing."]
    )
    assert question @ answer > question @ other + 0.2


def test_what_is_beyond_the_window_is_not_read(encoder: TransformerEncoder) -> None:
    head = "oil " * 254
    one, other = encoder.encode([f"{head} wheel", f"{head} sluice gate in spring"])
    np.testing.assert_allclose(one @ other, 1, atol=1e-4)
    assert encoder.window == 256


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_bfloat16_and_float32_agree(backend: Literal["torch", "openvino"]) -> None:
    exact = TransformerEncoder(EncoderSettings(precision="float32"))
    short = TransformerEncoder(EncoderSettings(precision="bfloat16", backend=backend))
    cosines = np.einsum("ij,ij->i", exact.encode(TEXTS), short.encode(TEXTS))
    assert cosines.min() > 0.999
    assert exact.fingerprint != short.fingerprint


def test_openvino_and_torch_give_the_same_vectors_so_that_they_are_reused() -> None:
    one = TransformerEncoder(EncoderSettings(precision="float32", backend="openvino"))
    other = TransformerEncoder(EncoderSettings(precision="float32", backend="torch"))
    np.testing.assert_allclose(one.encode(TEXTS), other.encode(TEXTS), atol=1e-5)
    assert one.fingerprint == other.fingerprint
    assert one.dimensions == other.dimensions == 384


@pytest.mark.parametrize(
    ("flags", "precision", "backend"),
    [
        ("avx2", "float32", OpenVinoBackend),
        ("avx512f", "float32", OpenVinoBackend),
        ("avx512f avx512_bf16", "bfloat16", OpenVinoBackend),
        ("avx512f avx512_bf16 amx_bf16", "bfloat16", TorchBackend),
        (None, "float32", OpenVinoBackend),
    ],
)
def test_precision_and_what_runs_it_are_chosen_by_the_processor(
    flags: str | None, precision: str, backend: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "cpuinfo"
    if flags is not None:
        told.write_text(f"processor : 0\nflags : fpu {flags} sse\n")
    monkeypatch.setattr("gristmill.models.backends._FLAGS", told)
    chosen = choose_backend(TransformerEncoder(EncoderSettings()).weights.file, EncoderSettings())
    assert isinstance(chosen, backend)
    assert chosen.precision == precision


def test_openvino_is_chosen_by_itself_for_what_it_can_run(tmp_path: Path) -> None:
    packaged = TransformerEncoder(EncoderSettings()).weights.file
    assert isinstance(choose_backend(packaged, EncoderSettings(precision="float32")), OpenVinoBackend)
    other = write(tmp_path, {"config.json": '{"model_type": "mpnet"}'}) / "model.safetensors"
    assert isinstance(choose_backend(other, EncoderSettings(precision="float32")), TorchBackend)
    demanded = EncoderSettings(backend="openvino")
    with pytest.raises(ModelError, match="OpenVINO is not used"):
        choose_backend(other, demanded)


def test_encoding_on_openvino_loads_neither_torch_nor_transformers_and_works_in_several_threads() -> None:
    script = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from gristmill.models.encoder import TransformerEncoder
from gristmill.settings import EncoderSettings
encoder = TransformerEncoder(EncoderSettings(precision="float32"))
texts = [f"wheel number {n} turns" for n in range(16)]
alone = encoder.encode(texts)
with ThreadPoolExecutor(4) as pool:
    together = list(pool.map(lambda text: encoder.encode([text])[0], texts))
np.testing.assert_allclose(np.stack(together), alone, atol=1e-5)
assert not {"torch", "transformers"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells no memory")
def test_memory_does_not_grow_with_the_shapes_of_batches() -> None:
    script = """
from pathlib import Path
from gristmill.models.catalog import encoder_weights
from gristmill.models.backends import OpenVinoBackend
from gristmill.settings import EncoderSettings

def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024

backend = OpenVinoBackend(encoder_weights(EncoderSettings()).file, "float32")
shapes = [(texts, tokens) for tokens in range(3, 43) for texts in range(1, 17)]
for number, (texts, tokens) in enumerate(shapes):
    backend.forward([[101] + [2000] * (tokens - 2) + [102]] * texts)
    if number == 100:
        before = resident()
print(resident() - before)
"""
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert int(told.stdout) < 140, "MB"  # 80 here; without the limit 200, in bfloat16 350


def test_tokens_are_counted_without_truncation(encoder: TransformerEncoder) -> None:
    assert len(encoder.tokenizer.encode("oil " * 1_000).ids) == 1_002
    assert encoder.tokenizer.to_str() == packaged_tokenizer().to_str()


def test_the_hash_of_a_tokenizer_that_was_loaded_before_is_known_without_loading_it(tmp_path: Path) -> None:
    wanted, memory = text_hash(packaged_tokenizer().to_str()), tmp_path / "cache" / "verified.json"
    assert TransformerEncoder(EncoderSettings()).tokenizer_hash == wanted
    first = TransformerEncoder(EncoderSettings(), memory)
    assert first.tokenizer_hash == wanted
    assert "tokenizer" in vars(first)
    again = TransformerEncoder(EncoderSettings(), memory)
    assert again.tokenizer_hash == wanted
    assert "tokenizer" not in vars(again)


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"of another file 1": "wrong"}'])
def test_a_remembered_hash_that_is_damaged_or_of_another_tokenizer_is_made_again(tmp_path: Path, stored: str) -> None:
    (tmp_path / "tokenizer.json").write_text(stored)
    encoder = TransformerEncoder(EncoderSettings(), tmp_path / "verified.json")
    assert encoder.tokenizer_hash == text_hash(packaged_tokenizer().to_str())
    assert list(json.loads((tmp_path / "tokenizer.json").read_text()).values()) == [encoder.tokenizer_hash]


def test_a_hash_that_cannot_be_remembered_is_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").mkdir()
    encoder = TransformerEncoder(EncoderSettings(), tmp_path / "verified.json")
    assert encoder.tokenizer_hash == text_hash(packaged_tokenizer().to_str())


def test_counting_tokens_loads_neither_torch_nor_weights() -> None:
    script = """
import sys
from gristmill.models.encoder import TransformerEncoder
from gristmill.settings import EncoderSettings
encoder = TransformerEncoder(EncoderSettings())
encoder.fingerprint, encoder.tokenizer.encode("oil"), encoder.window
assert not {"torch", "transformers"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_weights_that_are_not_the_pinned_ones_are_never_run(tmp_path: Path) -> None:
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 256}')
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    encoder = TransformerEncoder(EncoderSettings(name="mine", path=tmp_path, sha256="0" * 64))
    (tmp_path / "tokenizer.json").write_text(packaged_tokenizer().to_str())
    with pytest.raises(ModelError, match="have SHA-256"):
        encoder.encode(["text"])
