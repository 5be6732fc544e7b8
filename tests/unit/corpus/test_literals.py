"""Many literals at once against a search for each, and headings without an expression at each line."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gristmill.corpus.headings import heading_starts
from gristmill.corpus.literals import Literals

WORDS = ["@", "né le", "password", "pass", "wordpass", "xox", "api_key", "://", "führerschein", "ab", "aaaa"]
PIECES = [*WORDS, "a", "p", "ass", "word", "ü", "\ud800", " ", "x", "\n"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.integers(0, 600))
@example("", 0)
def test_literals_are_those_that_a_search_for_each_finds(text: str, filling: int) -> None:
    for shown in (text, f"{'z ' * filling}{text}"):
        assert Literals(WORDS).in_text(shown) == {word for word in WORDS if word in shown}


def test_no_literals_are_in_no_text() -> None:
    assert Literals([]).in_text("a long text " * 100) == frozenset()


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("# a\n"), max_size=40))
def test_headings_begin_where_the_expression_finds_them(text: str) -> None:
    assert list(heading_starts(text)) == [match.start() for match in re.finditer(r"^#{1,6} ", text, re.MULTILINE)]
