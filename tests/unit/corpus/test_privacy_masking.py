"""Pseudonyms, the map of offsets, and the decision about a document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.corpus.privacy import Kind, Masked, PersonalData, Policy, find_personal_data, judge, mask
from gristmill.corpus.privacy.masking import pseudonym
from gristmill.errors import SettingsError

KEY = b"sixteen bytes or more"
LETTER = "Margaret Thornley wrote.\nCall +44 20 7946 0958.\nIBAN DE89 3704 0044 0532 0130 00\nMARGARET THORNLEY"


def masked(text: str, key: bytes = KEY) -> Masked:
    return mask(text, find_personal_data(text), key)


def test_the_same_person_always_gets_the_same_pseudonym() -> None:
    names = [r.pseudonym for r in masked(LETTER).replacements if r.kind is Kind.PERSON]
    assert len(names) == 2
    assert len(set(names)) == 1
    assert masked("Memo from Margaret Thornley").replacements[0].pseudonym == names[0]


def test_different_values_keys_and_kinds_give_different_pseudonyms() -> None:
    first = pseudonym(Kind.PERSON, "Idris Vaughan", KEY)
    others = [
        pseudonym(Kind.PERSON, "Idris Vaughn", KEY),
        pseudonym(Kind.PERSON, "Idris Vaughan", KEY + b"!"),
        pseudonym(Kind.ADDRESS, "Idris Vaughan", KEY),
    ]
    assert first not in others


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.PHONE, "+44 20 7946 0958", "0044 20 7946-0958"),
        (Kind.IBAN, "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        (Kind.CREDIT_CARD, "4111-1111-1111-1111", "4111111111111111"),
        (Kind.ADDRESS, "12 Mill Lane,\nLeeds", "12 mill lane, Leeds"),
        (Kind.EMAIL, "A@Mill.example", "a@mill.example"),
    ],
)
def test_ways_of_writing_one_value_share_a_pseudonym(kind: Kind, one: str, other: str) -> None:
    assert pseudonym(kind, one, KEY) == pseudonym(kind, other, KEY)


def test_secrets_differ_by_case() -> None:
    assert pseudonym(Kind.SECRET, "Ab3x", KEY) != pseudonym(Kind.SECRET, "aB3x", KEY)


def test_nothing_personal_is_left_in_the_masked_text_or_its_map() -> None:
    result = masked(LETTER)
    for secret in ("Margaret", "THORNLEY", "7946", "3704"):
        assert secret not in repr(result)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="5 bytes"):
        mask("x", [], b"short")


def test_offsets_inside_a_pseudonym_lead_to_the_start_of_the_value() -> None:
    text = "To Margaret Thornley, today"
    result = masked(text)
    inside = result.text.index("PERSON")
    assert text[result.to_original(inside) :].startswith("Margaret")
    assert result.to_masked(text.index("today")) == result.text.index("today")


@st.composite
def texts_with_findings(draw: st.DrawFn) -> tuple[str, list[PersonalData]]:
    text = draw(st.text(min_size=1, max_size=60))
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True).map(sorted))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return text, [PersonalData(draw(st.sampled_from(Kind)), start, end, 1.0, "test") for start, end in pairs]


@given(texts_with_findings())
def test_masking_and_mapping_back_gives_the_original(case: tuple[str, list[PersonalData]]) -> None:
    text, findings = case
    result = mask(text, findings, KEY)
    restored = result.text
    for replacement in reversed(result.replacements):
        assert result.text[replacement.new_start : replacement.new_end] == replacement.pseudonym
        value = text[replacement.old_start : replacement.old_end]
        restored = restored[: replacement.new_start] + value + restored[replacement.new_end :]
    assert restored == text


@given(texts_with_findings())
def test_every_place_outside_a_finding_maps_there_and_back(case: tuple[str, list[PersonalData]]) -> None:
    text, findings = case
    result = mask(text, findings, KEY)
    for offset in range(len(text) + 1):
        if not any(f.start < offset < f.end for f in findings):
            assert result.to_original(result.to_masked(offset)) == offset


def test_the_restricted_table_names_the_value_of_every_pseudonym() -> None:
    result = masked(LETTER)
    table = result.values(LETTER)
    assert set(table) == {r.pseudonym for r in result.replacements}
    assert "Margaret Thornley" in table.values()


def test_the_strictest_kind_decides() -> None:
    text = "Margaret Thornley\npassword: x9!kk2LL"
    judgement = judge(
        text, find_personal_data(text), {Kind.SECRET: Policy.QUARANTINE, Kind.PERSON: Policy.KEEP}, Policy.MASK
    )
    assert judgement.policy is Policy.QUARANTINE
    assert judgement.reason == (
        "1 password, key or token (line 2): the document is held back until its owner removes them or allows them"
    )


def test_the_reason_counts_and_locates_but_never_repeats() -> None:
    judgement = judge(LETTER, find_personal_data(LETTER), {}, Policy.MASK)
    assert judgement.reason == (
        "2 names of persons (lines 1, 4), 1 telephone number (line 2), 1 IBAN (line 3): replaced by pseudonyms"
    )
    assert len(judgement.to_mask) == 4


def test_many_lines_are_cut_short() -> None:
    text = "a@b.example\n" * 9
    assert (
        "9 e-mail addresses (lines 1, 2, 3 and more)" in judge(text, find_personal_data(text), {}, Policy.MASK).reason
    )


def test_only_the_kinds_to_mask_are_handed_on() -> None:
    judgement = judge(LETTER, find_personal_data(LETTER), {Kind.PERSON: Policy.KEEP}, Policy.MASK)
    assert {f.kind for f in judgement.to_mask} == {Kind.PHONE, Kind.IBAN}


def test_a_document_without_personal_data_is_kept() -> None:
    judgement = judge("Grease the bearing.", [], {}, Policy.QUARANTINE)
    assert (judgement.policy, judgement.reason) == (Policy.KEEP, "no personal data found")
