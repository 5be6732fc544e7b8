from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gristmill.search.outline import Outline, plain

TEXT = """Intro

# Mill
first

## Wheel ##
second

### The *small* one
third

## Sluice
fourth

# Weir
fifth
"""


def path_of(text: str, word: str) -> tuple[str, ...]:
    return Outline(text).path_at(text.index(word))


def test_a_path_names_the_headings_above_outermost_first() -> None:
    assert path_of(TEXT, "Intro") == ()
    assert path_of(TEXT, "first") == ("Mill",)
    assert path_of(TEXT, "third") == ("Mill", "Wheel", "The small one")
    assert path_of(TEXT, "fourth") == ("Mill", "Sluice")
    assert path_of(TEXT, "fifth") == ("Weir",)


def test_a_heading_belongs_to_its_own_path() -> None:
    assert path_of(TEXT, "## Sluice") == ("Mill", "Sluice")


def test_a_hash_in_code_or_without_a_blank_is_no_heading() -> None:
    text = "# A\n```\n# comment\n```\n~~~\n# more\n~~~\n#tag\nend\n"
    assert path_of(text, "end") == ("A",)


TABLE = "before\n\n| part | price |\n| --- | ---: |\n| wheel | 7 |\n| sluice | 12 |\n\nafter | not\n"


def test_a_row_knows_its_header() -> None:
    outline = Outline(TABLE)
    assert outline.header_at(TABLE.index("| wheel")) == "| part | price |"
    assert outline.header_at(TABLE.index("12")) == "| part | price |"


def test_the_header_itself_and_what_is_around_the_table_have_none() -> None:
    outline = Outline(TABLE)
    assert [outline.header_at(TABLE.index(word)) for word in ("before", "| part", "| ---", "after")] == [""] * 4


def test_two_tables_keep_their_own_headers() -> None:
    text = f"{TABLE}\n\n| a | b |\n|---|---|\n| last | row |"
    assert Outline(text).header_at(text.index("last")) == "| a | b |"
    assert Outline(text).header_at(text.index("sluice")) == "| part | price |"


def test_a_table_in_a_code_fence_is_none() -> None:
    text = "```\n| a | b |\n|---|---|\n| c | d |\n```\n"
    assert Outline(text).tables == []


@given(st.text(alphabet="#|-` \nab"), st.integers(0, 200))
def test_any_text_and_any_offset_have_an_answer(text: str, offset: int) -> None:
    outline = Outline(text)
    assert all(name in plain(text.replace("#", "")) or name for name in outline.path_at(offset))
    assert outline.header_at(offset) == "" or outline.header_at(offset) in text
