"""Rules for numbers: bank, card, identity, passport, licence, telephone and network addresses.

Every run of digits in the text is read once, and its shape decides which checks it must pass. A shape without a check
digit needs a word that explains it, because part numbers, dates and measures look the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address

from gristmill.corpus.privacy import checksums
from gristmill.corpus.privacy.figures import Figures
from gristmill.corpus.privacy.findings import Kind, PersonalData
from gristmill.corpus.privacy.rules import Rule, cue_before

__all__ = ["NUMBER_RULES", "find_digit_runs"]

DIGIT_RUN = re.compile(
    r"(?<![\w.#/-])(?<!\d,)(?:\+ ?|\()?\d(?:[\d().\-/ \u00a0]{5,23})\d(?:(?: ?x| ?ext\.? ?)\d{1,5})?(?![\w%])"
)
SEPARATORS = re.compile(r"[^\dA-Za-z]")
DATE_SHAPE = re.compile(r"\D*(?:(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./ ]\d\d?[-./ ](?:19|20)\d\d)(?:\D.*)?")
CARD_GROUPS = re.compile(r"\d{13,19}|(?:\d{4}[ -]){3}\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5}")
SSN = re.compile(r"\d{3}([- ])\d{2}\1\d{4}")
PHONE_CUE = re.compile(
    r"(?i)\b(?:tel|fon|ph|phones?|mobiles?|mob|cell|fax|call|dial|ring|text|whatsapp|sms|hotline|telephone|"
    r"numbers? (?:is|are)"
    r"|contact|reach (?:me|us|him|her|them)|handy|mobil\w*|telefon\w*|durchwahl|rufnummer|anruf\w*|rufen|erreich\w*"
    r"|t[ée]l[ée]phone|t[ée]l|portable|appele[rz]|joindre)\b"
)
PHONE_NOUN_AFTER = re.compile(r"(?i)\s?[-(,]?\s?(?:office|fax|cell|mobile|home|work|direct|phone)\b")
# Shapes that are telephone numbers wherever they stand: international, North American, German mobile, French,
# British, and the European habit of a leading zero with groups of digits.
PHONE_SHAPES = re.compile(
    r"\+ ?[1-9][\d().\-/ ]{7,20}\d(?: ?(?:x|ext\.? ?)\d+)?"
    r"|(?:\+?1[-. ]|001[-. ])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-.])[2-9]\d\d[-.]\d{4}(?: ?(?:x|ext\.? ?)\d+)?"
    r"|01[5-7]\d{1,2}[ /-]?\d{6,8}"  # German mobile
    r"|0[1-9](?:[ .]\d\d){4}|\(?0\d{1,4}\)?(?: ?[ /] ?\d{2,4}){2,4}"
    r"|(?:\(0\d{3,4}\)|0\d{3,4}) \d{3} ?\d{3,4}|\(?0\d{2}\)? \d{4} \d{4}|07\d{3} ?\d{3} ?\d{3}"
)
SSN_CUE = re.compile(r"(?i)\b(?:ssn|social security)\b")
NINO_CUE = re.compile(r"(?i)national insurance|\bnino\b|\bni number\b")
TAX_CUE = re.compile(r"(?i)steuer|\bidnr|\btin\b|tax")
ID_CUE = re.compile(
    r"(?i)passport|reisepass|passeport|pass(?:nummer|-?nr|port no)|ausweis|carte d.identit|identity card|\bid card"
)
LICENCE_CUE = re.compile(
    r"(?i)driv(?:er|ing)(?:['’]?s)?[ -]licen[cs]e|führerschein|permis de conduire|\blicen[cs]e (?:number|no\b)"
)
# What stands in every text that a cue can match in.
ID_WORDS = (
    "passport",
    "reisepass",
    "passeport",
    "passnummer",
    "passnr",
    "pass-nr",
    "ausweis",
    "carte d",
    "identity card",
    "id card",
)
LICENCE_WORDS = (
    "r licen", "r-licen", "g licen", "g-licen", "s licen", "s-licen", "licence n", "license n", "führerschein",
    "permis de conduire",
)  # fmt: skip
# What every number of these shapes holds; they begin with figures, which a search finds faster than letters.
IBAN_SHAPE = re.compile(r"(?<=[A-Za-z]{2})\d{2} ?[A-Za-z0-9]{4} ?[A-Za-z0-9]{4}")
IDENTITY_SHAPE = re.compile(r"\d\d ?\d\d ?(?:\d\d|2[AB])(?: ?[A-D](?!\w)|\d\d ?[A-Z] ?\d{3}| ?\d{3} ?\d{3} ?\d\d)")


def _bare(value: str) -> str:
    return SEPARATORS.sub("", value)


def _is_ip(value: str) -> bool:
    try:
        address = ip_address(value)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _has_digits(value: str) -> bool:
    return sum(c.isdigit() for c in value) >= 5


VERSION_CUE = re.compile(
    r"(?i)(?:\bversions?|\bv\.?|\brelease|\bfirmware|\bissue|\bsection|\bclause|\bbuild|§|\bkapitel) ?$"
)
NETWORK_CUE = re.compile(r"(?i)\b(?:ip|address|adresse|host|server|ping|ssh|gateway|dns|subnet|router|from|client)\b")


def _is_no_heading(text: str, start: int, value: str) -> bool:
    """Section and version numbers have four parts, too; theirs are small."""
    if cue_before(NETWORK_CUE, text, start):
        return True
    small = all(int(part) < 30 for part in value.split("."))
    return not small and VERSION_CUE.search(text, max(0, start - 12), start) is None


def _may_be_identity(figures: Figures) -> bool:
    """Five figures in a row: a French one of Corsica has a letter behind them."""
    return figures.may_be(5)


NUMBER_RULES = (
    Rule(Kind.IBAN, "iban", re.compile(r"(?i)\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b"), 0.99,
         accept=lambda value: checksums.is_iban(_bare(value)), probe=IBAN_SHAPE,
         shape=lambda figures: figures.may_be_an_account),
    Rule(Kind.NATIONAL_ID, "uk-nino", re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"), 0.9,
         accept=lambda value: checksums.is_uk_nino(_bare(value)), probe=IDENTITY_SHAPE,
         shape=_may_be_identity),
    # Never allotted: samples and training records use it, and forms are checked with it.
    Rule(Kind.NATIONAL_ID, "uk-nino-named", re.compile(r"\bQQ ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"), 0.9,
         needs=("national insurance", "nino", "ni number"), cue=NINO_CUE),
    Rule(Kind.NATIONAL_ID, "german-pension-number", re.compile(r"\b\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}\b"), 0.95,
         accept=lambda value: checksums.is_german_pension_number(_bare(value)), probe=IDENTITY_SHAPE,
         shape=_may_be_identity),
    Rule(Kind.NATIONAL_ID, "french-nir",
         re.compile(r"\b[12] ?\d\d ?[0-9]\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d\b"), 0.95,
         accept=lambda value: checksums.is_french_nir(_bare(value)), probe=IDENTITY_SHAPE,
         shape=_may_be_identity),
    Rule(Kind.IP_ADDRESS, "ipv6",
         re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,6}(?![\w:])"), 0.9,
         accept=_is_ip, shape=lambda figures: figures.may_be_parted_by_colons),
    Rule(Kind.PASSPORT, "passport", re.compile(r"\b[A-Z]{0,2}\d[A-Z0-9]{5,8}\b"), 0.85,
         needs=ID_WORDS, cue=ID_CUE, accept=_has_digits),
    Rule(Kind.DRIVING_LICENCE, "driving-licence", re.compile(r"(?i)\b[a-z]{0,5}\d[a-z0-9 -]{4,15}[a-z0-9]\b"), 0.85,
         needs=LICENCE_WORDS, cue=LICENCE_CUE, accept=_has_digits),
)  # fmt: skip


_FEWEST_OF_PHONE, _FEWEST_OF_IDENTITY, _FEWEST_OF_HOST = 7, 9, 4


# A sign or a bracket may stand before the first figure, and a blank between.
_BEFORE_FIGURES = 2
# Further than the longest run and what is looked at behind it: a search need not go on.
_LONGEST_RUN = 64


def find_digit_runs(
    text: str, kinds: Collection[Kind] = frozenset(Kind), figures: Figures | None = None
) -> Iterator[PersonalData]:
    """Card, identity, telephone and IPv4 numbers among the runs of digits; where all are too short, only those asked.

    The numbers of other kinds are found too, where there are any of these. `figures` are those of the text.
    """
    figures = figures or Figures(text)
    fewest = _FEWEST_OF_PHONE if Kind.PHONE in kinds else _FEWEST_OF_IDENTITY
    if Kind.IP_ADDRESS in kinds and figures.may_name_a_host:
        fewest = _FEWEST_OF_HOST
    if not figures.may_be(fewest):
        return
    for match in _digit_runs(text, figures.runs(fewest)):
        verdict = _verdict(text, match.start(), match[0])
        if verdict is not None:
            kind, score, name = verdict
            yield PersonalData(kind, match.start(), match.end(), score, name)


def _digit_runs(text: str, places: Iterable[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """The matches of `DIGIT_RUN` that begin in these places."""
    reached = 0
    for start, end in places:
        reached = max(reached, start - _BEFORE_FIGURES)
        while reached < end and (match := DIGIT_RUN.search(text, max(reached, 0), end + _LONGEST_RUN)):
            if match.start() >= end:
                break
            yield match
            reached = match.end()


def _verdict(text: str, start: int, value: str) -> tuple[Kind, float, str] | None:
    if value.count(".") == 3 and _is_ip(value):
        return (Kind.IP_ADDRESS, 0.9, "ipv4") if _is_no_heading(text, start, value) else None
    digits = _bare(value)
    if CARD_GROUPS.fullmatch(value) and checksums.is_credit_card(digits):
        return Kind.CREDIT_CARD, 0.95, "card"
    return _identity(text, start, value, digits) or _telephone(text, start, value, digits)


def _identity(text: str, start: int, value: str, digits: str) -> tuple[Kind, float, str] | None:
    if len(digits) == _FEWEST_OF_IDENTITY and checksums.is_us_ssn(digits):
        if cue_before(SSN_CUE, text, start):
            return Kind.NATIONAL_ID, 0.95, "us-ssn"
        if SSN.fullmatch(value):
            return Kind.NATIONAL_ID, 0.75, "us-ssn"
    if len(digits) == 11 and cue_before(TAX_CUE, text, start) and checksums.is_german_tax_id(digits):
        return Kind.NATIONAL_ID, 0.95, "german-tax-id"
    return None


def _telephone(text: str, start: int, value: str, digits: str) -> tuple[Kind, float, str] | None:
    if not _FEWEST_OF_PHONE <= len(digits) <= 20 or DATE_SHAPE.fullmatch(value):
        return None
    if PHONE_SHAPES.fullmatch(value):
        return Kind.PHONE, 0.85, "phone-shape"
    if cue_before(PHONE_CUE, text, start) or PHONE_NOUN_AFTER.match(text, start + len(value)):
        return Kind.PHONE, 0.8, "phone-cue"
    return None
