from __future__ import annotations

import pytest

from gristmill.corpus.repair import (
    comma_separated,
    mend_pdf_words,
    unescape,
    without_false_headings,
    without_page_metadata,
)


@pytest.mark.parametrize(
    ("broken", "page"),
    [("Rakettiaster", "RakeMaster"), ("Rakettiaster.", "RakeMaster."), ("Quernttiasterttiill", "QuernMasterMill")],
)
def test_a_word_that_no_page_has_becomes_the_one_that_a_page_has(broken: str, page: str) -> None:
    assert mend_pdf_words(f"# The {broken} here", [f"The {page} here"]) == f"# The {page} here"


@pytest.mark.parametrize("word", ["battery", "office", "efficient", "station"])
def test_a_word_that_a_page_has_stays_as_it_is(word: str) -> None:
    assert mend_pdf_words(f"the {word}", [f"the {word} MMM !!"]) == f"the {word}"


def test_a_word_that_cannot_be_mended_stays_as_it_is() -> None:
    assert mend_pdf_words("settings", ["other words"]) == "settings"
    assert mend_pdf_words("settings", []) == "settings"


def test_needless_backslashes_go_and_a_cells_bar_keeps_its_own() -> None:
    assert unescape(r"3\. a\-b \(c\) \| \\") == r"3. a-b (c) \| \\"


def test_the_metadata_of_a_page_is_taken_off() -> None:
    assert without_page_metadata("---\nmeta: x\n## title: The mill\n\n# The mill\n") == "# The mill\n"


@pytest.mark.parametrize(
    "text", ["# The mill\n", "---\n\nText after a rule\n", "---\n" + "line\n" * 80 + "## title: x\n"]
)
def test_a_text_that_only_begins_alike_is_kept(text: str) -> None:
    assert without_page_metadata(text) == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_are_cut_where_the_file_cuts_them(delimiter: str) -> None:
    rows = [["part", "price"], ["wheel", "7"], ["sluice", "12"]]
    data = "\n".join(delimiter.join(row) for row in rows).encode()
    assert comma_separated(data).decode().split() == ["part,price", "wheel,7", "sluice,12"]


def test_decimal_commas_do_not_cut_cells() -> None:
    assert comma_separated(b"Teil;Preis\nRad;7,50\nWehr;12,00\n") == b'Teil,Preis\nRad,"7,50"\nWehr,"12,00"\n'


def test_a_title_line_above_the_table_does_not_decide() -> None:
    data = b"Prices, all of them, without VAT\npart;price\nwheel;7\nsluice;12\n"
    assert comma_separated(data).decode().splitlines()[1:] == ["part,price", "wheel,7", "sluice,12"]


def test_quoted_cells_keep_their_delimiters_and_lines() -> None:
    assert comma_separated(b'a;b\n"one; two";"three\nfour"\n') == b'a,b\none; two,"three\nfour"\n'


def test_a_file_of_another_encoding_becomes_utf8() -> None:
    data = "Größe;Maß\nfünf;höchstens zwölf Füße\nzwölf;ungefähr fünf Füße\n".encode("cp1252")
    assert comma_separated(data).decode().splitlines()[0] == "Größe,Maß"


@pytest.mark.parametrize("data", [b"", b"\n", b"word"])
def test_a_file_without_cells_stays_as_it_is(data: bytes) -> None:
    assert comma_separated(data) == data


@pytest.mark.parametrize(
    ("line", "following"),
    [
        ("The guaranteed 83 % is fulfilled.", "## Next"),
        ("· Eyes: rinse for 10 minutes", ""),
        ("works on it, and one key", ""),
        ("File shares are backed up every night; a copy leaves the house once a", "week."),
        (
            f"Subject: hoses on all machines{', with a shorter life' * 3} Date: 22 January 2024",
            "",
        ),
    ],
)
def test_a_heading_that_reads_like_text_becomes_text(line: str, following: str) -> None:
    assert without_false_headings(f"# Title\n\n### {line}\n\n{following}") == f"# Title\n\n{line}\n\n{following}"


@pytest.mark.parametrize(
    "heading", ["# It is a title that ends with a stop.", "## 3.2 Delivery", "### Lubrication No.", "##"]
)
def test_a_heading_that_reads_like_one_stays(heading: str) -> None:
    assert without_false_headings(f"{heading}\n\nThe text.") == f"{heading}\n\nThe text."
