from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gristmill.corpus.pages import PageStart, locate_pages, page_at

PAGES = [
    "The wheel of the mill turns by day and rests at night.",
    "The sluice is opened in spring, when the snow melts above.",
    "Appendix: torque of every bolt on the wheel, in newton metres.",
]


def test_pages_are_found_where_they_begin() -> None:
    text = "\n\n".join(PAGES)
    found = locate_pages(text, PAGES)
    assert [page.page for page in found] == [1, 2, 3]
    assert [text[page.start :][:10] for page in found] == [page[:10] for page in PAGES]


def test_marks_of_markdown_do_not_hide_a_page() -> None:
    text = f"# {PAGES[0]}\n\n**{PAGES[1][:20]}**{PAGES[1][20:]}\n\n| {PAGES[2]} |\n"
    assert [page.page for page in locate_pages(text, PAGES)] == [1, 2, 3]


def test_a_page_without_text_is_left_out_and_the_rest_keep_their_numbers() -> None:
    text = f"{PAGES[0]}\n\n{PAGES[2]}"
    assert [page.page for page in locate_pages(text, [PAGES[0], "", PAGES[2]])] == [1, 3]


def test_a_page_whose_first_words_are_set_otherwise_is_found_by_its_next() -> None:
    head = "Running title of the manual "
    text = f"{PAGES[0]}\n\n{PAGES[1]}"
    found = locate_pages(text, [PAGES[0], head + PAGES[1]])
    assert [page.page for page in found] == [1, 2]


def test_the_same_words_on_two_pages_are_two_places() -> None:
    text = f"{PAGES[0]}\n\n{PAGES[0]}"
    starts = [page.start for page in locate_pages(text, [PAGES[0], PAGES[0]])]
    assert starts == [0, len(PAGES[0]) + 2]


@given(st.lists(st.text(), max_size=5), st.lists(st.text(), max_size=5))
def test_pages_are_in_order_and_inside_the_text_whatever_they_hold(pieces: list[str], pages: list[str]) -> None:
    text = "\n".join(pieces)
    found = locate_pages(text, pages)
    assert [page.page for page in found] == sorted({page.page for page in found})
    assert [page.start for page in found] == sorted(page.start for page in found)
    assert all(0 <= page.start <= max(0, len(text) - 1) for page in found)


def test_an_offset_belongs_to_the_page_that_began_last() -> None:
    pages = [PageStart(1, 0), PageStart(2, 10), PageStart(4, 20)]
    assert [page_at(pages, offset) for offset in (0, 9, 10, 19, 20, 500)] == [1, 1, 2, 2, 4, 4]


def test_a_text_without_pages_has_no_page_numbers() -> None:
    assert page_at([], 5) is None
    assert page_at([PageStart(2, 10)], 5) is None
