from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from gristmill.errors import ModelError
from gristmill.models.catalog import Weights, describe, encoder_weights, generator_weights
from gristmill.settings import EncoderSettings, GeneratorSettings


def weights(tmp_path: Path, content: bytes = b"weights") -> Weights:
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    return Weights("tiny", file, hashlib.sha256(b"weights").hexdigest(), 256)


def test_the_pinned_weights_pass(tmp_path: Path) -> None:
    weights(tmp_path).verify()


def test_other_weights_are_refused_with_both_hashes(tmp_path: Path) -> None:
    wrong = weights(tmp_path, b"something else")
    with pytest.raises(ModelError) as raised:
        wrong.verify()
    assert wrong.sha256 in raised.value.message
    assert hashlib.sha256(b"something else").hexdigest() in raised.value.message
    assert raised.value.remedy


def test_missing_weights_are_an_error_that_says_where_they_should_be(tmp_path: Path) -> None:
    missing = Weights("tiny", tmp_path / "model.safetensors", "0" * 64, 256)
    with pytest.raises(ModelError, match=str(tmp_path)):
        missing.verify()


def test_a_remembered_verification_spares_the_hashing_of_an_unchanged_file(tmp_path: Path) -> None:
    memory = tmp_path / "cache" / "verified.json"
    verified = weights(tmp_path)
    verified.verify(memory)
    before = verified.file.stat()
    verified.file.write_bytes(b"WEIGHTS")
    os.utime(verified.file, ns=(before.st_atime_ns, before.st_mtime_ns))
    verified.verify(memory)  # what only a hash could have told


def test_a_changed_file_is_verified_again(tmp_path: Path) -> None:
    memory = tmp_path / "verified.json"
    verified = weights(tmp_path)
    verified.verify(memory)
    verified.file.write_bytes(b"tampered")
    with pytest.raises(ModelError):
        verified.verify(memory)


def test_another_pinned_hash_is_verified_again(tmp_path: Path) -> None:
    memory = tmp_path / "verified.json"
    verified = weights(tmp_path)
    verified.verify(memory)
    with pytest.raises(ModelError):
        Weights("tiny", verified.file, "0" * 64, 256).verify(memory)


def test_a_failed_verification_is_not_remembered(tmp_path: Path) -> None:
    memory = tmp_path / "verified.json"
    wrong = weights(tmp_path, b"something else")
    for _ in range(2):
        with pytest.raises(ModelError):
            wrong.verify(memory)


def test_a_damaged_memory_only_costs_the_hashing(tmp_path: Path) -> None:
    memory = tmp_path / "verified.json"
    memory.write_text("{")
    weights(tmp_path).verify(memory)


def test_the_packaged_models_are_installed_with_the_pinned_hashes() -> None:
    encoder_weights(EncoderSettings()).verify()
    generator_weights(GeneratorSettings()).verify()


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match="all-MiniLM-L6-v2"):
        encoder_weights(EncoderSettings(name="other"))
    with pytest.raises(ModelError, match="SmolLM2"):
        generator_weights(GeneratorSettings(name="other"))


def test_weights_of_ones_own_need_a_hash_and_a_window(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="max_seq_length"):
        encoder_weights(EncoderSettings(name="mine", path=tmp_path, sha256="0" * 64))
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    with pytest.raises(ModelError, match="sha256"):
        encoder_weights(EncoderSettings(name="mine", path=tmp_path))
    assert encoder_weights(EncoderSettings(name="mine", path=tmp_path, sha256="0" * 64)).window == 128


def test_a_description_holds_no_place_of_this_machine(tmp_path: Path) -> None:
    assert str(tmp_path) not in str(describe(weights(tmp_path)))
