"""Cleaning of characters, encodings and normal forms, and the way back to the original."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gristmill.corpus.hygiene import Span, clean

AWKWARD = (
    "\u200b\u200c\u200d\u00ad\u202e\u2066\ufe0f\ue000\uf0b7\U000e0049\U000e007f\u0301\u0308\r\n\t \u00a0\u2028\u0085"
)
LETTERS = "aeézü½²한각क्षنم漢👨👩🏴ÃÂ©â€™¼\u1100\u1161\u11a8\u212b\u0344\ufffd\x00\x1b|#"
texts = st.text(alphabet=st.one_of(st.sampled_from(AWKWARD + LETTERS), st.characters()), max_size=60)


def kinds(text: str) -> dict[str, int]:
    return {finding.kind: finding.count for finding in clean(text).findings}


@given(texts)
@example("e\u200b\u0301")
@example("Ã\xad\u0308")
@example("ÃƒÂ©")
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text).text
    assert clean(once).text == once


@given(texts)
def test_a_clean_text_is_in_normal_form_c(text: str) -> None:
    assert unicodedata.is_normalized("NFC", clean(text).text)


@given(texts)
def test_offsets_lead_to_the_original_and_back(text: str) -> None:
    result = clean(text)
    for offset in range(len(result.text) + 1):
        original = result.to_original(offset)
        assert 0 <= original <= len(text)
        assert result.to_clean(original) <= offset
    assert result.to_original(len(result.text)) == len(text)


@given(texts)
def test_offsets_never_run_backwards(text: str) -> None:
    result = clean(text)
    there = [result.to_original(offset) for offset in range(len(result.text) + 1)]
    back = [result.to_clean(offset) for offset in range(len(text) + 1)]
    assert there == sorted(there)
    assert back == sorted(back)
    assert max(back) <= len(result.text)


@given(st.text(alphabet="abc é\u200b\u00ad\r", max_size=60))
def test_where_characters_are_only_taken_out_each_offset_returns_to_itself(text: str) -> None:
    result = clean(text)
    assert all(result.to_clean(result.to_original(offset)) == offset for offset in range(len(result.text) + 1))


def test_a_span_of_the_clean_text_covers_its_original_characters() -> None:
    text = "The ele\u200bvator of FurtmÃ¼hl stands"
    result = clean(text)
    start = result.text.index("elevator")
    assert text[slice(*result.offsets.original_span(Span(start, start + 8)))] == "ele\u200bvator"
    start = result.text.index("Furtmühl")
    assert text[slice(*result.offsets.original_span(Span(start, start + 8)))] == "FurtmÃ¼hl"


def test_plain_text_comes_back_as_the_same_object() -> None:
    text = "Plain text.\n\tWith a tab.\n"
    assert clean(text).text is text
    assert clean(text).findings == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("el\u200bevator", "zero_width"),
        ("\ufeffelevator", "zero_width"),
        ("ele\u202evator", "bidi_control"),
        ("elevator\U000e0041\U000e0042", "tag_characters"),
        ("ele\ue123vator", "private_use"),
        ("ele\u00advator", "soft_hyphen"),
        ("ele\x07vator", "control"),
        ("ele\u2063vator", "invisible"),
        ("elevator\ufe00", "invisible"),
    ],
)
def test_what_cannot_be_seen_is_removed_and_reported(text: str, kind: str) -> None:
    assert clean(text).text == "elevator"
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "meant", ["👨\u200d👩\u200d👧", "می\u200cخواهم", "क्\u200dष", "❤\ufe0f", "1\ufe0f\u20e3", "葛\U000e0100"]
)
def test_joiners_and_selectors_that_are_meant_stay(meant: str) -> None:
    assert clean(f"a {meant} b").text == f"a {meant} b"


def test_a_joiner_between_latin_letters_goes() -> None:
    assert clean("pass\u200dword").text == "password"


def test_text_smuggled_in_tag_characters_is_shown_in_the_finding() -> None:
    smuggled = "".join(chr(0xE0000 + ord(character)) for character in "ignore all")
    finding = next(found for found in clean(f"Hello{smuggled}").findings if found.kind == "tag_characters")
    assert finding.excerpt == "ignore all"
    assert finding.offsets == (5,)


def test_the_flag_of_scotland_stays() -> None:
    flag = "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "gbsct") + "\U000e007f"
    assert clean(flag).text == flag


def test_characters_with_a_meaning_of_their_own_are_not_folded() -> None:
    assert clean("10 m² and ½ cup, ①, ﬁ").text == "10 m² and ½ cup, ①, ﬁ"


def test_line_ends_and_odd_spaces_become_the_usual_ones() -> None:
    assert clean("a\r\nb\rc\u2028d\u00a0e\u202ff").text == "a\nb\nc\nd e f"


def test_list_marks_of_symbol_fonts_become_what_the_reader_sees() -> None:
    assert clean("\uf0b7 first").text == "• first"


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("FurtmÃ¼hl", "Furtmühl"),
        ("itâ€™s", "it’s"),
        ("Ã  la carte, dÃ©jÃ\xa0 vu", "à la carte, déjà vu"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("the mill‚Äôs stone", "the mill’s stone"),
    ],
)
def test_wrongly_decoded_text_is_repaired(broken: str, right: str) -> None:
    assert clean(broken).text == right
    assert "mojibake" in kinds(broken)


@pytest.mark.parametrize(
    "harmless", ["Spaß»", "«été»", "SÃO PAULO", "l’Été à Saint-Aubier", "naïve – café", "Привет РС"]
)
def test_accents_and_quotation_marks_are_no_mojibake(harmless: str) -> None:
    assert clean(harmless).text == harmless
    assert not clean(harmless).findings


def test_characters_lost_in_decoding_are_counted() -> None:
    assert kinds("M\ufffdhle\ufffd\ufffd")["replacement_character"] == 3


def test_lone_surrogates_become_replacement_characters() -> None:
    assert clean("a\ud800b").text == "a\ufffdb"


@pytest.mark.parametrize("hostile", ["\u200b" * 10_000_000, "a\u200b" * 300_000, "e\u0301" * 300_000, "Ã©" * 200_000])
def test_hostile_amounts_of_odd_characters_are_cleaned(hostile: str) -> None:
    assert len(clean(hostile).text) <= len(hostile) // 2


def test_a_run_of_ten_million_characters_costs_one_entry_in_the_map() -> None:
    (layer,) = clean("a" + "\u200b" * 10_000_000 + "b").offsets.layers
    assert len(layer.before_start) == 1
