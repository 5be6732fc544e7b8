from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gristmill.errors import SettingsError
from gristmill.search.chunkers import Chunker
from gristmill.search.chunking import chunker_fingerprint
from gristmill.search.rows import with_context
from gristmill.settings import ChunkerSettings
from gristmill.storage.tables import CHUNKS, TEXTS
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder, packaged_tokenizer
from tests.workspaces import grind, workspace_at, write

WINDOW = FakeEncoder.window

_words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
_sentences = st.lists(_words, min_size=1, max_size=40).map(lambda words: f"{' '.join(words)}. ")
_blocks = st.one_of(
    _sentences.map(lambda sentence: f"{sentence * 3}\n\n"),
    st.builds(lambda level, title: f"{'#' * level} {title}\n\n", st.integers(1, 6), _sentences),
    st.lists(_sentences, max_size=8).map(lambda items: "".join(f"- {item}\n" for item in items)),
    st.lists(st.lists(_words, min_size=2, max_size=4), min_size=2, max_size=30).map(
        lambda rows: "\n".join(["| a | b |", "| --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n\n"
    ),
    _sentences.map(lambda code: f"```\n{code}\n```\n"),
    st.just("🌾" * 300),
    st.just("x" * 2_000),
    st.just("\n\n\n"),
)
markdown = st.lists(_blocks, max_size=8).map("".join)


def chunker(tokens: int = 190, context_tokens: int = 48) -> Chunker:
    return Chunker(ChunkerSettings(tokens=tokens, context_tokens=context_tokens), packaged_tokenizer(), WINDOW)


def read_tokens(text: str) -> int:
    return len(packaged_tokenizer().encode(text).ids)


@given(markdown, _sentences)
def test_chunks_are_verbatim_ordered_and_apart_and_lose_no_word(text: str, title: str) -> None:
    spans = chunker().spans(text, title)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    left_out = [
        text[a:b] for a, b in itertools.pairwise([0, *(at for s in spans for at in (s.start, s.end)), len(text)])
    ]
    lines = [line for gap in left_out[::2] for line in gap.splitlines() if not line.lstrip().startswith("#")]
    assert not any(character.isalnum() for line in lines for character in line)


@given(markdown, _sentences)
def test_the_encoder_reads_every_chunk_to_its_end_together_with_its_context(text: str, title: str) -> None:
    for span in chunker().spans(text, title):
        assert read_tokens(with_context(span.context, text[span.start : span.end])) <= WINDOW


@given(markdown, _sentences)
@example("oil " * 1_000, "mill " * 100)
def test_the_largest_sizes_that_are_allowed_fit_the_window_too(text: str, title: str) -> None:
    for span in _largest().spans(text, title):
        assert read_tokens(with_context(span.context, text[span.start : span.end])) <= WINDOW


def _largest() -> Chunker:
    """Return the chunker with the largest chunks that are not refused beside 60 tokens of context."""
    return next(made for tokens in range(WINDOW, 0, -1) if (made := _allowed(tokens)) is not None)


def _allowed(tokens: int) -> Chunker | None:
    try:
        return chunker(tokens, 60)
    except SettingsError:
        return None


def test_sizes_that_exceed_the_window_are_refused_with_the_settings_to_change() -> None:
    with pytest.raises(SettingsError, match=r"window of 256.*'tokens' or 'context_tokens' below \[chunker\]"):
        chunker(240, 48)


def test_a_chunk_carries_title_and_headings_that_it_does_not_show_itself() -> None:
    whole, part = "# Mill\n\n## Wheel\n\nOil it.", f"# Mill\n\n## Wheel\n\n{'Oil the bearing. ' * 60}"
    (shown,) = chunker().spans(whole, "Manual")
    assert (shown.start, shown.context) == (0, "Manual")
    last = chunker().spans(part, "Manual")[-1]
    assert last.context == "Manual > Mill > Wheel"
    assert last.headings == ("Mill", "Wheel")


def test_a_chunk_that_begins_inside_a_table_carries_its_header_row() -> None:
    rows = "".join(f"| wheel number {n} | {n * 7} |\n" for n in range(200))
    text = f"# Prices\n\n| part | price |\n| --- | --- |\n{rows}"
    first, *others = chunker().spans(text, "")
    assert len(others) > 3
    assert "| part | price |" not in first.context
    assert all(span.context == "Prices\n| part | price |" for span in others)


def test_a_long_context_is_shortened_and_the_chunk_is_not() -> None:
    text = f"# {'A very long heading ' * 30}\n\n{'Oil the bearing. ' * 60}"
    last = chunker(context_tokens=10).spans(text, "")[-1]
    assert len(packaged_tokenizer().encode(last.context, add_special_tokens=False).ids) <= 10
    assert text[last.start : last.end].endswith("bearing.")


def test_no_context_at_all_is_possible() -> None:
    text = f"# Mill\n\n{'Oil the bearing. ' * 60}"
    assert {span.context for span in chunker(context_tokens=0).spans(text, "Title")} == {""}


@pytest.mark.parametrize("text", ["", "\n\n", "---\n***\n", "# Only a heading\n", "| |\n|--|\n"])
def test_a_text_that_says_nothing_has_no_chunks(text: str) -> None:
    assert chunker().spans(text, "Title") == []


def test_the_fingerprint_follows_every_setting() -> None:
    encoder = FakeEncoder()
    default = chunker_fingerprint(ChunkerSettings(), encoder)
    assert chunker_fingerprint(ChunkerSettings(), FakeEncoder("another")) == default
    assert chunker_fingerprint(ChunkerSettings(tokens=100), encoder) != default
    assert chunker_fingerprint(ChunkerSettings(context_tokens=9), encoder) != default


def test_stored_chunks_and_the_gaps_between_them_give_the_text_again(workspace: Workspace, folder: Path) -> None:
    write(
        folder,
        {"long.md": "# A\n\n" + "".join(f"## Part {n}\n\nOil the bearing {n}. {'x ' * 90}\n\n" for n in range(9))},
    )
    grind(workspace)
    texts = dict(workspace.lake.read(TEXTS, ["text_hash", "text"]).iter_rows())
    rows = [row for row in workspace.lake.read(CHUNKS).sort("ordinal").to_dicts() if row["document"] == "long.md"]
    assert len(rows) > 5
    joined = "".join(row["text"] + row["gap"] for row in rows)
    assert joined == next(text for text in texts.values() if "Part 8" in text)[rows[0]["start"] : rows[-1]["end"]]


def test_only_the_chunks_of_an_edited_document_are_made_again(workspace: Workspace, folder: Path) -> None:
    grind(workspace)
    before = {row["chunk"] for row in workspace.lake.read(CHUNKS).to_dicts() if row["document"] != "mill.md"}
    write(folder, {"mill.md": "# The mill\n\nThe wheel is new.\n"})
    report = grind(workspace)["chunks"]
    after = workspace.lake.read(CHUNKS)
    assert [change.name for change in report.changes] == ["mill.md"]
    assert before < set(after["chunk"])


def test_a_changed_chunker_cuts_everything_again(tmp_path: Path, folder: Path, workspace: Workspace) -> None:
    grind(workspace)
    before = set(workspace.lake.read(CHUNKS)["chunk_set"])
    other = workspace_at(tmp_path / "home", folder, chunker={"tokens": 100})
    grind(other)
    assert before.isdisjoint(other.lake.read(CHUNKS)["chunk_set"])
