"""Check digits of bank, card and identity numbers. Every function takes the bare characters, without separators."""

from __future__ import annotations

__all__ = [
    "is_credit_card",
    "is_french_nir",
    "is_german_pension_number",
    "is_german_tax_id",
    "is_iban",
    "is_uk_nino",
    "is_us_ssn",
]

# Lengths of the SWIFT IBAN registry; a country that is not in it has no IBAN.
IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FO FI GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN", 21: "CH HR LI LV",
        22: "BG BH DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM TL SO", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI FR GR IT MC MR SM DJ", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
CARD_PREFIXES = ("2", "30", "34", "35", "36", "37", "38", "4", "5", "60", "62", "64", "65", "67")


def is_credit_card(digits: str) -> bool:
    """The Luhn digit (ISO/IEC 7812) is right and the first digits belong to a card network."""
    if not digits.startswith(CARD_PREFIXES) or len(set(digits)) == 1:
        return False
    doubled = (int(d) * 2 for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0


def is_iban(value: str) -> bool:
    """Length of the country and remainder 1 modulo 97 (ISO 13616)."""
    value = value.upper()
    if IBAN_LENGTHS.get(value[:2]) != len(value):
        return False
    return int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1


def is_us_ssn(digits: str) -> bool:
    """A number that the Social Security Administration can have issued; there is no check digit."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def is_uk_nino(value: str) -> bool:
    """Prefix letters as HMRC allots them; there is no check digit."""
    prefix = value[:2].upper()
    return (
        prefix not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
        and prefix[0] not in "DFIQUV"
        and prefix[1] not in "DFIOQUV"
    )


def is_german_tax_id(digits: str) -> bool:
    """Steuer-ID: one digit of the first ten comes two or three times, check digit by ISO 7064 MOD 11,10."""
    if digits[0] == "0" or len(set(digits[:10])) not in (8, 9):
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_german_pension_number(value: str) -> bool:
    """Sozialversicherungsnummer: the letter counts as two digits, weighted digit sums modulo 10 (§ 4 VKVV)."""
    digits = value[:8] + f"{ord(value[8].upper()) - 64:02d}" + value[9:]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(map(int, str(int(d) * w))) for d, w in zip(digits, weights, strict=False))
    return total % 10 == int(digits[12])


def is_french_nir(value: str) -> bool:
    """NIR: the key is 97 less the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    number = value[:13].upper().replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(value[13:])
