"""GGUF files are read and written without changing what the model says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gristmill.errors import ModelError
from gristmill.models.gguf import GgufFile, Quantisation
from gristmill.models.gguf_format import read_gguf
from gristmill.models.trainable import tokenizer_of, torch_model
from tests.unit.learning.tiny import tiny_gguf


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> GgufFile:
    return GgufFile(tiny_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf"))


@pytest.mark.parametrize(("form", "most"), [(Quantisation.F16, 2e-4), (Quantisation.Q8, 2e-3), (Quantisation.Q4, 3e-2)])
def test_what_is_written_is_read_back_up_to_its_rounding(
    tiny: GgufFile, tmp_path: Path, form: Quantisation, most: float
) -> None:
    weights = tiny.weights()
    back = GgufFile(tiny.write(weights, tmp_path / "out.gguf", form).file).weights()
    assert back.keys() == weights.keys()
    assert max(float(np.abs(back[name] - weights[name]).max()) for name in weights) < most


def test_metadata_and_tokenizer_are_those_of_the_base(tiny: GgufFile, tmp_path: Path) -> None:
    written = tiny.write(tiny.weights(), tmp_path / "out.gguf", Quantisation.Q8)
    before, after = read_gguf(tiny.file).fields, read_gguf(written.file).fields
    ours = {"general.file_type", "general.quantization_version"}
    assert {n: f for n, f in after.items() if n not in ours} == {n: f for n, f in before.items() if n not in ours}


def test_the_package_reads_the_same_as_we_do(tiny: GgufFile) -> None:
    from gguf import GGUFReader

    theirs = {tensor.name: tensor for tensor in GGUFReader(tiny.file).tensors}
    ours = read_gguf(tiny.file).tensors
    assert {tensor.name for tensor in ours} == theirs.keys()
    for tensor in ours:
        np.testing.assert_array_equal(tensor.data.view(np.float32).ravel(), theirs[tensor.name].data.ravel())


def test_rows_of_queries_and_keys_change_places_as_llama_cpp_wants_them(tiny: GgufFile) -> None:
    stored = {tensor.name: tensor.data.view(np.float32) for tensor in read_gguf(tiny.file).tensors}
    read = tiny.weights()["model.layers.0.self_attn.q_proj.weight"]
    # Of a head of 16 rows, llama.cpp keeps those that rotate together side by side, transformers 8 rows apart.
    np.testing.assert_array_equal(read[1], stored["blk.0.attn_q.weight"][2])
    np.testing.assert_array_equal(read[8], stored["blk.0.attn_q.weight"][1])
    np.testing.assert_array_equal(read[16], stored["blk.0.attn_q.weight"][16])


def test_quantised_files_are_at_most_half_of_float32_and_q4_of_float16(tiny: GgufFile, tmp_path: Path) -> None:
    sizes = {form: tiny.write(tiny.weights(), tmp_path / form.value, form).bytes for form in Quantisation}
    assert sizes[Quantisation.Q4] < sizes[Quantisation.Q8] < sizes[Quantisation.F16]


def test_the_model_has_the_weights_and_one_embedding_for_both_ends(tiny: GgufFile) -> None:
    model = torch_model(tiny, tiny.weights())
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert not any(parameter.is_meta for parameter in (*model.parameters(), *model.buffers()))
    assert sum(parameter.numel() for parameter in model.parameters()) == tiny.shape.parameters


def test_the_tokenizer_keeps_marks_whole_and_digits_apart(tiny: GgufFile) -> None:
    tokenizer = tokenizer_of(tiny)
    assert tokenizer.encode("<|im_start|>12").tokens == ["<|im_start|>", "1", "2"]
    assert tokenizer.decode(tokenizer.encode("Grüße, 7 €").ids) == "Grüße, 7 €"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\x00\x00\x00" + b"\xff" * 64, b"not a model at all" * 9])
def test_a_damaged_file_is_told_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.gguf"):
        GgufFile(file)


def test_another_architecture_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'bert'"):
        GgufFile(tiny_gguf(tmp_path / "bert.gguf", "bert"))
