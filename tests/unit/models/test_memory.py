"""An encoder's memory: what it moves, what it leaves alone, and that only the pinned file is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gristmill.errors import ModelError
from gristmill.models.memory import Memory, MemoryEncoder, Pull, unit
from gristmill.models.vectors import Vectors
from tests.fakes import FakeEncoder

NONE = np.empty((0, 4), dtype=np.float32)


def directions(*rows: tuple[float, ...]) -> Vectors:
    """Return rows at unit length."""
    return unit(np.array(rows, dtype=np.float32))


NEIGHBOURS = Memory(directions((1, 0.1, 0, 0), (1, 0.2, 0, 0), (0, 0, 1, 0)), NONE, NONE, Pull(neighbours=2))


def test_a_text_moves_towards_what_is_like_it() -> None:
    text = directions((1, 0, 0.5, 0))
    moved = NEIGHBOURS.moved(text)
    towards = NEIGHBOURS.passages[0]
    assert float(moved[0] @ towards) > float(text[0] @ towards)
    assert np.linalg.norm(moved) == pytest.approx(1, abs=1e-6)


def test_far_from_the_corpus_nothing_moves() -> None:
    text = directions((0, 0, 0, 1), (-1, 0, 0, 0.1))
    np.testing.assert_allclose(NEIGHBOURS.moved(text), text, atol=1e-6)


def test_a_remembered_text_is_no_neighbour_of_its_own() -> None:
    lonely = Memory(directions((1, 0, 0, 0), (0, 1, 0, 0)), NONE, NONE, Pull(neighbours=2))
    np.testing.assert_allclose(lonely.moved(lonely.passages), lonely.passages, atol=1e-6)
    moved = NEIGHBOURS.moved(NEIGHBOURS.passages)
    assert moved[0] @ moved[1] > NEIGHBOURS.passages[0] @ NEIGHBOURS.passages[1]


def test_a_question_goes_where_one_like_it_was_answered_and_others_do_not() -> None:
    question, answer = directions((1, 0, 0, 0)), directions((0, 0, 0, 1))
    memory = Memory(NONE, question, answer, Pull(towards_neighbours=0, towards_answers=0.5, least_alike=0.8))
    like, unlike = directions((1, 0.3, 0, 0)), directions((1, 1.5, 0, 0))
    assert float(memory.moved(like)[0] @ answer[0]) > 0.3
    np.testing.assert_allclose(memory.moved(unlike), unlike, atol=1e-6)


def test_a_memory_of_nothing_moves_nothing() -> None:
    text = directions((1, 2, 3, 4))
    np.testing.assert_allclose(Memory(NONE, NONE, NONE, Pull()).moved(text), text, atol=1e-6)
    np.testing.assert_allclose(NEIGHBOURS.pulled(0).moved(text), text, atol=1e-6)


def test_a_vector_does_not_depend_on_what_it_is_encoded_with() -> None:
    draw = np.random.default_rng(3)
    nothing = np.empty((0, 16), np.float32)
    memory = Memory(unit(draw.normal(size=(900, 16))), nothing, nothing, Pull())
    texts = unit(draw.normal(size=(1_100, 16)))
    alone = np.vstack([memory.moved(texts[at : at + 1]) for at in range(0, 1_100, 50)])
    np.testing.assert_allclose(alone, memory.moved(texts)[::50], atol=1e-6)


def test_what_was_given_is_not_changed() -> None:
    text = directions((1, 0.05, 0, 0))
    before = text.copy()
    NEIGHBOURS.moved(text)
    np.testing.assert_array_equal(text, before)


def test_a_memory_is_read_as_it_was_written_and_only_as_pinned(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "memory.safetensors"
    memory = replace(NEIGHBOURS, questions=directions((0, 1, 0, 0)), answers=directions((0, 0, 1, 0)))
    pinned = memory.save(file)
    assert memory.save(file) == pinned
    read = Memory.load(file, pinned)
    assert read.pull == memory.pull
    text = directions((1, 1, 1, 1))
    np.testing.assert_array_equal(read.moved(text), memory.moved(text))
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    file.write_bytes(file.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(ModelError, match="has SHA-256"):
        Memory.load(file, pinned)
    file.unlink()
    with pytest.raises(ModelError, match="is not at") as missing:
        Memory.load(file, pinned)
    assert "tune encoder" in missing.value.remedy


def test_another_memory_is_another_encoder(tmp_path: Path) -> None:
    base = FakeEncoder()
    passages = base.encode(["alpha beta", "beta gamma", "delta"])
    memory = Memory(passages, passages[:0], passages[:0], Pull())
    pins = [memory.pulled(pull).save(tmp_path / f"{pull}.safetensors") for pull in (0.5, 1.0)]
    encoders = [
        MemoryEncoder(base, tmp_path / f"{pull}.safetensors", pin) for pull, pin in zip((0.5, 1.0), pins, strict=True)
    ]
    assert len({base.fingerprint, *(encoder.fingerprint for encoder in encoders)}) == 3
    assert encoders[0].window == base.window
    vectors = encoders[1].encode(["alpha beta gamma"])
    np.testing.assert_array_equal(vectors, memory.moved(base.encode(["alpha beta gamma"])))
