"""Page headers and footers, blocks shared by a folder, and languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.corpus.hygiene import (
    UNDETERMINED,
    BoilerplateModel,
    detect_language,
    language_runs,
    repeated_lines_across_pages,
)

NAVIGATION = "- [Home](/)\n- [Products and spare parts](/products)\n- [Contact](/contact)"
FOOTER = "Aldersluice Works Ltd, Mill Lane, Brackenford, company number 000"
ENGLISH = "The lock of the gate is greased every month, and the chain is checked for wear before the winter begins."
GERMAN = "Das Schloss der Schütztafel wird jeden Monat geschmiert, und die Kette wird vor dem Winter geprüft."
FRENCH = "La serrure de la vanne est graissée chaque mois, et la chaîne est contrôlée avant le début de l'hiver."


def page(number: int) -> str:
    return f"{NAVIGATION}\n\n# Page {number}\n\nText of page {number} about subject {number}.\n\n{FOOTER}\n"


def test_headers_and_footers_with_page_numbers_are_marked_on_every_page() -> None:
    pages = [f"Manual HM-040\n\nBody of {n}, unlike others {n * 7}.\n\n| a | b |\nPage {n} of 4\n" for n in range(1, 5)]
    marked = repeated_lines_across_pages(pages)
    assert {pages[line.page][line.start : line.end] for line in marked if line.position == "header"} >= {
        "Manual HM-040"
    }
    assert [
        pages[line.page][line.start : line.end] for line in marked if "Page" in pages[line.page][line.start : line.end]
    ]
    assert not [line for line in marked if pages[line.page][line.start] == "|"]


def test_two_pages_are_too_few_to_call_a_line_a_header() -> None:
    assert repeated_lines_across_pages(["Same\nA", "Same\nB"]) == []


def test_navigation_and_footer_of_a_folder_are_marked_and_the_text_is_not() -> None:
    model = BoilerplateModel()
    for number in range(10):
        model.add(page(number))
    marked = [page(3)[span.start : span.end] for span in model.spans(page(3))]
    assert marked == [NAVIGATION, FOOTER]


def test_a_small_folder_marks_nothing() -> None:
    model = BoilerplateModel()
    for number in range(4):
        model.add(page(number))
    assert model.spans(page(1)) == []


def test_a_short_heading_that_many_documents_share_is_not_boilerplate() -> None:
    documents = [f"# Rule {n}\n\n## Safety\n\nWear gloves number {n}.\n" for n in range(20)]
    model = BoilerplateModel()
    for document in documents:
        model.add(document)
    assert model.spans(documents[0]) == []


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_the_counts_do_not_depend_on_order_nor_on_documents_taken_out(order: list[int], removed: set[int]) -> None:
    model, fresh = BoilerplateModel(), BoilerplateModel()
    for number in order:
        model.add(page(number))
    for number in removed:
        model.remove(page(number))
    for number in set(range(6)) - removed:
        fresh.add(page(number))
    assert model == fresh
    assert BoilerplateModel.from_counts(dict(model.counts), model.documents) == model


@pytest.mark.parametrize(("text", "code"), [(ENGLISH, "en"), (GERMAN, "de"), (FRENCH, "fr")])
def test_the_language_of_a_sentence_is_told(text: str, code: str) -> None:
    assert detect_language(text).code == code


@pytest.mark.parametrize(
    "text", ["", "Otter 25", "| 12 | 14 | 17 |\n" * 50, "```\nfor i in range(10):\n    print(i)\n```\n"]
)
def test_short_or_wordless_text_has_no_language(text: str) -> None:
    assert detect_language(text).code == UNDETERMINED


def test_a_section_in_another_language_is_a_part_of_its_own_and_short_ones_join_it() -> None:
    parts = [f"# Lock\n\n{ENGLISH * 6}\n\n", f"# Anhang\n\n{GERMAN * 3}\n\n", f"# X\n\n# Annexe\n\n{FRENCH * 3}\n"]
    text = "".join(parts)
    runs = language_runs(text, "en")
    assert [run.language for run in runs] == ["en", "de", "fr"]
    assert [text[run.start : run.end] for run in runs] == parts


def test_a_text_in_one_language_has_no_parts_whatever_figures_and_code_it_holds() -> None:
    table = "".join(f"| {n} | valve {n} | {n * 7} mm |\n" for n in range(80))
    assert (
        language_runs(
            f"# Lock\n\n{ENGLISH * 4}\n\n# Parts\n\n{table}\n# Code\n\n```\nfor x in range(9): de = le\n```\n", "en"
        )
        == []
    )
    assert language_runs("", "en") == []


def test_a_section_in_another_script_is_a_part_of_its_own() -> None:
    russian = "Замок ворот смазывают каждый месяц, а цепь проверяют на износ до начала зимы. " * 5
    assert [run.language for run in language_runs(f"# Lock\n\n{ENGLISH * 6}\n\n# Замок\n\n{russian}", "en")] == [
        "en",
        "ru",
    ]
