from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from gristmill.search.chunkers import counting
from gristmill.search.chunkers.counting import TokenCounter
from tests.fakes import packaged_tokenizer

SAMPLES = Path(__file__).parents[3] / "samples"
COUNTER = TokenCounter(packaged_tokenizer())


def tokens(tokenizer: Tokenizer, piece: str) -> int:
    return len(tokenizer.encode(piece, add_special_tokens=False).ids)


@settings(max_examples=400)
@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("a\x1cb \x1d \x85 c\u2028d\u00a0e\u200bf\ufeffg\x00h\x0bi")
@example("[SEP]a[CLS] x[MASK] y ## ##z [PAD]")
@example("x" * 300 + " " + "é" * 90 + "漢字かな 한국어 ﬁ ½ ° €12 ß İ")
def test_as_many_as_the_tokenizer_makes(piece: str) -> None:
    assert COUNTER.count(piece) == tokens(packaged_tokenizer(), piece)


def test_pieces_of_real_documents() -> None:
    dice = random.Random(3)
    for file in sorted((SAMPLES / "text").rglob("*.md"))[:60]:
        text = file.read_text(encoding="utf-8")
        cuts = sorted(dice.sample(range(len(text)), min(40, len(text))))
        pieces = [text[a:b] for a, b in zip(cuts, cuts[3:], strict=False)]
        assert COUNTER.counts(pieces) == [tokens(packaged_tokenizer(), piece) for piece in pieces], file


def test_what_is_remembered_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_MOST_WORDS", 10)
    counter = TokenCounter(packaged_tokenizer())
    for number in range(30):
        piece = f"the mill {number} grinds {number + 1} and {number}"
        assert counter.count(piece) == tokens(packaged_tokenizer(), piece)
    assert len(counter._words or ()) <= 20


def test_a_tokenizer_that_reads_across_blanks_is_asked() -> None:
    tokenizer = Tokenizer(models.WordLevel({"a b": 0, "a": 1, "[UNK]": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\n", "removed")
    counter = TokenCounter(tokenizer)
    assert (counter.count("a b"), counter.counts(["a b", "a\na b"])) == (1, [1, 2])
