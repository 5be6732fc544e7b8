from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.corpus.plain import decode, read_plain

GERMAN = "Die Mühle steht über der Straße am großen Wehr, und das Mühlrad dreht sich täglich für die Gäste."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_german_text_is_read_in_every_usual_encoding(encoding: str) -> None:
    assert decode(GERMAN.encode(encoding)) == GERMAN


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
def test_a_byte_order_mark_decides_and_is_not_part_of_the_text(mark: bytes, encoding: str) -> None:
    assert decode(mark + GERMAN.encode(encoding)) == GERMAN


@pytest.mark.parametrize(
    "text",
    [
        "L’équipe a déjà vérifié la tôle près de la forêt : « très bien », a-t-il noté à l’été.",
        "Café fermé à midi",
        "Prix : 7,50 €; largeur 3 m²; température 20 °C ± 2",
        "Kvarnen står över ån och hjulet snurrar på dagen när vattnet är högt",
    ],
)
def test_western_texts_of_windows_are_not_taken_for_central_european_ones(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Koło młyńskie obraca się w ciągu dnia, a śluza jest zamknięta na noc.", "cp1250"),
        ("Мельничное колесо вращается днём, а ночью шлюз закрыт.", "cp1251"),
        ("水車は昼間に回り、夜は水門が閉じられます。", "shift_jis"),
    ],
)
def test_texts_of_other_scripts_keep_their_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_unicode_text_comes_back_as_it_is(text: str) -> None:
    assert decode(text.encode()) == text.removeprefix("\ufeff")


@given(st.binary(max_size=400))
def test_any_bytes_give_a_text_that_tables_and_indexes_take(data: bytes) -> None:
    read_plain(data).text.encode()


def test_line_ends_of_every_system_are_newlines() -> None:
    assert read_plain(b"a\r\nb\rc\nd").text == "a\nb\nc\nd"


def test_front_matter_is_taken_off_and_its_fields_are_known() -> None:
    plain = read_plain(b'---\ntitle: "The weir"\nDate: 2024-05-01\n---\n\n# Text\n')
    assert plain.text == "# Text\n"
    assert plain.fields == {"title": "The weir", "date": "2024-05-01"}


def test_front_matter_of_windows_is_taken_off_too() -> None:
    assert read_plain(b"---\r\ntitle: The weir\r\n---\r\nText\r\n").text == "Text\n"


@pytest.mark.parametrize("text", ["---\nno end\n", "text\n---\ntitle: a\n---\n", "--\ntitle: a\n--\n", "", "---"])
def test_rules_that_are_no_front_matter_stay_in_the_text(text: str) -> None:
    plain = read_plain(text.encode())
    assert (plain.text, plain.fields) == (text, {})
