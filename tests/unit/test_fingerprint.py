from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.fingerprint import file_hash, fingerprint, lines_hash, stream_hash, text_hash

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_a_fingerprint_is_the_same_in_every_process_and_release() -> None:
    # A stored fingerprint that changes its meaning would make every installation compute everything again.
    assert fingerprint("parser", 1, {"a": [1, 2]}) == "312cf86644f43ee41e56533400158cfe"


def test_the_order_of_a_mapping_does_not_matter() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("1",), (1,)), ((["a"],), ("a",)), ((None,), ()), ((1, 2), (2, 1)), ((True,), (1,))],
)
def test_parts_that_differ_in_cut_type_or_order_differ_in_hash(
    one: tuple[object, ...], other: tuple[object, ...]
) -> None:
    assert fingerprint(*one) != fingerprint(*other)


@given(_json, _json)
def test_two_parts_have_one_fingerprint_only_when_they_are_equal(one: object, other: object) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (_canonical(one) == _canonical(other))


def _canonical(part: object) -> str:
    if isinstance(part, dict):
        return f"dict {sorted((key, _canonical(value)) for key, value in part.items())}"
    return f"list {[_canonical(value) for value in part]}" if isinstance(part, list) else repr(part)


def test_what_json_cannot_express_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(TypeError):
        fingerprint(Path("a"))


@given(st.text(), st.text())
def test_texts_share_a_hash_only_when_they_are_equal(one: str, other: str) -> None:
    assert (text_hash(one) == text_hash(other)) == (one == other)


def test_a_text_with_a_lone_surrogate_has_a_hash() -> None:
    assert len(text_hash("\ud800")) == 32


@given(st.binary(max_size=5_000))
def test_a_streams_hash_is_sha256_of_its_bytes(data: bytes) -> None:
    assert stream_hash(io.BytesIO(data)) == hashlib.sha256(data).hexdigest()


def test_a_file_larger_than_one_piece_has_the_hash_of_all_its_bytes(tmp_path: Path) -> None:
    data = b"0123456789abcdef" * 140_000
    (tmp_path / "large").write_bytes(data)
    assert file_hash(tmp_path / "large") == hashlib.sha256(data).hexdigest()


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))))
def test_the_hash_of_lines_is_that_of_the_text_they_make(lines: list[str]) -> None:
    assert lines_hash(iter(lines)) == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
