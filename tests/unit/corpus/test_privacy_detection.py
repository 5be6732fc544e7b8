"""What is found, kind by kind, in three languages. All persons and numbers are invented."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.corpus import privacy
from gristmill.corpus.privacy import Kind, find_personal_data, find_personal_data_of


def found(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(f.kind.value, text[f.start : f.end]) for f in find_personal_data(text, language)]


def test_the_public_face_is_exact() -> None:
    assert privacy.__all__ == [
        "Judgement", "Kind", "Masked", "PersonalData", "Policy", "Replacement", "find_personal_data",
        "find_personal_data_of", "judge", "mask",
    ]  # fmt: skip
    assert all(hasattr(privacy, name) for name in privacy.__all__)


def test_importing_loads_neither_the_lists_nor_anything_heavy() -> None:
    code = (
        "import sys, gristmill.corpus.privacy; from gristmill.corpus.privacy.gazetteer import gazetteer;"
        "assert gazetteer.cache_info().currsize == 0;"
        "assert not {'spacy', 'presidio_analyzer', 'torch', 'numpy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("The gate was signed off by Margaret Thornley in May.", "en", "Margaret Thornley"),
        ("Ask Idris Vaughan before the rebuild.", "en", "Idris Vaughan"),
        ("Dr. Nneka Obiora approved the budget.", "en", "Nneka Obiora"),
        ("Please contact Ms Selwyn about leave.", "en", "Selwyn"),
        ("Report by J. Pargeter, Brackenford", "en", "J. Pargeter"),
        ("hello, my name is tomasz", "en", "tomasz"),
        ("Geschäftsführer ist Jonas Achterberg.", "de", "Jonas Achterberg"),
        ("Bitte wenden Sie sich an Frau Kroll.", "de", "Kroll"),
        ("La base est dirigée par Claire Lefebvre.", "fr", "Claire Lefebvre"),
        ("Bonjour, je m'appelle Odile", "fr", "Odile"),
        ("Merci d'appeler Mme Montaubin.", "fr", "Montaubin"),
        ("the complaint came from Jean-Pierre van der Berg yesterday", "en", "Jean-Pierre van der Berg"),
    ],
)
def test_persons_are_found(text: str, language: str, name: str) -> None:
    assert found(text, language) == [("PERSON", name)]


def test_a_family_name_alone_is_found_where_the_full_name_stands_in_the_same_text() -> None:
    text = "Margaret Thornley opened the meeting. The minutes go to Thornley."
    assert found(text) == [("PERSON", "Margaret Thornley"), ("PERSON", "Thornley")]
    assert found("The minutes go to Thornley.") == []


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("EMAIL", "Write to harriet.selwyn@aldersluice.example today", "harriet.selwyn@aldersluice.example"),
        ("IBAN", "IBAN: DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00"),
        ("IBAN", "pay to GB82WEST12345698765432", "GB82WEST12345698765432"),
        ("CREDIT_CARD", "card 4111 1111 1111 1111 exp 12/27", "4111 1111 1111 1111"),
        ("CREDIT_CARD", "card 378282246310005", "378282246310005"),
        ("NATIONAL_ID", "SSN 536-22-8145", "536-22-8145"),
        ("NATIONAL_ID", "NI number AB 12 34 56 C", "AB 12 34 56 C"),
        ("NATIONAL_ID", "Steuer-ID: 86 095 742 719", "86 095 742 719"),
        ("NATIONAL_ID", "SV-Nummer 15070649C103", "15070649C103"),
        ("NATIONAL_ID", "n° de sécurité sociale 2 55 08 14 168 025 38", "2 55 08 14 168 025 38"),
        ("IP_ADDRESS", "login from 203.0.113.77 failed", "203.0.113.77"),
        ("IP_ADDRESS", "host 2001:db8:85a3::8a2e:370:7334 is down", "2001:db8:85a3::8a2e:370:7334"),
        ("DATE_OF_BIRTH", "born on 14 March 1985 in Leeds", "14 March 1985"),
        ("DATE_OF_BIRTH", "geboren am 03.11.1972", "03.11.1972"),
        ("DATE_OF_BIRTH", "né le 2 juin 1990", "2 juin 1990"),
        ("PASSPORT", "Passport no. 533401372, valid", "533401372"),
        ("DRIVING_LICENCE", "driver's license: D1234567, issued", "D1234567"),
        ("PHONE", "call +44 20 7946 0958 now", "+44 20 7946 0958"),
        ("PHONE", "Tel. 07651 4711-23", "07651 4711-23"),
        ("PHONE", "Fax: (212) 555-0187", "(212) 555-0187"),
        ("PHONE", "joindre le 01 23 45 67 89", "01 23 45 67 89"),
        ("ADDRESS", "He lives at 12 Mill Lane.", "12 Mill Lane"),
        ("ADDRESS", "Anschrift: Mühlstraße 12, 79100 Freiburg", "Mühlstraße 12, 79100 Freiburg"),
        ("ADDRESS", "adresse : 8 rue du Moulin, 38160 Saint-Aubier", "8 rue du Moulin, 38160 Saint-Aubier"),
        ("ADDRESS", "ship to 4022 Oakridge Lane, Dallas, TX 75201 by Friday", "4022 Oakridge Lane, Dallas, TX 75201"),
        ("ADDRESS", "Anschrift | Am Mühlbach 11, 99997 Furtmühl |", "Am Mühlbach 11, 99997 Furtmühl"),
        ("ADDRESS", "Büro: Kirchplatz 4, 79100 Freiburg", "Kirchplatz 4, 79100 Freiburg"),
        ("ADDRESS", "P.O. Box 101, Leeds", "P.O. Box 101, Leeds"),
    ],
)  # fmt: skip
def test_numbers_and_addresses_are_found_whole(kind: str, text: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "aws_key = AKIAIOSFODNN7EXAMPLQ",
        "token ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "xoxb-" + "123456789012-abcdefGHIJKL",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----",
        "postgresql://mill:w4terWheel@db.internal:5432/ledger",
        "The password is: Hunter2!x",
        "Das Passwort lautet: Muehle-1926",
        "Mot de passe : Roue2026!",
        'api_key: "Zk38fj20fkA93jf02lQx"',
        "Authorization: Bearer 8fj29fk30fk20fj30fkZz91",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    ],
)
def test_secrets_are_found(text: str) -> None:
    assert [f.kind for f in find_personal_data(text)] == [Kind.SECRET]


def test_the_name_of_a_user_in_a_connection_string_is_no_secret() -> None:
    text = "postgresql://mill:w4terWheel@db.internal:5432/ledger"
    assert found(text) == [("SECRET", "w4terWheel")]


@pytest.mark.parametrize(
    "text",
    [
        "card 4111 1111 1111 1112",
        "IBAN DE89 3704 0044 0532 0130 01",
        "Steuer-ID: 86 095 742 710",
        "SV-Nummer 15070649C104",
        "NIR 2 55 08 14 168 025 39",
        "SSN 666-22-8145",
        "NI number GB 12 34 56 C",
    ],
)
def test_a_wrong_check_digit_or_prefix_is_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "company", ["Merrill Lynch & Co", "Martin Stanley Ltd", "Charles Parish Hospital", "Robert Owen Foundation"]
)
def test_organisations_named_after_persons_are_no_persons(company: str) -> None:
    assert found(f"The contract with {company} ended.") == []


def test_places_and_dates_are_found_only_on_request() -> None:
    text = "We met in Copenhagen on 14 March 2024."
    assert find_personal_data(text) == []
    assert [f.kind for f in find_personal_data(text, wide=True)] == [Kind.PLACE, Kind.DATE]


def test_an_address_that_holds_a_name_is_one_finding() -> None:
    assert found("Visit 12 Martin Luther Street, Leeds")[0] == ("ADDRESS", "12 Martin Luther Street, Leeds")


PIECES = st.sampled_from(
    [
        "Margaret Thornley",
        "Dr. Vaughan",
        "12 Mill Lane",
        "Leeds",
        "LS1 4AP",
        "DE89 3704 0044 0532 0130 00",
        "4111 1111 1111 1111",
        "a@b.example",
        "+44 20 7946 0958",
        "my name is",
        "born on",
        "14 March 1985",
        "password: x9!kk2",
        "Suite 5",
        "\n",
        "\n\n",
        " ",
        ", ",
        ". ",
        "Straße",
        "İ",
        "ß",
        "é",
        "the",
        "and",
        "203.0.113.7",
        "Heron 40",
        "PO Box 7",
        "corner of",
        "'s",
        "(",
        ")",
        "-",
        ":",
        "0",
    ]
)


@given(
    st.lists(PIECES, max_size=20).map(" ".join) | st.text(max_size=200),
    st.sampled_from(["en", "de", "fr"]),
    st.booleans(),
)
def test_spans_are_valid_sorted_and_never_overlap(text: str, language: str, wide: bool) -> None:
    findings = find_personal_data(text, language, wide=wide)
    assert all(0 <= f.start < f.end <= len(text) and 0 < f.score <= 1 and f.detector for f in findings)
    assert all(a.end <= b.start for a, b in pairwise(findings))


def test_what_is_kept_is_not_searched_for_unless_something_may_overlap() -> None:
    text = "Write to Idris Vaughan, 12 Mill Lane."
    assert find_personal_data_of([Kind.IBAN, Kind.SECRET], text) == []
    assert find_personal_data_of([], text) == []
    assert find_personal_data_of([Kind.PERSON], text) == find_personal_data(text)
    secret = f"{text} IBAN GB29 NWBK 6016 1331 9268 19."
    assert find_personal_data_of([Kind.IBAN], secret) == find_personal_data(secret)
