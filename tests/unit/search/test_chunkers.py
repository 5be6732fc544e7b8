from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.search.chunkers import STRATEGIES, Chunker, make_chunker
from gristmill.search.chunking import chunker_fingerprint
from gristmill.search.rows import with_context
from gristmill.settings import ChunkerSettings
from gristmill.settings.search import Strategy
from tests.conftest import EXAMPLES
from tests.fakes import FakeEncoder, packaged_tokenizer

_words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
_sentences = st.lists(_words, min_size=1, max_size=30).map(lambda words: f"{' '.join(words)}. ")
_blocks = st.one_of(
    _sentences.map(lambda sentence: f"{sentence * 3}\n\n"),
    st.builds(lambda level, title: f"{'#' * level} {title}\n\n", st.integers(1, 6), _sentences),
    st.lists(_sentences, max_size=8).map(lambda items: "".join(f"- {item}\n" for item in items)),
    st.lists(st.lists(_words, min_size=2, max_size=4), min_size=2, max_size=20).map(
        lambda rows: "\n".join(["| a | b |", "| --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n\n"
    ),
    _sentences.map(lambda code: f"```\n{code}\n```\n"),
    st.sampled_from(["🌾" * 300, "x" * 2_000, "\n\n\n", "ab" * 45 + " ", "a|b\nc|d\n", "Ünï. " * 90]),
)
markdown = st.lists(_blocks, max_size=6).map("".join)


def chunker(strategy: Strategy, tokens: int = 60) -> Chunker:
    return make_chunker(ChunkerSettings(strategy=strategy, tokens=tokens, context_tokens=48), FakeEncoder())


def texts_of(strategy: Strategy, text: str, tokens: int = 60) -> list[str]:
    return [text[span.start : span.end] for span in chunker(strategy, tokens).spans(text, "")]


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=max(10, EXAMPLES // 4))
@given(text=markdown, title=_sentences)
def test_every_strategy_gives_verbatim_spans_in_order_that_lose_no_word_and_fit(
    strategy: Strategy, text: str, title: str
) -> None:
    spans = chunker(strategy).spans(text, title)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    edges = [0, *(at for span in spans for at in (span.start, span.end)), len(text)]
    gaps = [text[a:b] for a, b in itertools.pairwise(edges)][::2]
    lines = [line for gap in gaps for line in gap.splitlines() if not line.lstrip().startswith("#")]
    assert not any(character.isalnum() for line in lines for character in line)
    for span in spans:
        assert span.parent_start <= span.start < span.end <= span.parent_end
        read = packaged_tokenizer().encode(with_context(span.context, text[span.start : span.end]))
        assert len(read.ids) <= FakeEncoder.window


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_chunk_is_larger_than_was_asked_for(strategy: Strategy) -> None:
    text = "# Mill\n\n" + "".join(f"Wheel {n} is oiled on day {n}. The sluice {n} is shut.\n\n" for n in range(80))
    sizes = [span.tokens for span in chunker(strategy, 40).spans(text, "Manual")]
    assert len(sizes) > 20
    assert max(sizes) <= 40 + 2


def test_fixed_cuts_at_sizes_whatever_the_text_says() -> None:
    pieces = texts_of("fixed", "word " * 400, 50)
    assert [len(piece.split()) for piece in pieces] == [50] * 8


def test_structure_keeps_sections_apart() -> None:
    text = "".join(f"# Part {n}\n\n{f'The wheel {n} turns by day and by night. ' * 4}\n\n" for n in range(5))
    pieces = texts_of("structure", text)
    assert [piece.count("# Part") for piece in pieces] == [1] * 5


def test_structure_joins_small_sections_below_one_heading() -> None:
    text = "# Terms\n\n" + "".join(f"## Term {n}\n\nShort.\n\n" for n in range(4))
    assert len(texts_of("structure", text)) == 1


def test_structure_keeps_a_list_whole_where_it_fits() -> None:
    words = "The miller walks to the river and looks at the water. " * 3
    items = "".join(f"- item {n} of the list\n" for n in range(7))
    pieces = texts_of("structure", f"{words}\n\n{items}\n{words}", 64)
    assert any(all(f"- item {n} of" in piece for n in range(7)) for piece in pieces)


def test_structure_cuts_a_large_table_between_rows_and_each_group_carries_the_header() -> None:
    rows = "".join(f"| wheel number {n} | {n * 7} |\n" for n in range(60))
    text = f"# Prices\n\n| part | price |\n| --- | --- |\n{rows}"
    spans = chunker("structure", 80).spans(text, "")
    assert len(spans) > 4
    assert all(text[span.start : span.end].count("\n") > 2 for span in spans)
    assert all(text[span.start] in "#|" and text[span.end - 1] == "|" for span in spans)
    assert all(span.context.endswith("| part | price |") for span in spans[1:])


def test_semantic_cuts_where_the_subject_changes() -> None:
    oil = [f"The bearing takes oil grade {n} and bearing oil is changed warm." for n in range(4)]
    pay = [f"Pay band {n} begins in April and pay is sent to the bank." for n in range(4)]
    pieces = texts_of("semantic", " ".join([*oil, *pay]), 120)
    assert len(pieces) == 2
    assert "Pay" not in pieces[0]
    assert "oil" not in pieces[1]


def test_a_parent_is_the_section_around_a_chunk_up_to_a_size() -> None:
    text = "# A\n\n" + "The wheel turns. " * 60 + "\n\n# B\n\n" + "The sluice is shut. " * 200
    made = make_chunker(ChunkerSettings(tokens=60, parent_tokens=400), FakeEncoder())
    spans = made.spans(text, "")
    parents = {(span.parent_start, span.parent_end) for span in spans}
    assert {text[start:end].count("# ") for start, end in parents} <= {0, 1}
    assert len(parents) > 2
    assert all(len(packaged_tokenizer().encode(text[start:end]).ids) <= 420 for start, end in parents)


def test_the_fingerprint_names_the_strategy_and_for_the_semantic_one_the_encoder() -> None:
    one, other = FakeEncoder(), FakeEncoder("another")
    prints = {chunker_fingerprint(ChunkerSettings(strategy=name), one) for name in STRATEGIES}
    assert len(prints) == len(STRATEGIES)
    same = [name for name in STRATEGIES if _print(name, one) == _print(name, other)]
    assert set(same) == set(STRATEGIES) - {"semantic"}


def _print(strategy: Strategy, encoder: FakeEncoder) -> str:
    return chunker_fingerprint(ChunkerSettings(strategy=strategy), encoder)
